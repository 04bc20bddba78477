// The calls that led to a fault, innermost first, one line each:
//
//     at  0x00400a3c  crash     nullPointer() + 12                  Userland/Programs/crash/Faults.swift:31
//   from  0x00400b00  crash     Crash.main() + 44                   Userland/Programs/crash/Crash.swift:12

import Primitives

extension FaultReport {
  /// At most this many lines are printed; a recursion takes one.
  static var longestBacktrace: Int { 16 }

  func writeFrames(to output: inout some TextOutput, in surroundings: some FaultContext) {
    Self.writeFrame("   at  ", registers.eip, lookUp: registers.eip, to: &output, in: surroundings)
    var printed = 1
    if let caller = callerOfBadJump(in: surroundings) {
      Self.writeFrame(" from  ", caller, lookUp: caller &- 1, to: &output, in: surroundings)
      printed &+= 1
    }
    var walk = FramePointerWalk(framePointer: registers.ebp)
    var last: UInt32?
    var repetitions: UInt32 = 0
    while let address = walk.next(in: surroundings) {
      if address == last {
        repetitions &+= 1
        continue
      }
      Self.writeRepetitions(&repetitions, to: &output)
      guard printed < Self.longestBacktrace else {
        output.write("       and more\n")
        return
      }
      // A return address is behind its call, perhaps already in the next line or function.
      Self.writeFrame(" from  ", address, lookUp: address &- 1, to: &output, in: surroundings)
      printed &+= 1
      last = address
    }
    Self.writeRepetitions(&repetitions, to: &output)
  }

  /// After a jump to where no code is, the call that did it left its return address at ESP and no frame.
  private func callerOfBadJump(in surroundings: some FaultContext) -> UInt32? {
    guard exception == .pageFault, faultAddress == registers.eip,
      let address = surroundings.word(at: registers.esp), surroundings.image(containing: address &- 1) != nil
    else { return nil }
    return address
  }

  private static func writeRepetitions(_ count: inout UInt32, to output: inout some TextOutput) {
    guard count > 0 else { return }
    output.write("       the same call ")
    output.write(decimal: count)
    output.write(count == 1 ? " more time\n" : " more times\n")
    count = 0
  }

  private static func writeFrame(
    _ word: StaticString, _ address: UInt32, lookUp place: UInt32, to output: inout some TextOutput,
    in surroundings: some FaultContext
  ) {
    output.write(word)
    output.write(hexadecimal: address)
    output.write("  ")
    guard let image = surroundings.image(containing: place) else {
      output.write("in no known code\n")
      return
    }
    image.name.write(to: &output)
    pad(from: image.name.count, to: 8, output: &output)
    if let part = image.part {
      output.write(part)
      output.write("\n")
      return
    }
    guard let symbols = image.symbols, let function = symbols.function(containing: place) else {
      output.write("no symbol\n")
      return
    }
    var counter = CharacterCounter()
    writeFunction(function, distance: address &- function.start, to: &counter)
    writeFunction(function, distance: address &- function.start, to: &output)
    // What the compiler made up has no line of its own; for a check, the line that asked for it is known.
    if let location = symbols.line(for: place) ?? symbols.trap(at: place)?.location, !location.file.isEmpty {
      pad(from: counter.count, to: 34, output: &output)
      location.write(to: &output)
    }
    output.write("\n")
  }

  private static func writeFunction(
    _ function: FunctionSymbol, distance: UInt32, to output: inout some TextOutput
  ) {
    function.name.write(to: &output)
    output.write(" + ")
    output.write(decimal: distance)
  }

  /// Fills a column of `width` and leaves two spaces behind it, also behind text that is too long for it.
  private static func pad(from count: Int, to width: Int, output: inout some TextOutput) {
    var column = count
    repeat {
      output.write(" ")
      column &+= 1
    } while column < width &+ 2
    if count >= width &+ 2 { output.write(" ") }
  }
}
