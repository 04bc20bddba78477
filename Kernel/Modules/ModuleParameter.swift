// Parameters given to a module when it is loaded, as `name=value`: parsed and judged before anything is
// mapped, stored after relocation and before the module starts.

import Executables
import Primitives

/// A variable of a module that the loader sets.
public struct ModuleParameter: Equatable, Sendable {
  public enum Kind: UInt32, Sendable {
    /// A signed 32-bit integer.
    case integer = 0
    /// Bytes that end with a zero byte.
    case text = 1
  }

  public let name: ModuleText
  public let kind: Kind
  /// Its address relative to the module's base, in a writable segment.
  public let address: UInt32
  /// The room at `address` in bytes; 4 for an integer, and with the zero byte for text.
  public let size: UInt32
}

/// Why a parameter is refused.
public enum ParameterError: Error, Equatable, Sendable {
  /// It is not `name=value`.
  case noValue
  /// The module has no parameter of this name.
  case unknown
  /// The value is not a decimal or `0x` number that fits 32 bits.
  case notANumber(ModuleText)
  /// The text has more bytes than the parameter's room less one.
  case tooLong(ModuleText, count: UInt32, limit: UInt32)

  /// Writes one sentence about the parameter `argument`, without a line end.
  public func describe(to output: inout some TextOutput, argument: Span<UInt8>) {
    switch self {
    case .noValue:
      output.write("the parameter ")
      output.write(argument)
      output.write(" is not of the form name=value")
    case .unknown:
      output.write("the module has no parameter for ")
      output.write(argument)
    case .notANumber(let name):
      output.write("the parameter ")
      output.write(name.bytes)
      output.write(" takes a decimal or 0x number of 32 bits, not ")
      output.write(argument)
    case .tooLong(let name, let count, let limit):
      output.write("the parameter ")
      output.write(name.bytes)
      output.write(" has ")
      output.write(decimal: count)
      output.write(" bytes, must be at most ")
      output.write(decimal: limit)
    }
  }
}

/// A parsed parameter: what to store where.
public struct ParameterAssignment: Equatable, Sendable {
  public let parameter: ModuleParameter
  /// The number of an integer parameter.
  public let integer: Int32
  /// Where the text of a text parameter begins in the argument.
  public let textStart: Int

  /// Stores the value, after the module was applied and while its pages are still writable; `argument`
  /// is the one that was parsed.
  public func store(_ argument: Span<UInt8>, in memory: inout some ModuleMemory & ~Copyable & ~Escapable) {
    switch parameter.kind {
    case .integer:
      memory.write(UInt32(bitPattern: integer), at: parameter.address)
    case .text:
      let text = argument.extracting(textStart..<argument.count)
      memory.copy(text, to: parameter.address)
      let zero = InlineArray<1, UInt8>(repeating: 0)
      memory.copy(zero.span, to: parameter.address &+ UInt32(text.count))
    }
  }
}

extension ModuleImage {
  /// Parses `argument`, of the form `name=value`, for this module.
  public func assignment(of argument: Span<UInt8>) throws(ParameterError) -> ParameterAssignment {
    var separator = 0
    while separator < argument.count && argument[separator] != 0x3d { separator &+= 1 }
    guard separator < argument.count else { throw .noValue }
    guard let name = ModuleText(argument.extracting(0..<separator)), let parameter = parameter(called: name)
    else { throw .unknown }
    let valueStart = separator &+ 1
    let value = argument.extracting(valueStart..<argument.count)
    switch parameter.kind {
    case .integer:
      guard let integer = parseInteger(value) else { throw .notANumber(name) }
      return ParameterAssignment(parameter: parameter, integer: integer, textStart: valueStart)
    case .text:
      let count = UInt32(clamping: value.count)
      guard count < parameter.size else { throw .tooLong(name, count: count, limit: parameter.size &- 1) }
      return ParameterAssignment(parameter: parameter, integer: 0, textStart: valueStart)
    }
  }

  private func parameter(called name: ModuleText) -> ModuleParameter? {
    for index in 0..<plan.manifest.parameterCount {
      guard let parameter = parameter(index), parameter.name == name else { continue }
      return parameter
    }
    return nil
  }
}

/// A decimal number, with a minus sign perhaps, or a hexadecimal one of 32 bits after `0x`.
private func parseInteger(_ text: Span<UInt8>) -> Int32? {
  if text.count > 2 && text[0] == 0x30 && text[1] | 0x20 == 0x78 {
    guard let value = parseDigits(text, from: 2, radix: 16), value <= Int64(UInt32.max) else { return nil }
    return Int32(bitPattern: UInt32(truncatingIfNeeded: value))
  }
  let negative = text.count > 0 && text[0] == 0x2d
  guard let value = parseDigits(text, from: negative ? 1 : 0, radix: 10) else { return nil }
  return Int32(exactly: negative ? -value : value)
}

/// The digits from `start` on, or nil where there is none, another byte, or a number past 2^32.
private func parseDigits(_ text: Span<UInt8>, from start: Int, radix: Int64) -> Int64? {
  guard start < text.count else { return nil }
  var value: Int64 = 0
  for index in start..<text.count {
    let byte = text[index]
    let digit: Int64
    switch byte {
    case 0x30...0x39: digit = Int64(byte &- 0x30)
    case 0x61...0x66: digit = Int64(byte &- 0x61 &+ 10)
    case 0x41...0x46: digit = Int64(byte &- 0x41 &+ 10)
    default: return nil
    }
    guard digit < radix else { return nil }
    value = value &* radix &+ digit
    guard value <= Int64(UInt32.max) else { return nil }
  }
  return value
}
