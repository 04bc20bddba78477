// What can be wrong with the information that the boot loader left, each with the value that was found
// and the limit that it broke.

import Primitives

/// A part of the boot information, for errors.
public enum BootPart: Equatable, Sendable {
  case information, tag, memoryMap, memoryMapRow, moduleList, module, moduleText, commandLine, loaderName
  case framebuffer, firmwarePointer

  var name: StaticString {
    switch self {
    case .information: "boot information"
    case .tag: "tag"
    case .memoryMap: "memory map"
    case .memoryMapRow: "memory map row"
    case .moduleList: "module list"
    case .module: "module"
    case .moduleText: "module text"
    case .commandLine: "command line"
    case .loaderName: "boot loader name"
    case .framebuffer: "framebuffer description"
    case .firmwarePointer: "pointer to the firmware's tables"
    }
  }
}

/// Why the boot information was refused.
public enum BootError: Error, Equatable {
  /// Neither Multiboot 1 nor Multiboot 2 started the kernel.
  case unknownMagic(UInt32)
  /// The part does not lie in the memory that is mapped.
  case unreachable(BootPart, address: UInt64, length: UInt64, mapped: PhysicalRange)
  /// The part is smaller than its fixed fields, at `address`; sizes in bytes.
  case tooSmall(BootPart, address: UInt64, size: UInt64, minimum: UInt64)
  /// There are more of the part than the kernel takes, or it is larger.
  case tooMany(BootPart, count: UInt64, limit: UInt64)
  /// The part at `address` passes the end of what holds it.
  case cutShort(BootPart, address: UInt64, size: UInt64)
  /// The tags end without the one that says so.
  case noEndTag(address: UInt64)
  /// The part is there twice.
  case repeated(BootPart)
  /// No NUL within `limit` bytes.
  case unterminated(BootPart, address: UInt64, limit: UInt64)
  /// A module ends before it starts.
  case backwards(module: Int, start: UInt64, end: UInt64)
  /// Neither a memory map nor memory sizes.
  case noMemoryMap

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .unknownMagic(let magic):
      output.write("The boot loader left ")
      output.write(hexadecimal: magic)
      output.write(", which is neither Multiboot 1 (0x2badb002) nor Multiboot 2 (0x36d76289)")
    case .unreachable(let part, let address, let length, let mapped):
      Self.name(part, at: address, size: length, to: &output)
      output.write(" is outside the mapped memory, which is ")
      output.write(hexadecimal: mapped.start.value)
      output.write(" up to ")
      output.write(hexadecimal: mapped.end.value)
    case .tooSmall(let part, let address, let size, let minimum):
      Self.name(part, at: address, size: size, to: &output)
      output.write(" is smaller than its least size of ")
      output.write(decimal: minimum)
    case .tooMany(let part, let count, let limit):
      output.write("The boot loader passed ")
      output.write(decimal: count)
      output.write(part == .information ? " bytes of " : " of: ")
      output.write(part.name)
      output.write("; the kernel takes at most ")
      output.write(decimal: limit)
    case .cutShort(let part, let address, let size):
      Self.name(part, at: address, size: size, to: &output)
      output.write(" passes the end of what holds it")
    case .noEndTag(let address):
      output.write("The boot information ends at ")
      output.write(hexadecimal: address)
      output.write(" without an end tag")
    case .repeated(let part):
      output.write("The boot information has more than one ")
      output.write(part.name)
    case .unterminated(let part, let address, let limit):
      output.write("The ")
      output.write(part.name)
      output.write(" at ")
      output.write(hexadecimal: address)
      output.write(" does not end within ")
      output.write(decimal: limit)
      output.write(" bytes")
    case .backwards(let module, let start, let end):
      output.write("Boot module ")
      output.write(decimal: module)
      output.write(" starts at ")
      output.write(hexadecimal: start)
      output.write(" and ends before that, at ")
      output.write(hexadecimal: end)
    case .noMemoryMap:
      output.write("The boot loader passed neither a memory map nor the sizes of memory")
    }
    output.write(".")
  }

  private static func name(
    _ part: BootPart, at address: UInt64, size: UInt64, to output: inout some TextOutput
  ) {
    output.write("The ")
    output.write(part.name)
    output.write(" at ")
    output.write(hexadecimal: address)
    output.write(" of ")
    output.write(decimal: size)
    output.write(" bytes")
  }
}
