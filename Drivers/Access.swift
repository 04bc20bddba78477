// The two seams between drivers and hardware. Every driver is generic over one of them, so that the
// kernel binds it to the processor's instructions and a test binds it to a recorder that asserts the
// exact trace of accesses.
//
// Invariant: the requirements are static and take plain integers, so a specialised driver compiles to
// the bare instruction: no witness table, no stored object, no call.

/// The processor's input and output ports (Intel SDM Vol. 1, chapter "Input/Output"). An
/// implementation performs each access exactly once and in program order.
public protocol PortAccess {
  /// Reads one byte from `port` (the instruction IN AL, DX).
  static func read8(_ port: UInt16) -> UInt8
  /// Writes one byte to `port` (the instruction OUT DX, AL).
  static func write8(_ port: UInt16, _ value: UInt8)
  /// Reads two bytes from `port` (the instruction IN AX, DX).
  static func read16(_ port: UInt16) -> UInt16
  /// Writes two bytes to `port` (the instruction OUT DX, AX).
  static func write16(_ port: UInt16, _ value: UInt16)
  /// Reads four bytes from `port` (the instruction IN EAX, DX).
  static func read32(_ port: UInt16) -> UInt32
  /// Writes four bytes to `port` (the instruction OUT DX, EAX).
  static func write32(_ port: UInt16, _ value: UInt32)
  /// Fills `range` of `bytes`, an even number of them, with what `port` gives in units of two.
  static func read16(_ port: UInt16, into bytes: inout MutableSpan<UInt8>, _ range: Range<Int>)
  /// Writes `bytes`, an even number, to `port` in units of two.
  static func write16(_ port: UInt16, from bytes: Span<UInt8>)
}

extension PortAccess {
  public static func read16(_ port: UInt16, into bytes: inout MutableSpan<UInt8>, _ range: Range<Int>) {
    var index = range.lowerBound
    while index &+ 1 < range.upperBound {
      let value = read16(port)
      bytes[index] = UInt8(truncatingIfNeeded: value)
      bytes[index &+ 1] = UInt8(truncatingIfNeeded: value &>> 8)
      index &+= 2
    }
  }

  public static func write16(_ port: UInt16, from bytes: Span<UInt8>) {
    var index = 0
    while index &+ 1 < bytes.count {
      write16(port, UInt16(bytes[index]) | UInt16(bytes[index &+ 1]) &<< 8)
      index &+= 2
    }
  }
}

/// Registers of a device that live in memory. An implementation performs each access exactly once, as
/// one aligned 32-bit load or store, in program order; the addresses are mapped uncached by the kernel.
public protocol MemoryAccess {
  /// Reads the 32-bit register at the virtual address `address`.
  static func read32(_ address: UInt32) -> UInt32
  /// Writes the 32-bit register at the virtual address `address`.
  static func write32(_ address: UInt32, _ value: UInt32)
}
