// What the boot loader left, as one value, whichever of the two Multiboot protocols brought it.
//
// Invariants: the value is made only after every size, address and text in it has been checked, and it
// holds addresses, not copies: the memory named by `forEachOccupiedRange` must be reserved before frames
// are handed out. Nothing here allocates or traps, whatever the loader left.

import Primitives

/// The boot protocols that the kernel understands.
public enum BootProtocol: Equatable, Sendable { case multiboot1, multiboot2 }

/// A file that the boot loader put into memory.
public struct BootModule: Equatable, Sendable {
  /// The contents.
  public let range: PhysicalRange
  /// The text that came with it, without its NUL.
  let text: PhysicalRange

  static var none: BootModule { BootModule(range: .empty, text: .empty) }
}

/// The screen as the boot loader set it up.
public struct BootFramebuffer: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case indexed, text
    case rgb(red: ColourField, green: ColourField, blue: ColourField)
    /// A kind that neither protocol defines.
    case other(UInt8)
  }

  public let address: PhysicalAddress
  /// The distance of one line from the next, in bytes.
  public let pitch: UInt32
  /// The size in pixels, or in characters for `.text`.
  public let width: UInt32
  public let height: UInt32
  public let bitsPerPixel: UInt8
  public let kind: Kind

  /// The kind that has colours behind its other fields.
  static var direct: UInt8 { 1 }

  /// From the 22 bytes that both protocols lay out alike.
  /// - Parameter colours: the fields of the colours, six bytes; no bytes for the kinds that have none.
  init(_ bytes: Span<UInt8>, colours: Span<UInt8>) {
    address = PhysicalAddress(bytes.word64(at: 0))
    pitch = bytes.word32(at: 8)
    width = bytes.word32(at: 12)
    height = bytes.word32(at: 16)
    bitsPerPixel = bytes[20]
    switch bytes[21] {
    case 0: kind = .indexed
    case Self.direct where colours.count >= 6:
      func field(_ place: Int) -> ColourField {
        ColourField(position: colours[place], size: colours[place &+ 1])
      }
      kind = .rgb(red: field(0), green: field(2), blue: field(4))
    case 2: kind = .text
    default: kind = .other(bytes[21])
    }
  }
}

/// The information of the boot loader.
public struct BootInformation {
  /// How many modules are taken.
  public static var moduleLimit: Int { 16 }
  /// How long a command line, a module's text and the loader's name may be, in bytes with their NUL.
  public static var textLimit: UInt64 { 4096 }

  let memory: BootMemory
  public let bootProtocol: BootProtocol
  /// The structure that the loader passed, and the module list and memory map where they lie elsewhere.
  var structure: PhysicalRange
  var moduleList = PhysicalRange.empty
  var commandLineText: PhysicalRange?
  var loaderNameText: PhysicalRange?
  var rows: BootMemoryRows?
  private var modules = InlineArray<16, BootModule>(repeating: .none)
  public private(set) var moduleCount = 0
  public internal(set) var framebuffer: BootFramebuffer?
  /// Where the loader left a copy of the firmware's pointer to its tables (the RSDP of ACPI); nil: it left none.
  public internal(set) var firmwarePointer: PhysicalAddress?

  /// Reads what the loader left.
  /// - Parameters:
  ///   - magic: EAX at the kernel's entry.
  ///   - address: EBX at the kernel's entry.
  /// - Throws: `BootError` for the first thing that is wrong.
  public init(magic: UInt32, address: PhysicalAddress, memory: BootMemory) throws(BootError) {
    self.memory = memory
    structure = PhysicalRange(address.value, address.value)
    switch magic {
    case 0x2bad_b002:
      bootProtocol = .multiboot1
      try readMultiboot1()
    case 0x36d7_6289:
      bootProtocol = .multiboot2
      try readMultiboot2()
    default: throw .unknownMagic(magic)
    }
    if rows == nil { throw .noMemoryMap }
  }

  /// The rows of the memory map, for `MemoryMap`.
  public var memoryMapRows: BootMemoryRows { rows ?? .none(memory) }

  /// The command line; empty where there is none.
  public var commandLine: Span<UInt8> {
    @_lifetime(borrow self) get { memory.checkedBytes(of: commandLineText) }
  }

  /// The name that the boot loader gives itself; empty where it gives none.
  public var loaderName: Span<UInt8> {
    @_lifetime(borrow self) get { memory.checkedBytes(of: loaderNameText) }
  }

  /// The module at `index`, in the order of the loader.
  public func module(_ index: Int) -> BootModule { modules[index] }

  /// The text that came with the module at `index`.
  @_lifetime(borrow self)
  public func moduleText(_ index: Int) -> Span<UInt8> { memory.checkedBytes(of: modules[index].text) }

  /// The contents of the module at `index`.
  @_lifetime(borrow self)
  public func moduleContents(_ index: Int) -> Span<UInt8> { memory.checkedBytes(of: modules[index].range) }

  /// The value of `name=value` on the command line, an empty span for a word `name`, nil where the option
  /// is missing. Of several the last counts.
  @_lifetime(borrow self)
  public func option(named name: StaticString) -> Span<UInt8>? {
    let line = commandLine
    guard let range = line.valueOfOption(name) else { return nil }
    return line.extracting(range)
  }

  /// Whether the command line has an option that the kernel knows.
  public func has(_ option: BootOption) -> Bool { commandLine.has(option) }

  /// The number of the option `seed`, where it is given.
  public var seed: UInt32? { commandLine.seed }

  /// Writes one line about words of the command line that are no options; nothing where there are none.
  public func describeUnknownOptions(to output: inout some TextOutput) {
    commandLine.describeUnknownOptions(to: &output)
  }

  /// Calls `body` with each range of memory that the loader's information and modules take.
  public func forEachOccupiedRange(_ body: (PhysicalRange) -> Void) {
    body(structure)
    body(moduleList)
    if let table = rows?.table { body(table) }
    if let text = commandLineText { body(text) }
    if let text = loaderNameText { body(text) }
    for index in 0..<moduleCount {
      body(modules[index].range)
      body(modules[index].text)
    }
  }

  /// Checks and adds a module.
  mutating func addModule(start: UInt32, end: UInt32, text: PhysicalRange) throws(BootError) {
    guard moduleCount < Self.moduleLimit else {
      throw .tooMany(.module, count: UInt64(moduleCount) &+ 1, limit: UInt64(Self.moduleLimit))
    }
    guard start <= end else {
      throw .backwards(module: moduleCount &+ 1, start: UInt64(start), end: UInt64(end))
    }
    let range = PhysicalRange(UInt64(start), UInt64(end))
    _ = try memory.require(.module, at: range.start, count: range.length)
    modules[moduleCount] = BootModule(range: range, text: text)
    moduleCount &+= 1
  }
}
