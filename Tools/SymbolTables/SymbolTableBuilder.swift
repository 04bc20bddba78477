// Makes the symbol table of a linked image from its symbols and its debug information.
//
// Invariants: the result depends on the image and `root` only, names no folder above `root`, and describes the
// addresses the image was linked at (those of a module count from its own start, so the reader adds where it
// was loaded). Putting the table into the image afterwards must not move its code: the kernel keeps the table
// behind everything else, programs and modules in a section that is not loaded.

import Foundation

/// Builds symbol tables.
public enum SymbolTableBuilder {
  /// The bytes of the symbol table of the image at `elf`.
  ///
  /// - Parameters:
  ///   - elf: a linked i386 image with debug information; without it, names are all the table has.
  ///   - root: the top of the source tree, which file names are relative to.
  ///   - tools: where the binary tools are; found beside `swiftc` by default.
  /// - Throws: `ElfImageError`, `ToolchainToolError`, or the system's error for a file it cannot read.
  public static func build(elf: String, root: String, tools: ToolchainTools? = nil) throws -> [UInt8] {
    try contents(elf: elf, root: root, tools: tools).encoded()
  }

  /// What the table of `elf` says, not yet packed.
  public static func contents(
    elf: String, root: String, tools: ToolchainTools? = nil
  ) throws -> SymbolTableContents {
    let tools = try tools ?? ToolchainTools.find()
    let image = try ElfImage(path: elf)
    var functions = functionExtents(of: image)
    let names = try FunctionNames.readable(functions.map(\.name), tools: tools)
    for index in functions.indices { functions[index].name = names[index] }

    let code = try instructions(of: elf, tools: tools)
    let symbolizer = Symbolizer(tools: tools, elf: elf)
    let paths = SourcePaths(root: root)
    addRows(to: &functions, addresses: code.addresses, lines: try symbolizer.lines(of: code.addresses), paths)
    let traps = try self.traps(
      at: code.traps, frames: try symbolizer.frames(of: code.traps), paths: paths, tools: tools)
    return SymbolTableContents(functions: functions, traps: traps)
  }

  /// One entry per address that has a name, each ending where the next begins at the latest.
  static func functionExtents(of image: ElfImage) -> [SymbolTableContents.Function] {
    // Of several names for one address the best comes first: a function's, with a size, seen by other files.
    let symbols = image.symbols.sorted { left, right in
      if left.address != right.address { return left.address < right.address }
      if left.isFunction != right.isFunction { return left.isFunction }
      if left.size != right.size { return left.size > right.size }
      if left.isGlobal != right.isGlobal { return left.isGlobal }
      return left.name < right.name
    }
    var functions: [SymbolTableContents.Function] = []
    for symbol in symbols where symbol.address != functions.last?.address {
      functions.append(.init(name: symbol.name, address: symbol.address, size: symbol.size))
    }
    for index in functions.indices {
      let function = functions[index]
      let sectionEnd = image.codeRanges.first { $0.contains(function.address) }?.upperBound
      var limit = sectionEnd ?? function.address
      if index + 1 < functions.count { limit = min(limit, functions[index + 1].address) }
      let room = limit > function.address ? limit - function.address : 0
      functions[index].size = function.size == 0 ? room : min(function.size, room)
    }
    return functions
  }

  /// The addresses of all instructions, and of those that are `ud2`.
  private static func instructions(
    of elf: String, tools: ToolchainTools
  ) throws -> (addresses: [UInt32], traps: [UInt32]) {
    let output = try tools.run("llvm-objdump", ["--disassemble", "--no-show-raw-insn", elf])
    var addresses: [UInt32] = []
    var traps: [UInt32] = []
    let trapText = Array("ud2".utf8)
    // An instruction's line is `  400010:      \tud2` or `c0100010:      \tud2`: in no other line does a colon come
    // right after a number in base sixteen, spaces before it left aside.
    forEachLine(of: output) { line in
      guard line.count > 4, memchr(line.baseAddress!, 0x3a, line.count) != nil else { return }
      // Reading stops at the colon at the latest.
      let start = line.baseAddress!.assumingMemoryBound(to: CChar.self)
      var end: UnsafeMutablePointer<CChar>?
      let address = UInt32(truncatingIfNeeded: strtoul(start, &end, 16))
      guard let end, UnsafePointer(end) != start, end.pointee == 0x3a else { return }
      addresses.append(address)
      // "ud2" is the only instruction whose text ends so; the cheap test of its last byte comes first.
      if line[line.count - 1] == 0x32, isEqual(.init(rebasing: line.suffix(3)), trapText) {
        traps.append(address)
      }
    }
    return (addresses, traps)
  }

  /// Gives each function the rows that change its line. An instruction without a line belongs to the line before.
  private static func addRows(
    to functions: inout [SymbolTableContents.Function], addresses: [UInt32], lines: [SourceFrame?],
    _ paths: SourcePaths
  ) {
    var index = 0
    var shortPaths: [String: String] = [:]
    var last: SourceFrame?
    for (address, frame) in zip(addresses, lines) {
      while index < functions.count, functions[index].address + functions[index].size <= address {
        index += 1
        last = nil
      }
      guard index < functions.count else { return }
      guard functions[index].address <= address, let frame, frame != last else { continue }
      last = frame
      let file = shortPaths[frame.file] ?? paths.short(frame.file)
      shortPaths[frame.file] = file
      functions[index].rows.append(.init(address: address, file: file, line: frame.line))
    }
  }

  /// The traps that the compiler gave a reason: an innermost "function" whose name is the reason.
  private static func traps(
    at addresses: [UInt32], frames: [[SourceFrame]], paths: SourcePaths, tools: ToolchainTools
  ) throws -> [SymbolTableContents.Trap] {
    let prefix = "Swift runtime failure: "
    var traps: [SymbolTableContents.Trap] = []
    var texts = AuthorTexts()
    for (address, chain) in zip(addresses, frames) {
      guard let reason = chain.first?.function, reason.hasPrefix(prefix) else { continue }
      let callers = chain.drop { $0.function.hasPrefix(prefix) }
      // The standard library's own functions carry no lines, so this is the project's innermost one.
      let place = callers.first(where: \.hasLine)
      let sentence = place.flatMap { texts.sentence(file: $0.file, line: $0.line, column: $0.column) }
      traps.append(
        .init(
          address: address, reason: String(reason.dropFirst(prefix.count)) + (sentence.map { ": \($0)" } ?? ""),
          function: (place ?? callers.last)?.function ?? "", file: place.map { paths.short($0.file) } ?? "",
          line: place?.line ?? 0))
    }
    let names = try FunctionNames.readable(traps.map(\.function), tools: tools)
    for index in traps.indices { traps[index].function = names[index] }
    return traps
  }
}

/// Makes file names relative to the top of the source tree.
struct SourcePaths {
  private let roots: [String]

  init(root: String) {
    let url = URL(filePath: root)
    let spellings = [root, url.standardizedFileURL.path, url.resolvingSymlinksInPath().path]
    roots = spellings.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
  }

  /// `path` without the root in front; of a file outside of the tree only its name is kept.
  func short(_ path: String) -> String {
    for root in roots where path.hasPrefix(root) { return String(path.dropFirst(root.count)) }
    guard path.hasPrefix("/") else { return path.hasPrefix("./") ? String(path.dropFirst(2)) : path }
    return path.split(separator: "/").last.map(String.init) ?? path
  }
}
