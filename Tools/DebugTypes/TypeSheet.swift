// Swift types written as C++, byte for byte: debuggers that know no Swift can then show values by their Swift names.
// The text is compiled into a file of debug information that is loaded beside the image it was made from.
//
// - A `Reference`, an unsafe pointer, and an optional of either is a pointer; an `InlineArray` is an array.
// - An enumeration whose cases carry something is a union of what they carry, with `tag` behind it where there is one.
// - What the debug information does not describe is an array of bytes of the right size.
//
// The debug information has the right sizes, but places of members that are off: it pads each to its own alignment (Swift
// 6.3). So members are laid out here as Swift does it, and where that comes to another size the structure stays bytes.
//
// Invariant: each structure has the size that its image gives it, and each member its place.

import Foundation

public struct TypeSheet {
  /// How a type is spelled, and its size.
  private indirect enum Spelling {
    case named(String, size: Int)
    case pointer(String)
    case array(Spelling, count: Int)
    case bytes(Int)

    var size: Int {
      switch self {
      case .named(_, let size), .bytes(let size): size
      case .pointer: 4
      case .array(let element, let count): element.size * count
      }
    }

    func declaration(_ name: String) -> String {
      switch self {
      case .named(let type, _): "\(type) \(name)"
      case .pointer(let target): "\(target) *\(name)"
      case .array(let element, let count): element.declaration("\(name)[\(count)]")
      case .bytes(let count): "std_uint8 \(name)[\(count)]"
      }
    }
  }

  private let information: DebugInformation
  /// Definitions by their mangled names.
  private var definitions: [String: DebugEntry] = [:]
  private var spellings: [Int: Spelling] = [:]
  private var inProgress: Set<Int> = []
  private var takenNames: [String: Int] = [:]
  /// The alignments of structures and enumerations by their names; 8 stands for that of 64-bit numbers.
  private var alignments: [String: Int] = [:]
  private var names: [Int: String] = [:]
  private var declarations: [String] = []
  private var text = ""

  /// - Parameter image: the path of a linked image.
  public init(image: String) throws {
    information = try DebugInformation(path: image)
    for entry in information.entries.values.sorted(by: { $0.offset < $1.offset })
    where !entry.isDeclaration && (entry.tag == .structureType || entry.tag == .enumerationType) {
      guard let name = entry.linkageName, (entry.size ?? 0) > 0, definitions[name] == nil else { continue }
      definitions[name] = entry
    }
  }

  /// The sheet with the types of these names, `MODULE.NAME`, and all that they are made of.
  /// - Parameter variables: names of values, each of a type, and the section that is put at its address.
  /// - Parameter composites: values of several parts, each a type at an offset; `*` behind a type stands for its address.
  public mutating func source(
    types: [String], variables: [(name: String, type: String, section: String)],
    composites: [(name: String, parts: [(name: String, type: String, offset: Int)], section: String)] = []
  ) throws -> String {
    var found: [String: String] = [:]
    let partTypes = composites.flatMap { $0.parts }.map { $0.type.trimmingCharacters(in: ["*"]) }
    for wanted in types + variables.map(\.type) + partTypes where found[wanted] == nil {
      let parts = wanted.split(separator: ".").map(String.init)
      let entry = information.entries.values.filter {
        $0.name == parts.last && $0.module == parts.first && $0.tag == .structureType && ($0.size ?? 0) > 0
          && !$0.isDeclaration && $0.specification == nil
      }.min { $0.offset < $1.offset }
      guard let entry else { throw DebugInformationMistake(description: "there is no type \(wanted) in the image") }
      guard case .named(let name, _) = spelling(entry.offset) else {
        throw DebugInformationMistake(description: "the type \(wanted) is not described")
      }
      found[wanted] = name
    }
    var result = """
      typedef unsigned char std_uint8;
      typedef unsigned short std_uint16;
      typedef unsigned int std_uint32;
      typedef unsigned long long std_uint64;
      typedef signed char std_int8;
      typedef short std_int16;
      typedef int std_int32;
      typedef long long std_int64;

      """
    result += declarations.map { "struct \($0);\n" }.joined() + text
    for variable in variables {
      result += "\(found[variable.type] ?? "") \(variable.name) __attribute__((section(\"\(variable.section)\")));\n"
    }
    for composite in composites {
      // Each part is followed by what lies between its end and the beginning of the next.
      // The type has a name: a value of a type without one is nobody else's, and the compiler leaves it out.
      result += "struct __attribute__((packed)) Type_of_\(composite.name) {\n"
      let ends = composite.parts.dropFirst().map { $0.offset } + [nil]
      for (part, end) in zip(composite.parts.sorted { $0.offset < $1.offset }, ends) {
        let isAddress = part.type.hasSuffix("*")
        let name = found[part.type.trimmingCharacters(in: ["*"])] ?? ""
        result += "  \(name) \(isAddress ? "*" : "")\(part.name);\n"
        guard let end else { continue }
        let size = isAddress ? "4" : "sizeof(\(name))"
        result += "  std_uint8 behind_\(part.name)[\(end - part.offset) - \(size)];\n"
      }
      result += "};\nType_of_\(composite.name) \(composite.name) __attribute__((section(\"\(composite.section)\")));\n"
    }
    return result
  }

  /// The type of an entry, which is written first where it is new.
  private mutating func spelling(_ offset: Int?) -> Spelling {
    guard let offset, var entry = information.entries[offset] else { return .bytes(0) }
    if let known = spellings[offset] { return known }
    if entry.isDeclaration, let definition = (entry.linkageName ?? entry.name).flatMap({ definitions[$0] }) {
      entry = definition
    }
    let result = work(out: entry)
    spellings[offset] = result
    return result
  }

  private mutating func work(out entry: DebugEntry) -> Spelling {
    switch entry.tag {
    case .typedef, .constType, .volatileType:
      return entry.type == nil ? .bytes(entry.size ?? 0) : spelling(entry.type)
    case .baseType: return Self.number(size: entry.size ?? 0)
    case .pointerType: return .pointer(target(entry.type))
    case .arrayType:
      let count = entry.children.first { $0.tag == .subrangeType }?.count ?? 0
      return .array(spelling(entry.type), count: count)
    case .enumerationType: return enumeration(entry)
    case .structureType, .unionType: return structure(entry)
    default: return .bytes(entry.size ?? 0)
    }
  }

  private static func number(size: Int) -> Spelling {
    [1, 2, 4, 8].contains(size) ? .named("std_uint\(size * 8)", size: size) : .bytes(size)
  }

  /// The name of what a pointer points to. It need not be complete: it is written later, or never.
  private mutating func target(_ offset: Int?) -> String {
    guard let offset, let entry = information.entries[offset] else { return "void" }
    let definition = entry.isDeclaration ? (entry.linkageName ?? entry.name).flatMap { definitions[$0] } : entry
    if let definition, inProgress.contains(definition.offset) { return name(definition) }
    switch spelling(offset) {
    case .named(let name, _): return name
    case .pointer(let target): return "\(target) *"
    default: return "void"
    }
  }

  private mutating func structure(_ entry: DebugEntry) -> Spelling {
    let size = entry.size ?? 0
    let mangled = entry.specification.flatMap { information.entries[$0] }.flatMap { $0.linkageName ?? $0.name } ?? ""
    let arguments = entry.children.filter { $0.tag == .templateTypeParameter }.map(\.type)
    switch mangled.isEmpty ? entry.linkageName ?? "" : mangled {
    case "$es5UInt8VD": return .named("std_uint8", size: 1)
    case "$es6UInt16VD": return .named("std_uint16", size: 2)
    case "$es6UInt32VD", "$eSuD": return .named("std_uint32", size: 4)
    case "$es6UInt64VD": return .named("std_uint64", size: 8)
    case "$es4Int8VD": return .named("std_int8", size: 1)
    case "$es5Int16VD": return .named("std_int16", size: 2)
    case "$es5Int32VD", "$eSiD": return .named("std_int32", size: 4)
    case "$es5Int64VD": return .named("std_int64", size: 8)
    case "$eSbD": return .named("bool", size: 1)
    case "$eSVD", "$eSvD": return .pointer("void")
    // A structure of one pointer that names what it points to in its parameter.
    case "$e10Primitives9ReferenceVyxGD", "$eSpyxGD", "$eSPyxGD":
      let inner = entry.children.first { $0.tag == .member }?.type.flatMap { information.entries[$0] }
      let parameter = arguments.first ?? inner?.children.first { $0.tag == .templateTypeParameter }?.type
      return .pointer(target(parameter))
    case "$exSgD":
      let inner = spelling(arguments.first ?? nil)
      // Nil has a bit pattern that the value does not have, or a byte of its own.
      if case .pointer = inner, size == 4 { return inner }
      if inner.size == 0 || inner.size > size { return .bytes(size) }
      if case .bytes = inner { return .bytes(size) }
      return write(name: "Optional\(entry.offset)", size: size, members: [("value", inner)], rest: "nilTag")
    case let name where name.hasPrefix("$es11InlineArrayVy"):
      return inlineArray(entry, size: size, element: arguments.last ?? nil)
    default: break
    }
    if entry.children.contains(where: { $0.tag == .variantPart }) { return variants(entry, size: size) }
    let members = entry.children.filter { $0.tag == .member && $0.name != nil }
    guard !members.isEmpty, size > 0, entry.specification == nil else { return .bytes(size) }
    inProgress.insert(entry.offset)
    defer { inProgress.remove(entry.offset) }
    let own = members.map { ($0.name ?? "", spelling($0.type)) }
    return write(name: name(entry), size: size, members: own)
  }

  private mutating func inlineArray(_ entry: DebugEntry, size: Int, element: Int?) -> Spelling {
    // The count is the first argument: `$63_` is 64.
    let mangled = entry.linkageName ?? ""
    let start = mangled.firstRange(of: "InlineArrayVy$")?.upperBound ?? mangled.endIndex
    let digits = mangled[start...].prefix { $0.isNumber }
    let count = Int(digits).map { $0 + 1 } ?? 0
    let inner = spelling(element)
    guard count > 0, size % count == 0, inner.size > 0, inner.size <= size / count else { return .bytes(size) }
    if inner.size == size / count { return .array(inner, count: count) }
    if case .bytes = inner { return .array(.bytes(size / count), count: count) }
    let padded = write(name: "Element\(entry.offset)", size: size / count, members: [("value", inner)], rest: "rest")
    return .array(padded, count: count)
  }

  /// An enumeration whose cases carry something.
  private mutating func variants(_ entry: DebugEntry, size: Int) -> Spelling {
    let cases = entry.children.filter { $0.tag == .variantPart }.flatMap(\.children).flatMap(\.children)
      .filter { $0.tag == .member && $0.type != nil }
    guard size > 0 else { return .bytes(0) }
    inProgress.insert(entry.offset)
    defer { inProgress.remove(entry.offset) }
    let own = cases.map { ($0.name ?? "", spelling($0.type)) }.filter { $0.1.size > 0 }
    let largest = min(size, own.map { $0.1.size }.max() ?? 0)
    let type = name(entry)
    alignments[type] = own.map { alignment($0.1) }.max() ?? 1
    // The tags: those that carry something in their order, then one for all that carry nothing, which are numbered.
    let all = entry.children.filter { $0.tag == .variantPart }.flatMap(\.children).flatMap(\.children)
    for (suffix, isCarrying) in [("carrying", true), ("plain", false)] {
      let names = all.filter { ($0.type != nil) == isCarrying }.map { Self.identifier($0.name ?? "") }
      if !names.isEmpty { text += "enum class \(type)_\(suffix) : std_uint32 { \(names.joined(separator: ", ")) };\n" }
    }
    declarations.append(type)
    text += "struct __attribute__((packed)) \(type) {\n"
    if !own.isEmpty {
      text += "  union {\n"
      for (name, spelling) in own where spelling.size <= size {
        text += "    \(spelling.declaration(Self.identifier(name)));\n"
      }
      text += "    std_uint8 payload[\(largest)];\n  };\n"
    }
    if size > largest { text += "  std_uint8 tag\(size - largest == 1 ? "" : "[\(size - largest)]");\n" }
    text += "};\nstatic_assert(sizeof(\(type)) == \(size), \"\");\n"
    return .named(type, size: size)
  }

  private mutating func enumeration(_ entry: DebugEntry) -> Spelling {
    let size = entry.size ?? 0
    guard [1, 2, 4].contains(size), !entry.children.isEmpty else { return Self.number(size: size) }
    let type = name(entry)
    // The values in the debug information are all 0; the cases are numbered in their order.
    let cases = entry.children.filter { $0.tag == .enumerator }.map { Self.identifier($0.name ?? "") }
    alignments[type] = size
    text += "enum class \(type) : std_uint\(size * 8) { \(cases.joined(separator: ", ")) };\n"
    return .named(type, size: size)
  }

  private func alignment(_ type: Spelling) -> Int {
    switch type {
    case .named(let name, let size): alignments[name] ?? max(1, min(8, size))
    case .pointer: 4
    case .array(let element, _): alignment(element)
    case .bytes(let count): count >= 4 ? 4 : 1
    }
  }

  /// Where members lie: each at the first place behind the one before that has its alignment. Nil where they then come to
  /// another size. How 64-bit numbers are aligned is the target's business, and whether there are some in what is not
  /// described cannot be seen: all ways are tried, the one with the fewest such members first.
  private func layOut(_ members: [(name: String, type: Spelling)], size: Int) -> [Int]? {
    let opaque = members.indices.filter { if case .bytes(let count) = members[$0].type { count >= 8 } else { false } }
    for wide in [8, 4] {
      let choices =
        wide == 4 || opaque.count > 6
        ? [0] : (0..<(1 << opaque.count)).sorted { $0.nonzeroBitCount < $1.nonzeroBitCount }
      for choice in choices {
        var end = 0
        let places = members.indices.map { index in
          let isWide = opaque.firstIndex(of: index).map { choice >> $0 & 1 == 1 } ?? false
          let alignment = isWide ? 8 : min(alignment(members[index].type), wide)
          let place = (end + alignment - 1) / alignment * alignment
          end = place + members[index].type.size
          return place
        }
        if end == size { return places }
      }
    }
    return nil
  }

  /// Writes a structure.
  /// - Parameter rest: what to call bytes behind the last member; nil: there are none.
  private mutating func write(
    name: String, size: Int, members: [(name: String, type: Spelling)], rest: String? = nil
  ) -> Spelling {
    let used = rest == nil ? size : members.reduce(0) { $0 + $1.type.size }
    guard let places = layOut(members, size: used) else { return .bytes(size) }
    declarations.append(name)
    alignments[name] = members.map { alignment($0.type) }.max() ?? 1
    var body = ""
    var end = 0
    for (member, place) in zip(members, places) where member.type.size > 0 {
      if place > end { body += "  std_uint8 pad\(end)[\(place - end)];\n" }
      body += "  \(member.type.declaration(Self.identifier(member.name)));\n"
      end = place + member.type.size
    }
    if end < size { body += "  std_uint8 \(rest ?? "rest")[\(size - end)];\n" }
    text += "struct __attribute__((packed)) \(name) {\n\(body)};\nstatic_assert(sizeof(\(name)) == \(size), \"\");\n"
    return .named(name, size: size)
  }

  /// The Swift name, with its module before it where another type has it already.
  private mutating func name(_ entry: DebugEntry) -> String {
    if let known = names[entry.offset] { return known }
    let short = Self.identifier(entry.name ?? "Type\(entry.offset)")
    var name = short
    if takenNames[name] != nil { name = "\(entry.module ?? "Type\(entry.offset)")_\(short)" }
    if takenNames[name] != nil { name = "\(short)\(entry.offset)" }
    takenNames[name] = entry.offset
    names[entry.offset] = name
    return name
  }

  private static let keywords: Set<String> = [
    "auto", "bool", "char", "class", "const", "default", "delete", "do", "double", "else", "enum", "explicit", "export",
    "extern", "false", "float", "for", "friend", "if", "inline", "int", "long", "new", "operator", "private",
    "protected", "public", "register", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template",
    "this", "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void", "volatile",
    "while", "and", "or", "not", "xor", "asm", "case", "catch", "break", "continue", "goto", "namespace",
  ]

  private static func identifier(_ name: String) -> String {
    var text = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "_" })
    if text.first?.isNumber != false { text = "_" + text }
    return keywords.contains(text) ? text + "_" : text
  }
}
