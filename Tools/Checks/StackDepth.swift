// How much stack the kernel's calls take at the most: the longest path through the functions that call each other, read from the
// disassembly of the linked kernel.
//
// A call through a register is not followed: the kernel has few, and what they lead to is small. Where functions call each other in
// a circle, it is gone round once. What ends in a panic does not count, since nothing is lost by then.

/// Functions, what each takes of the stack, and whom it calls.
public struct StackDepth {
  private struct Function {
    var frame = 0
    var callees: [(name: String, isCall: Bool)] = []
  }

  /// A path through functions, and how many bytes they take together.
  public struct Path: Equatable, Sendable {
    public var bytes: Int
    public var functions: [String]

    public init(bytes: Int, functions: [String]) { (self.bytes, self.functions) = (bytes, functions) }
  }

  private var functions: [String: Function] = [:]
  private var found: [String: Path] = [:]

  /// - Parameters:
  ///   - disassembly: lines of `llvm-objdump -d`, of which those of other instructions than PUSH, SUB, CALL and JMP may be missing.
  ///   - isLeft: whether what a function takes does not count.
  public init(_ disassembly: String, leaving isLeft: (String) -> Bool) {
    var name = ""
    var function = Function()
    for line in disassembly.split(separator: "\n") {
      if line.hasSuffix(">:"), let start = line.firstIndex(of: "<") {
        if !name.isEmpty { functions[name] = function }
        name = String(line[line.index(after: start)...].dropLast(2))
        function = Function()
        continue
      }
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).drop { $0.hasSuffix(":") }
      guard let instruction = words.first, words.count > 1, !name.isEmpty else { continue }
      let operand = words[words.index(after: words.startIndex)]
      switch instruction {
      case "pushl": function.frame += 4
      case "subl":
        guard words.last == "%esp", operand.hasPrefix("$0x"), let size = Int(operand.dropFirst(3).dropLast(), radix: 16)
        else { continue }
        function.frame += size
      case "calll", "jmp":
        guard let target = words.last, target.hasPrefix("<"), target.hasSuffix(">") else { continue }
        let callee = String(target.dropFirst().dropLast().prefix { $0 != "+" })
        if callee != name && !isLeft(callee) { function.callees.append((callee, instruction == "calll")) }
      default: continue
      }
    }
    if !name.isEmpty { functions[name] = function }
  }

  /// The first function whose mangled name has all of these parts.
  public func function(with parts: [String]) -> String? {
    functions.keys.sorted().first { name in parts.allSatisfy { name.contains($0) } }
  }

  /// The path that takes most, from a function on. Nil where there is no such function.
  public mutating func deepest(from name: String) -> Path? {
    functions[name] == nil ? nil : path(from: name, above: [])
  }

  private mutating func path(from name: String, above: Set<String>) -> Path {
    if let path = found[name] { return path }
    guard let function = functions[name], !above.contains(name) else { return Path(bytes: 0, functions: []) }
    let above = above.union([name])
    var best = Path(bytes: 0, functions: [])
    for (callee, isCall) in function.callees {
      let path = path(from: callee, above: above)
      // A jump to another function comes when the frame is gone.
      let bytes = isCall ? path.bytes + 4 : path.bytes - function.frame
      if bytes > best.bytes { best = Path(bytes: bytes, functions: path.functions) }
    }
    let result = Path(bytes: function.frame + best.bytes, functions: [name] + best.functions)
    found[name] = result
    return result
  }
}
