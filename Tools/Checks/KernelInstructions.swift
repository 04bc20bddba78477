// Proves that the kernel touches no x87, MMX or SSE register: traps do not save them, so that one instruction
// would change a program's numbers. Only instructions that save, load or reset the whole state may be there.

public enum KernelInstructions {
  /// Save, load and reset the state; and WAIT, which reports what a program's own instruction did.
  private static let allowed: Set<String> = [
    "fxsave", "fxrstor", "fninit", "fnsave", "frstor", "fnclex", "ldmxcsr", "stmxcsr", "fwait", "wait",
  ]

  /// Instructions that do not belong into the kernel.
  /// - Parameter disassembly: what `llvm-objdump -d --no-show-raw-insn` prints.
  /// - Returns: for each one, its function and the instruction.
  public static func foreign(in disassembly: String) -> [String] {
    var found: [String] = []
    var function: Substring = "?"
    for line in disassembly.utf8.split(separator: UInt8(ascii: "\n")) {
      if line.last == UInt8(ascii: ":"), line.first != UInt8(ascii: " ") {
        // c0100000 <name>:
        let open = line.firstIndex(of: UInt8(ascii: "<")) ?? line.startIndex
        function = Substring(line[open...])
        continue
      }
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")), line[..<tab].allSatisfy(isAddress) else {
        continue
      }
      let instruction = line[line.index(after: tab)...]
      if isForeign(instruction) {
        found.append("\(function) \(String(decoding: instruction.map { $0 == 9 ? 32 : $0 }, as: UTF8.self))")
      }
    }
    return found
  }

  /// Whether `byte` may be before the tab: an address, a colon, spaces.
  private static func isAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3a, 0x61...0x66, 0x20: true
    default: false
    }
  }

  private static func isForeign(_ instruction: Substring.UTF8View) -> Bool {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let mnemonic = instruction.prefix { !isSpace($0) }
    // All of x87 begins with F; nothing else does.
    if mnemonic.first == UInt8(ascii: "f") { return !allowed.contains(String(Substring(mnemonic))) }
    guard instruction.contains(UInt8(ascii: "%")) else { return false }
    for operand in instruction.dropFirst(mnemonic.count).split(separator: UInt8(ascii: "%")).dropFirst() {
      let name = operand.prefix { $0 >= 0x30 }
      if ["xmm", "ymm", "zmm", "mm", "st"].contains(where: { isRegister(name, kind: $0) }) { return true }
    }
    return false
  }

  /// Whether `name` is `kind`, with or without a number after it.
  private static func isRegister(_ name: Substring.UTF8View, kind: String) -> Bool {
    name.starts(with: kind.utf8) && name.dropFirst(kind.utf8.count).allSatisfy { (0x30...0x39).contains($0) }
  }
}
