// Where things lie in every address space. Programs, the linker scripts and the kernel agree on these.

/// The fixed addresses of an address space. All are multiples of the page size.
public enum AddressLayout {
  /// Below this nothing is ever mapped, so that a null pointer faults in every ring.
  @inlinable public static var nullGuardEnd: UInt32 { 0x0001_0000 }
  /// PROCESS_TEXT_VA_START: where a program's image begins.
  @inlinable public static var processTextStart: UInt32 { 0x0040_0000 }
  /// Heap, mappings and thread stacks lie between these two.
  @inlinable public static var dynamicStart: UInt32 { 0x1000_0000 }
  @inlinable public static var dynamicEnd: UInt32 { 0xb000_0000 }
  /// The end (highest address) of a process's first stack: the same in every process.
  @inlinable public static var processStackEnd: UInt32 { 0xbffe_0000 }
  /// How far a first stack may grow in Ring 3.
  @inlinable public static var processStackLimit: UInt32 { 0x0010_0000 }
  /// The system-call page: read-only and executable, the same address in every process.
  @inlinable public static var systemCallPage: UInt32 { 0xbfff_f000 }
  /// The kernel half: one page directory shared by all address spaces.
  @inlinable public static var kernelStart: UInt32 { 0xc000_0000 }
}
