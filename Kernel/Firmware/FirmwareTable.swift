// One table of ACPI: where it lies and how long it is, once that is proved (ACPI 6.4, 5.2.6: 4 bytes of signature, 4 of
// length, a checksum over all of it).
//
// Invariant: a value is made only of a table that can be read to its end, is long enough for what is read of it, and
// sums up to 0.

import Primitives

/// A table, or the pointer to the first one.
public enum FirmwareTableKind: Equatable, Sendable {
  case rootPointer, root, extendedRoot, fixed, interrupts, highPrecisionTimer, configuration

  /// Its name in the specification.
  var name: StaticString {
    switch self {
    case .rootPointer: "RSDP"
    case .root: "RSDT"
    case .extendedRoot: "XSDT"
    case .fixed: "FADT"
    case .interrupts: "MADT"
    case .highPrecisionTimer: "HPET"
    case .configuration: "MCFG"
    }
  }

  /// What stands at its beginning.
  var signature: StaticString {
    switch self {
    case .rootPointer: "RSD PTR "
    case .root: "RSDT"
    case .extendedRoot: "XSDT"
    case .fixed: "FACP"
    case .interrupts: "APIC"
    case .highPrecisionTimer: "HPET"
    case .configuration: "MCFG"
    }
  }

  /// The bytes that are read of it at the least.
  var minimum: UInt64 {
    switch self {
    case .rootPointer: 20
    case .root, .extendedRoot: 36
    case .fixed: 116
    case .interrupts: 44
    case .highPrecisionTimer: 56
    case .configuration: 60
    }
  }
}

/// What is wrong with the firmware's tables. Each problem costs what that table says, and nothing else.
public enum FirmwareProblem: Equatable, Sendable {
  /// There is no pointer to any table.
  case noRootPointer
  /// The table does not lie in memory that can be read.
  case unreachable(FirmwareTableKind, address: UInt64)
  case wrongSignature(FirmwareTableKind, address: UInt64)
  case wrongLength(FirmwareTableKind, address: UInt64, length: UInt64, minimum: UInt64, maximum: UInt64)
  /// Its bytes do not sum up to 0.
  case wrongSum(FirmwareTableKind, address: UInt64, sum: UInt8)
  /// Part of a table passes its end.
  case cutShort(FirmwareTableKind, address: UInt64, offset: UInt64)
  /// The table puts a device where the kernel does not reach it: in this address space, at this address.
  case unusablePlace(FirmwareTableKind, space: UInt8, address: UInt64)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .noRootPointer: output.write("the firmware left no ACPI tables")
    case .unreachable(let kind, let address):
      Self.begin(kind, address, to: &output)
      output.write(" cannot be read to its end")
    case .wrongSignature(let kind, let address):
      Self.begin(kind, address, to: &output)
      output.write(" does not begin with ")
      output.write(kind.signature)
    case .wrongLength(let kind, let address, let length, let minimum, let maximum):
      Self.begin(kind, address, to: &output)
      output.write(" says that it has ")
      output.write(decimal: length)
      output.write(" bytes; ")
      output.write(decimal: minimum)
      output.write(" to ")
      output.write(decimal: maximum)
      output.write(" are believed")
    case .wrongSum(let kind, let address, let sum):
      Self.begin(kind, address, to: &output)
      output.write(" is damaged: its bytes sum up to ")
      output.write(hexadecimal: UInt64(sum), digits: 2)
      output.write(", not 0")
    case .cutShort(let kind, let address, let offset):
      Self.begin(kind, address, to: &output)
      output.write(" has an entry at offset ")
      output.write(decimal: offset)
      output.write(" that passes its end")
    case .unusablePlace(let kind, let space, let address):
      output.write("the device that ACPI table ")
      output.write(kind.name)
      output.write(" describes lies in address space ")
      output.write(decimal: UInt64(space))
      output.write(" at ")
      output.write(hexadecimal: address)
      output.write(", which is not used")
    }
  }

  private static func begin(_ kind: FirmwareTableKind, _ address: UInt64, to output: inout some TextOutput) {
    output.write("ACPI table ")
    output.write(kind.name)
    output.write(" at ")
    output.write(hexadecimal: address)
  }
}

extension FirmwareProblem: Error {}

struct FirmwareTable: Equatable {
  let kind: FirmwareTableKind
  let address: UInt64
  let length: UInt64

  /// Longer ones are damaged: no table that is read here has more than a few hundred bytes.
  static var maximum: UInt64 { 1 << 16 }

  init(
    _ kind: FirmwareTableKind, at address: UInt64, in memory: inout some FirmwareMemory
  ) throws(FirmwareProblem) {
    guard let length = memory.number(at: address &+ 4, bytes: 4) else { throw .unreachable(kind, address: address) }
    guard memory.hasText(kind.signature, at: address) else { throw .wrongSignature(kind, address: address) }
    guard length >= kind.minimum, length <= Self.maximum else {
      throw .wrongLength(
        kind, address: address, length: length, minimum: kind.minimum, maximum: Self.maximum)
    }
    guard let sum = memory.sum(from: address, bytes: length) else { throw .unreachable(kind, address: address) }
    guard sum == 0 else { throw .wrongSum(kind, address: address, sum: sum) }
    self.kind = kind
    self.address = address
    self.length = length
  }

  /// A number of the table; 0 where the table ends before it.
  func number(at offset: UInt64, bytes count: UInt64, in memory: inout some FirmwareMemory) -> UInt64 {
    guard offset &+ count <= length else { return 0 }
    return memory.number(at: address &+ offset, bytes: count) ?? 0
  }
}
