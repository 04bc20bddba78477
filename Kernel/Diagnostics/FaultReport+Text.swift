// Prints a fault report: a headline with who, what became of it and what happened; sentences that explain it;
// where the code was, call by call; the registers. Serial line, console and log get the same text.
//
// Invariants: nothing here faults, allocates or waits; memory is read through `FaultContext` only. All lines
// after the headline start with seven columns that hold a word at most, so that the eye finds the headline.

import Primitives

extension FaultReport {
  /// Writes the whole report. Every line ends with a line feed.
  public func write(to output: inout some TextOutput, in surroundings: some FaultContext) {
    writeHeadline(to: &output, in: surroundings)
    output.write("\n")
    writeExplanation(to: &output, in: surroundings)
    writeFrames(to: &output, in: surroundings)
    registers.write(to: &output)
    if exception == .pageFault || exception == .doubleFault {
      output.write("  cr2 ")
      output.write(hexadecimal: faultAddress)
    }
    output.write("\n")
  }

  /// Writes the first line without its end: it alone says what a user needs to know.
  public func writeHeadline(to output: inout some TextOutput, in surroundings: some FaultContext) {
    switch outcome {
    case .taskEnded, .callFailed: output.write("fault: ")
    case .machineStopped: output.write("panic: ")
    }
    owner.write(to: &output)
    switch outcome {
    case .taskEnded: output.write(" ended: ")
    case .callFailed: output.write(" failed: ")
    case .machineStopped: output.write(" stopped the machine: ")
    }
    writeCause(to: &output, in: surroundings)
  }

  private func writeCause(to output: inout some TextOutput, in surroundings: some FaultContext) {
    switch cause {
    case .interruptsOff(let milliseconds, _):
      output.write("interrupts were off for ")
      output.write(decimal: milliseconds)
      output.write(" ms")
    case .callTookTooLong(let milliseconds):
      output.write("the call used the processor for ")
      output.write(decimal: milliseconds)
      output.write(" ms and has not come back")
    case .stackUnusable: output.write("its stack could not be used")
    case .stackExhausted(let bytesLeft):
      output.write("the stack was used up but for ")
      output.write(decimal: bytesLeft)
      output.write(" bytes")
    case .moduleMistake(let mistake):
      output.write("it ")
      mistake.write(to: &output, in: surroundings)
    case .exception(let vector, let errorCode):
      if let trap = trap(in: surroundings) {
        output.write("Swift check failed, ")
        trap.reason.write(to: &output)
        return
      }
      guard let exception else {
        output.write("exception ")
        output.write(decimal: UInt32(vector))
        return
      }
      output.write(exception.name)
      if exception == .pageFault {
        output.write(", ")
        output.write(access(errorCode).participle)
        output.write(" ")
        output.write(hexadecimal: faultAddress)
      }
    }
  }

  func access(_ errorCode: UInt32) -> MemoryAccess {
    PageFaultCode(rawValue: errorCode).access(at: faultAddress, instruction: registers.eip)
  }

  /// The compiler's reason, where an invalid instruction is a `ud2` that it put there.
  func trap(in surroundings: some FaultContext) -> TrapSymbol? {
    guard exception == .invalidOpcode else { return nil }
    return surroundings.image(containing: registers.eip)?.symbols?.trap(at: registers.eip)
  }
}

extension FaultOwner {
  /// For example `process 7 "crash" (Ring 3)` or `module "clock", called by process 7 "shell" (Ring 3),`.
  func write(to output: inout some TextOutput) {
    switch self {
    case .task(let task):
      Self.write(task, to: &output)
    case .module(let name, let caller):
      output.write("module \"")
      name.write(to: &output)
      output.write("\"")
      if let caller {
        output.write(", called by ")
        Self.write(caller, to: &output)
        output.write(",")
      }
    case .kernel(let task):
      output.write("the kernel")
      if let task {
        output.write(", at work for ")
        Self.write(task, to: &output)
        output.write(",")
      }
    }
  }

  private static func write(_ task: TaskDescription, to output: inout some TextOutput) {
    task.write(to: &output)
    output.write(" (")
    task.writeMode(to: &output)
    output.write(")")
  }
}

extension SourceLocation {
  /// For example `Kernel/Memory/Frames.swift:31`.
  public func write(to output: inout some TextOutput) {
    file.write(to: &output)
    output.write(":")
    output.write(decimal: line)
  }
}

extension FaultRegisters {
  /// Three lines; the last one is left open for what else the report has to say.
  func write(to output: inout some TextOutput) {
    output.write("       eax ")
    output.write(hexadecimal: eax)
    Self.write("  ebx ", ebx, to: &output)
    Self.write("  ecx ", ecx, to: &output)
    Self.write("  edx ", edx, to: &output)
    output.write("\n       esi ")
    output.write(hexadecimal: esi)
    Self.write("  edi ", edi, to: &output)
    Self.write("  ebp ", ebp, to: &output)
    Self.write("  esp ", esp, to: &output)
    output.write("\n       eip ")
    output.write(hexadecimal: eip)
    output.write("  cs ")
    output.write(hexadecimal: cs, digits: 2)
    output.write("  ss ")
    output.write(hexadecimal: ss, digits: 2)
    Self.write("  eflags ", eflags, to: &output)
    writeFlags(to: &output)
  }

  private static func write(_ name: StaticString, _ value: UInt32, to output: inout some TextOutput) {
    output.write(name)
    output.write(hexadecimal: value)
  }

  /// The flags that are set, by the SDM's names (Vol. 1, 3.4.3).
  private func writeFlags(to output: inout some TextOutput) {
    output.write(" (")
    var isFirst = true
    for bit in 0..<22 as Range<UInt32> where eflags >> bit & 1 != 0 {
      guard let name = Self.flagName(bit) else { continue }
      if !isFirst { output.write(" ") }
      isFirst = false
      output.write(name)
    }
    output.write(")")
  }

  private static func flagName(_ bit: UInt32) -> StaticString? {
    switch bit {
    case 0: "CF"
    case 2: "PF"
    case 4: "AF"
    case 6: "ZF"
    case 7: "SF"
    case 8: "TF"
    case 9: "IF"
    case 10: "DF"
    case 11: "OF"
    case 14: "NT"
    case 16: "RF"
    case 17: "VM"
    case 18: "AC"
    case 21: "ID"
    default: nil
    }
  }
}
