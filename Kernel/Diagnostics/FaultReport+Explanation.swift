// The sentences of a fault report: what the exception means here, as far as registers, error code and the bytes
// of the instruction tell.

import Primitives

extension FaultReport {
  /// Writes each sentence on a line of its own, under the headline.
  func writeExplanation(to output: inout some TextOutput, in surroundings: some FaultContext) {
    output.write("       ")
    switch cause {
    case .interruptsOff(_, isInCalls: false):
      output.write("no timer tick came through while it ran; the watchdog interrupted it where it was")
    case .interruptsOff(_, isInCalls: true):
      output.write("it kept them off from one system call to the next; the watchdog last saw the kernel at work for it")
    case .callTookTooLong:
      output.write("the watchdog took the caller out of the module; time in which a call sleeps does not count")
    case .stackUnusable: explainStackPointer(to: &output)
    case .stackExhausted:
      output.write("the kernel needs more than that to do what it was asked for")
    case .moduleMistake(let mistake):
      output.write(mistake.explanation)
    case .exception(let vector, let errorCode):
      guard let exception else {
        output.write("vector ")
        output.write(decimal: UInt32(vector))
        output.write(" is no exception that Intel has defined; error code ")
        output.write(hexadecimal: errorCode)
        break
      }
      if isRaisedByInstruction(vector, in: surroundings) {
        output.write("the instruction before EIP is int ")
        output.write(hexadecimal: UInt32(vector), digits: 2)
        output.write(", which raised this by itself")
        break
      }
      switch exception {
      case .pageFault: explainPageFault(errorCode, to: &output)
      case .doubleFault: explainDoubleFault(to: &output)
      case .invalidOpcode: explainInvalidOpcode(to: &output, in: surroundings)
      case .generalProtection: explainProtection(errorCode, to: &output, in: surroundings)
      default:
        output.write(exception.meaning)
        if exception.hasSelectorErrorCode, errorCode != 0 {
          output.write(": ")
          SelectorErrorCode(rawValue: errorCode).describe(to: &output)
        }
      }
    }
    output.write("\n")
  }

  /// Whether INT in Ring 0 raised the vector, and no fault did: EIP is behind the instruction then (SDM Vol. 3, 6.4).
  private func isRaisedByInstruction(_ vector: UInt8, in surroundings: some FaultContext) -> Bool {
    registers.ring == 0 && surroundings.byte(at: registers.eip &- 2) == 0xcd
      && surroundings.byte(at: registers.eip &- 1) == vector
  }

  private func explainPageFault(_ errorCode: UInt32, to output: inout some TextOutput) {
    if PageFaultCode(rawValue: errorCode).contains(.reservedBits) {
      output.write("the page tables are damaged: an entry on the way to the address has reserved bits set")
      return
    }
    if registers.ring == 0, PageFaultCode(rawValue: errorCode).contains(.protection),
      case .task(let task) = owner, task.isGuarded, access(errorCode) == .write,
      case .kernelMemory = addressMeaning
    {
      output.write("the address lies in kernel memory, which a guarded task may read but not write")
      return
    }
    addressMeaning.describe(access(errorCode), fromRing: registers.ring, to: &output)
  }

  /// Not every double fault is a stack fault, so it says what this one was.
  private func explainDoubleFault(to output: inout some TextOutput) {
    if case .task(let task) = owner, task.isRing0, registers.ring == 3 || registers.isVirtual8086 {
      output.write(
        "the task had left Ring 0 by itself, and the processor could not push to its kernel stack from there")
      return
    }
    guard stackProblem != nil else {
      output.write(ProcessorException.doubleFault.meaning)
      output.write("; the stack pointer was good")
      return
    }
    output.write("an exception could not be delivered, because the stack could not take it\n       ")
    explainStackPointer(to: &output)
  }

  private func explainStackPointer(to output: inout some TextOutput) {
    output.write("ESP ")
    output.write(hexadecimal: registers.esp)
    output.write(": ")
    stackProblem?.describe(.write, fromRing: registers.ring, to: &output)
  }

  private func explainInvalidOpcode(to output: inout some TextOutput, in surroundings: some FaultContext) {
    if let trap = trap(in: surroundings) {
      output.write("checked by ")
      trap.function.write(to: &output)
      if !trap.location.file.isEmpty {
        output.write(" in ")
        trap.location.write(to: &output)
      }
      return
    }
    if surroundings.stopsItself(at: registers.eip) {
      output.write(
        "the code stopped itself with ud2, as Swift does when a check fails; no reason is recorded")
      return
    }
    if let instruction = SensitiveInstruction(at: registers.eip, in: surroundings) {
      output.write("the instruction is ")
      output.write(instruction.name)
      output.write(", which this ring or this processor does not have")
      return
    }
    if let set = InstructionSet(at: registers.eip, in: surroundings), !surroundings.hasInstructions(of: set) {
      output.write("the instruction belongs to ")
      output.write(set.name)
      output.write(", which this processor does not have")
      if case .avx = set { output.write(" or Megha does not switch on") }
      return
    }
    output.write(ProcessorException.invalidOpcode.meaning)
    output.write(":")
    for index in 0..<8 as Range<UInt32> {
      guard let byte = surroundings.byte(at: registers.eip &+ index) else { break }
      output.write(" ")
      output.write(hexadecimalDigit: byte >> 4)
      output.write(hexadecimalDigit: byte)
    }
  }

  private func explainProtection(
    _ errorCode: UInt32, to output: inout some TextOutput, in surroundings: some FaultContext
  ) {
    let instruction = SensitiveInstruction(at: registers.eip, in: surroundings)
    if let instruction, registers.ring == 3 {
      output.write("the instruction is ")
      output.write(instruction.name)
      switch instruction.rule {
      case .privileged:
        output.write(", which only Ring 0 may execute")
        return
      case .port:
        output.write(", and Ring 3 reaches only the ports it was given; DX is ")
        output.write(hexadecimal: registers.edx & 0xffff, digits: 4)
        return
      case .softwareInterrupt(let vector):
        output.write(" ")
        output.write(hexadecimal: UInt32(vector), digits: 2)
        output.write(", whose gate is not open to Ring 3")
        return
      case .segmentLoad:
        break
      }
    } else if let instruction, case .softwareInterrupt(let vector) = instruction.rule {
      output.write("the instruction is ")
      output.write(instruction.name)
      output.write(" ")
      output.write(hexadecimal: UInt32(vector), digits: 2)
      output.write(", which raises one of the processor's own exceptions")
      return
    } else if let instruction {
      output.write("the instruction is ")
      output.write(instruction.name)
      output.write(", which refused what it was given")
    } else if errorCode == 0 {
      output.write("an operand lies outside of its segment, or a register was given a value it refuses")
    } else {
      output.write("a segment or a gate was used that is not open to this code")
    }
    if errorCode != 0 {
      output.write(": ")
      SelectorErrorCode(rawValue: errorCode).describe(to: &output)
    }
  }
}
