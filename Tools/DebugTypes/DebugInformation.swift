// The types in the debug information of a linked image (DWARF 4, section 7.5): a tree of entries, each with the attributes
// that say what a type looks like.
//
// Invariant: every offset is checked against its section before it is followed; what is not understood ends the reading
// with a sentence, never with a trap.

import Foundation

/// What is wrong with debug information.
public struct DebugInformationMistake: Error, Equatable, CustomStringConvertible {
  public let description: String
}

/// One entry, such as a structure or a member of one.
final class DebugEntry {
  /// The kinds that types are made of (DWARF 4, figure 18).
  enum Tag: UInt64 {
    case arrayType = 0x01
    case enumerationType = 0x04
    case member = 0x0d
    case pointerType = 0x0f
    case compileUnit = 0x11
    case structureType = 0x13
    case typedef = 0x16
    case unionType = 0x17
    case variant = 0x19
    case subrangeType = 0x21
    case baseType = 0x24
    case constType = 0x26
    case enumerator = 0x28
    case templateTypeParameter = 0x2f
    case variantPart = 0x33
    case volatileType = 0x35
    case module = 0x1e
    case other = 0
  }

  let offset: Int
  let tag: Tag
  var name: String?
  var linkageName: String?
  var size: Int?
  var location: Int?
  var count: Int?
  var isDeclaration = false
  /// The offsets of other entries: the type, and for a type of generic parameters the generic type.
  var type: Int?
  var specification: Int?
  var children: [DebugEntry] = []
  /// The name of the Swift module that it is declared in.
  var module: String?

  init(offset: Int, tag: Tag) {
    self.offset = offset
    self.tag = tag
  }
}

struct DebugInformation {
  private(set) var entries: [Int: DebugEntry] = [:]

  /// One attribute of an abbreviation (DWARF 4, 7.5.3).
  private struct Attribute {
    let name: UInt64
    let form: UInt64
  }
  private struct Abbreviation {
    let tag: UInt64
    let hasChildren: Bool
    let attributes: [Attribute]
  }

  private let bytes: [UInt8]
  private let strings: [UInt8]

  init(path: String) throws {
    let sections = try DebugSections.read(path: path)
    guard let information = sections[".debug_info"], let abbreviations = sections[".debug_abbrev"] else {
      throw DebugInformationMistake(description: "\(path) has no debug information")
    }
    bytes = information
    strings = sections[".debug_str"] ?? []
    var start = 0
    while start + 11 <= bytes.count {
      var reader = ByteReader(bytes, at: start)
      let length = Int(try reader.number(4))
      let end = start + 4 + length
      guard length > 7, end <= bytes.count else {
        throw DebugInformationMistake(description: "a unit at \(start) leaves the debug information of \(path)")
      }
      // Later versions are those of assembly files, which have no types.
      if try reader.number(2) <= 4 {
        let table = try Self.abbreviations(abbreviations, at: Int(try reader.number(4)))
        let addressSize = Int(try reader.number(1))
        try readUnit(&reader, start: start, end: end, table, addressSize: addressSize)
      }
      start = end
    }
  }

  private static func abbreviations(_ section: [UInt8], at offset: Int) throws -> [UInt64: Abbreviation] {
    var table: [UInt64: Abbreviation] = [:]
    var reader = ByteReader(section, at: offset)
    while true {
      let code = try reader.unsigned()
      if code == 0 { return table }
      let tag = try reader.unsigned()
      let hasChildren = try reader.number(1) == 1
      var attributes: [Attribute] = []
      while true {
        let attribute = Attribute(name: try reader.unsigned(), form: try reader.unsigned())
        if attribute.name == 0 && attribute.form == 0 { break }
        attributes.append(attribute)
      }
      table[code] = Abbreviation(tag: tag, hasChildren: hasChildren, attributes: attributes)
    }
  }

  private mutating func readUnit(
    _ reader: inout ByteReader, start: Int, end: Int, _ table: [UInt64: Abbreviation], addressSize: Int
  ) throws {
    var parents: [DebugEntry] = []
    while reader.position < end {
      let offset = reader.position
      let code = try reader.unsigned()
      if code == 0 {
        if parents.isEmpty { return }
        parents.removeLast()
        if parents.isEmpty { return }
        continue
      }
      guard let abbreviation = table[code] else {
        throw DebugInformationMistake(description: "an entry at \(offset) has the unknown kind \(code)")
      }
      let entry = DebugEntry(offset: offset, tag: DebugEntry.Tag(rawValue: abbreviation.tag) ?? .other)
      for attribute in abbreviation.attributes {
        let value = try self.value(&reader, form: attribute.form, unit: start, addressSize: addressSize)
        entry.set(attribute.name, value)
      }
      let parent = parents.last
      entry.module = parent.flatMap { $0.tag == .module ? $0.name : $0.module }
      parent?.children.append(entry)
      entries[offset] = entry
      if abbreviation.hasChildren { parents.append(entry) }
    }
  }

  enum Value {
    case number(Int)
    case text(String)
    case none
  }

  /// Reads what an attribute of a form holds (DWARF 4, 7.5.4). References become offsets from the section's start.
  private func value(_ reader: inout ByteReader, form: UInt64, unit: Int, addressSize: Int) throws -> Value {
    switch form {
    case 0x01: return .number(Int(try reader.number(addressSize)))  // addr
    case 0x03: try reader.skip(Int(try reader.number(2)))  // block2
    case 0x04: try reader.skip(Int(try reader.number(4)))  // block4
    case 0x05: return .number(Int(try reader.number(2)))  // data2
    case 0x06, 0x17: return .number(Int(try reader.number(4)))  // data4, sec_offset
    case 0x07: return .number(Int(truncatingIfNeeded: try reader.number(8)))  // data8
    case 0x08: return .text(try reader.text())  // string
    case 0x09, 0x18: try reader.skip(Int(truncatingIfNeeded: try reader.unsigned()))  // block, exprloc
    case 0x0a: try reader.skip(Int(try reader.number(1)))  // block1
    case 0x0b, 0x0c: return .number(Int(try reader.number(1)))  // data1, flag
    case 0x0d: return .number(Int(truncatingIfNeeded: try reader.signed()))  // sdata
    case 0x0e:  // strp
      var text = ByteReader(strings, at: Int(try reader.number(4)))
      return .text(try text.text())
    case 0x0f: return .number(Int(truncatingIfNeeded: try reader.unsigned()))  // udata
    case 0x10: return .number(Int(try reader.number(4)))  // ref_addr
    case 0x11: return .number(unit + Int(try reader.number(1)))  // ref1
    case 0x12: return .number(unit + Int(try reader.number(2)))  // ref2
    case 0x13: return .number(unit + Int(try reader.number(4)))  // ref4
    case 0x15: return .number(unit + Int(truncatingIfNeeded: try reader.unsigned()))  // ref_udata
    case 0x19: return .number(1)  // flag_present
    case 0x20: try reader.skip(8)  // ref_sig8
    default: throw DebugInformationMistake(description: "an attribute has the unknown form \(form)")
    }
    return .none
  }
}

extension DebugEntry {
  /// Takes an attribute (DWARF 4, figure 20) that says something about types.
  fileprivate func set(_ attribute: UInt64, _ value: DebugInformation.Value) {
    switch (attribute, value) {
    case (0x03, .text(let text)): name = text
    case (0x6e, .text(let text)): linkageName = text
    case (0x0b, .number(let number)): size = number
    case (0x37, .number(let number)): count = number
    case (0x2f, .number(let number)): count = number + 1  // upper_bound
    case (0x38, .number(let number)): location = number
    case (0x3c, .number(let number)): isDeclaration = number != 0
    case (0x47, .number(let number)): specification = number
    case (0x49, .number(let number)): type = number
    default: break
    }
  }
}
