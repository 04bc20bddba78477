// What the code of a linked module must not hold: instructions of x87, MMX and SSE, whose registers are a program's and are
// not saved at a call, and steps of the stack pointer over the guard page. Build and loader go through the code with it.
//
// Invariant: what is found lies inside the given bytes.

/// A rule of a module's code.
public enum CodeRule: UInt8, Sendable {
  case x87, vector, largeStep

  /// What the instruction does, as the end of a sentence.
  public var sentence: StaticString {
    switch self {
    case .x87: "works with the registers of x87, which are a program's and not saved at a call"
    case .vector: "works with the registers of MMX or SSE, which are a program's and not saved at a call"
    case .largeStep:
      "moves the stack pointer over the guard page without touching it: compile with -fstack-clash-protection"
    }
  }
}

/// What the stacks that modules run on have room for.
public enum ModuleStackLimits {
  /// The size of the stack of a call.
  public static var size: UInt32 { 16384 }
  /// The guard below it: as far as ESP may move in one step.
  public static var largestStep: UInt32 { 4096 }
}

/// An instruction that breaks a rule.
public struct CodeMistake: Equatable, Sendable {
  public var rule: CodeRule
  /// Where it begins in the bytes.
  public var offset: Int
  public var length: Int

  /// Reads `code` as one instruction after the other, from `start` on. Nil where all of them are good.
  ///
  /// A byte at which no instruction begins is left out, so that data between functions is not read as their code for long.
  public static func first(in code: Span<UInt8>, from start: Int = 0) -> CodeMistake? {
    let decoder = InstructionDecoder(code)
    var offset = start
    while offset < code.count {
      guard let instruction = decoder.instruction(at: offset) else {
        offset &+= 1
        continue
      }
      if let rule = brokenRule(instruction) {
        return CodeMistake(rule: rule, offset: offset, length: instruction.length)
      }
      offset &+= instruction.length
    }
    return nil
  }

  @inline(__always)
  private static func brokenRule(_ instruction: Instruction) -> CodeRule? {
    if instruction.stackStep > ModuleStackLimits.largestStep { return .largeStep }
    switch instruction.registers {
    case .general: return nil
    case .x87: return .x87
    case .vector: return .vector
    }
  }
}
