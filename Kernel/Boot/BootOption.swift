// The options that the kernel knows: `name=value` on its command line, each with one value, and `seed` with a number. Whatever else
// stands there is told, since an option with a slip of the pen would be an option that is off.

import Primitives

public enum BootOption: UInt8 {
  case checkMemory, guardedHeap, noModules, windowsAlways

  private static var count: UInt8 { 4 }

  var name: StaticString {
    switch self {
    case .checkMemory: "check"
    case .guardedHeap: "heap"
    case .noModules: "modules"
    case .windowsAlways: "windows"
    }
  }

  var value: StaticString {
    switch self {
    case .checkMemory: "memory"
    case .guardedHeap: "guarded"
    case .noModules: "off"
    case .windowsAlways: "always"
    }
  }

  static func forEach(_ body: (BootOption) -> Void) {
    for number in 0..<count { if let option = BootOption(rawValue: number) { body(option) } }
  }
}

extension Span<UInt8> {
  /// Whether the option is given, in this command line.
  func has(_ option: BootOption) -> Bool {
    valueOfOption(option.name).map { extracting($0).hasSameBytes(as: option.value) } ?? false
  }

  /// What the kernel's memory is placed by: a decimal number of 32 bits. Nil where the option is not given so.
  var seed: UInt32? {
    guard let digits = valueOfOption("seed"), !digits.isEmpty else { return nil }
    var number: UInt32 = 0
    for index in digits {
      let digit = UInt32(self[index]) &- 0x30
      let (tenfold, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tenfold.addingReportingOverflow(digit)
      guard digit < 10, !isTooLarge, !isOver else { return nil }
      number = sum
    }
    return number
  }

  /// Writes one line about the words that are no option with its value; nothing where there are none. Some loaders begin the command
  /// line with the kernel's path.
  func describeUnknownOptions(to output: inout some TextOutput) {
    var isFirst = true
    var found: UInt32 = 0
    forEachWord { word in
      defer { isFirst = false }
      let text = extracting(word)
      if isFirst && text.looksLikePath || text.isKnownOption { return }
      output.write(found == 0 ? "boot: options that are not known: " : ", ")
      output.write(text)
      found &+= 1
    }
    guard found > 0 else { return }
    output.write("; there are ")
    BootOption.forEach { option in
      output.write(option.name)
      output.write("=")
      output.write(option.value)
      output.write(", ")
    }
    output.write("seed=NUMBER\n")
  }

  private var looksLikePath: Bool {
    var hasValue = false
    for index in 0..<count {
      if self[index] == UInt8(ascii: "/") { return true }
      if self[index] == UInt8(ascii: "=") { hasValue = true }
    }
    return !hasValue
  }

  private var isKnownOption: Bool {
    var isKnown = seed != nil
    BootOption.forEach { if has($0) { isKnown = true } }
    return isKnown
  }
}
