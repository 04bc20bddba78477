// The areas of the kernel half. The image and the direct map have their places by Machine/kernel.ld and Platform.

/// Where things lie in the kernel half, above the direct map.
package enum KernelLayout {
  /// Kernel stacks, each below a guard page.
  static var stacksStart: UInt32 { 0xe000_0000 }
  static var stacksEnd: UInt32 { 0xe800_0000 }
  /// The records of all frames there can be, 128 MiB.
  static var recordsStart: UInt32 { 0xe800_0000 }
  /// Where what these leave ends, which is for large pieces of the kernel's heap whose frames do not lie in a row.
  static var joinedEnd: UInt32 { modulesStart }
  /// Linked modules.
  package static var modulesStart: UInt32 { 0xf000_0000 }
  package static var modulesEnd: UInt32 { 0xf800_0000 }
  /// The stacks that modules run on, each between guard pages.
  package static var moduleStacksStart: UInt32 { 0xf800_0000 }
  static var moduleStacksEnd: UInt32 { 0xfa00_0000 }
  /// The memory that modules allocate (ModuleHeapArea.swift).
  package static var moduleHeapStart: UInt32 { 0xfa00_0000 }
  /// The frame buffer, where the screen has no text mode.
  package static var screenStart: UInt32 { 0xfc00_0000 }
  package static var screenEnd: UInt32 { 0xffc0_0000 }
  /// Pages that callers lend to a module (ModuleWindow.swift), in a page table of their own.
  package static var moduleWindow: UInt32 { 0xffc0_0000 }
  /// Registers of the other interrupt controller and of the HPET; the local one's are where `Processor` expects them.
  package static var ioapic: UInt32 { 0xffe0_1000 }
  package static var highPrecisionTimer: UInt32 { 0xffe0_2000 }
  /// The page through which the firmware's tables are read.
  package static var firmwareTable: UInt32 { 0xffe0_3000 }
  /// Pages through which frames outside the direct map are reached (FrameContents.swift).
  package static var windows: UInt32 { 0xffe1_0000 }
}
