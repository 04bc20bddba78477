// What a module says about itself: one data symbol, `megha_module`, that the linker puts in place.
//
// Layout version 1: a C structure of 32-bit words, usually in the section `.megha.module`. Addresses are
// those that the linker leaves a relocation for, 0 where there is none.
//
//     0  magic, the bytes "MGHM"            24  start, a function without arguments; 0 from it is success
//     4  layout version, 1                  28  stop, a function, or 0
//     8  name, an address of text           32  needs: an array of name addresses that ends with 0, or 0
//    12  version, an address of text        36  parameters: an array that ends with a name of 0, or 0
//    16  build identity, low word           40  services: an array that ends with a name of 0, or 0
//    20  build identity, high word
//
// A parameter is name, kind (0 a 32-bit integer, 1 a text buffer), address, bytes at that address. A
// service is name, function. Texts end with a zero byte and are what `ModuleText` takes.
//
// Invariants: a manifest is read from the file, before anything is mapped. A file's word holds the
// address relative to the module's base, and only such validated addresses are used later, never the
// words in the module's memory.

import Executables
import Primitives

/// The number that changes whenever the exports of the kernel or their types change.
public struct BuildIdentity: Equatable, Sendable {
  public var low: UInt32
  public var high: UInt32

  public init(low: UInt32, high: UInt32) {
    self.low = low
    self.high = high
  }

  /// Writes it as 16 hexadecimal digits.
  public func write(to output: inout some TextOutput) {
    output.write(hexadecimal: UInt64(high) &<< 32 | UInt64(low), digits: 16)
  }
}

/// A manifest that was read and judged. Addresses are relative to the module's base.
public struct ModuleManifest: Sendable {
  /// The name of the symbol that holds the manifest.
  public static var symbolName: StaticString { "megha_module" }
  /// Its size in bytes.
  static var size: UInt32 { 44 }
  /// The bytes "MGHM" as a little-endian word.
  static var magic: UInt32 { 0x4d48_474d }
  /// The most needs, parameters or services that a module has.
  public static var listLimit: Int { 32 }

  public let name: ModuleText
  public let version: ModuleText
  public let build: BuildIdentity
  /// The function that starts the module, in an executable segment.
  public let start: UInt32
  /// The function that stops it, in an executable segment, or nil where it has none.
  public let stop: UInt32?
  public let needCount: Int
  public let parameterCount: Int
  public let serviceCount: Int
  let needs: UInt32
  let parameters: UInt32
  let services: UInt32

  /// Reads the manifest at `address`.
  ///
  /// - Throws: `ModuleError.manifest` with the field at fault, or `otherBuild`.
  init(
    at address: UInt32, build expected: BuildIdentity?, in module: ModuleBytes
  ) throws(ModuleError) {
    guard address & 3 == 0, let position = module.position(of: address, count: Self.size) else {
      throw .manifest(.outsideSegments, .manifest, value: address)
    }
    func word(_ index: Int) -> UInt32 { littleEndian32(module.file, at: Int(position) &+ index &* 4) }
    guard word(0) == Self.magic else { throw .manifest(.wrongMagic, .magic, value: word(0)) }
    guard word(1) == 1 else { throw .manifest(.wrongLayout, .layout, value: word(1)) }
    name = try Self.text(word(2), .name, in: module)
    version = try Self.text(word(3), .version, in: module)
    build = BuildIdentity(low: word(4), high: word(5))
    if let expected, build != expected { throw .otherBuild(expected: expected, found: build) }
    start = word(6)
    guard start != 0 else { throw .manifest(.noStart, .start, value: 0) }
    guard module.isCode(start) else { throw .manifest(.notCode, .start, value: start) }
    stop = word(7) == 0 ? nil : word(7)
    if let stop, !module.isCode(stop) { throw .manifest(.notCode, .stop, value: stop) }
    needs = word(8)
    parameters = word(9)
    services = word(10)
    needCount = try Self.count(needs, entrySize: 4, .needs, in: module)
    parameterCount = try Self.count(parameters, entrySize: 16, .parameters, in: module)
    serviceCount = try Self.count(services, entrySize: 8, .services, in: module)
    for index in 0..<needCount { _ = try need(index, in: module) }
    for index in 0..<parameterCount { _ = try parameter(index, in: module) }
    for index in 0..<serviceCount { _ = try service(index, in: module) }
  }

  private static func text(
    _ address: UInt32, _ field: ManifestField, in module: ModuleBytes
  ) throws(ModuleError) -> ModuleText {
    guard address != 0, let location = module.text(at: address, limit: ModuleText.capacity),
      let text = ModuleText(module.bytes(of: location))
    else { throw .manifest(.badText, field, value: address) }
    return text
  }

  /// The number of entries before the one whose first word is 0.
  private static func count(
    _ address: UInt32, entrySize: UInt32, _ field: ManifestField, in module: ModuleBytes
  ) throws(ModuleError) -> Int {
    guard address != 0 else { return 0 }
    for index in 0...UInt32(listLimit) {
      let (entry, overflow) = address.addingReportingOverflow(index &* entrySize)
      guard !overflow, let first = module.word(at: entry) else { break }
      if first == 0 { return Int(index) }
      guard module.position(of: entry, count: entrySize) != nil else { break }
    }
    throw .manifest(.listTooLong, field, value: address)
  }

  func need(_ index: Int, in module: ModuleBytes) throws(ModuleError) -> ModuleText {
    let entry = needs &+ UInt32(index) &* 4
    return try Self.text(module.initialWord(at: entry), .needs, in: module)
  }

  func service(_ index: Int, in module: ModuleBytes) throws(ModuleError) -> ModuleService {
    let entry = services &+ UInt32(index) &* 8
    let name = try Self.text(module.initialWord(at: entry), .services, in: module)
    let function = module.initialWord(at: entry &+ 4)
    guard module.isCode(function) else { throw .manifest(.notCode, .services, value: function) }
    return ModuleService(name: name, function: function)
  }

  func parameter(_ index: Int, in module: ModuleBytes) throws(ModuleError) -> ModuleParameter {
    let entry = parameters &+ UInt32(index) &* 16
    let name = try Self.text(module.initialWord(at: entry), .parameters, in: module)
    let kindWord = module.initialWord(at: entry &+ 4)
    let address = module.initialWord(at: entry &+ 8)
    let size = module.initialWord(at: entry &+ 12)
    guard let kind = ModuleParameter.Kind(rawValue: kindWord) else {
      throw .manifest(.unknownKind, .parameters, value: kindWord)
    }
    guard kind == .text || (size == 4 && address & 3 == 0), size > 0,
      let segment = module.segment(at: address, count: size),
      segment.permissions.contains(.writable)
    else { throw .manifest(.parameterNotWritable, .parameters, value: address) }
    return ModuleParameter(name: name, kind: kind, address: address, size: size)
  }
}

/// A function that a module offers to processes.
public struct ModuleService: Equatable, Sendable {
  public let name: ModuleText
  /// Its address relative to the module's base, in an executable segment.
  public let function: UInt32
}

/// A field of the manifest, for errors.
public enum ManifestField: UInt8, Sendable {
  case manifest, magic, layout, name, version, start, stop, needs, parameters, services

  var text: StaticString {
    switch self {
    case .manifest: "megha_module"
    case .magic: "the magic number"
    case .layout: "the layout version"
    case .name: "the name"
    case .version: "the version"
    case .start: "the start function"
    case .stop: "the stop function"
    case .needs: "the list of needs"
    case .parameters: "the list of parameters"
    case .services: "the list of services"
    }
  }
}

/// What a manifest must keep to.
public enum ManifestRule: UInt8, Sendable {
  case absent, outsideSegments, wrongMagic, wrongLayout, badText, noStart, notCode, listTooLong
  case unknownKind, parameterNotWritable

  /// The reason, as the end of a sentence.
  public var sentence: StaticString {
    switch self {
    case .absent: "the module exports no data of this name"
    case .outsideSegments: "the manifest is not whole in the file's part of one segment"
    case .wrongMagic: "a manifest begins with the bytes MGHM"
    case .wrongLayout: "only layout 1 is known"
    case .badText: "it is not 1 to 31 letters, digits, '_', '-' or '.', and a zero byte"
    case .noStart: "a module must have one"
    case .notCode: "that is not in an executable segment"
    case .listTooLong: "the list does not end within 32 entries in the file's part of one segment"
    case .unknownKind: "a parameter is of kind 0 (integer) or 1 (text)"
    case .parameterNotWritable: "a parameter's room is not whole, aligned and in a writable segment"
    }
  }
}
