// What a process may do beside using what it was handed: its rights.
//
// Invariants: a process has no right that its starter lacked, and gets back none that it gave up. Each right has one bit and one
// name; the name is what files of rights and the shell use.

public struct Rights: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// To start tasks in Ring 0.
  @inlinable public static var ring0: Rights { .init(rawValue: 1) }
  /// To load and unload kernel modules.
  @inlinable public static var modules: Rights { .init(rawValue: 2) }
  /// To end or change tasks of other processes that are not one's children, and what services keep for others.
  @inlinable public static var tasks: Rights { .init(rawValue: 4) }
  /// To stop the machine.
  @inlinable public static var power: Rights { .init(rawValue: 8) }
  /// To publish services.
  @inlinable public static var services: Rights { .init(rawValue: 16) }

  // To drive devices is to claim their interrupt lines and I/O ports and to map their memory. Services that drive one do what
  // changes it, or takes from it, for those alone who have the right to it.

  /// To drive devices that have no right of their own.
  @inlinable public static var devices: Rights { .init(rawValue: 32) }
  /// To drive the battery-backed clock, and to set the time.
  @inlinable public static var clock: Rights { .init(rawValue: 64) }
  /// To drive the keyboard and the mouse beside it, and to read what is typed.
  @inlinable public static var keyboard: Rights { .init(rawValue: 128) }
  /// To drive the controllers of disks, and to read and write sectors.
  @inlinable public static var disk: Rights { .init(rawValue: 256) }
  /// To drive the screen.
  @inlinable public static var screen: Rights { .init(rawValue: 512) }

  // Those that reach all of the machine, whatever they are wanted for.

  /// To configure devices on the PCI bus: where they are, and whether they read and write memory by themselves.
  @inlinable public static var pci: Rights { .init(rawValue: 1024) }
  /// To drive the DMA controllers, which write to any memory below 16 MiB.
  @inlinable public static var dma: Rights { .init(rawValue: 2048) }
  /// To drive what is left of the timer that the kernel keeps time with, and to keep interrupts from the watchdog.
  @inlinable public static var timer: Rights { .init(rawValue: 4096) }
  /// To reset the machine, and to call its firmware.
  @inlinable public static var reset: Rights { .init(rawValue: 8192) }

  /// Those to devices, whichever.
  @inlinable public static var toDevices: Rights { [.devices, .clock, .keyboard, .disk, .screen, .wholeMachine] }
  @inlinable public static var all: Rights { .init(rawValue: 16383) }
  /// Those that reach all of the machine through a device: nobody has them by default.
  @inlinable public static var wholeMachine: Rights { [.pci, .dma, .timer, .reset] }

  /// Each right with its name, in the order of their bits.
  public static var named: [(name: StaticString, right: Rights)] {
    [
      ("ring0", .ring0), ("modules", .modules), ("tasks", .tasks), ("power", .power), ("services", .services),
      ("devices", .devices), ("clock", .clock), ("keyboard", .keyboard), ("disk", .disk), ("screen", .screen),
      ("pci", .pci), ("dma", .dma), ("timer", .timer), ("reset", .reset),
    ]
  }
}
