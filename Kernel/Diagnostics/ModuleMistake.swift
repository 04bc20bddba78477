// What a module did that no exception tells of: the kernel found it when the module asked for something, or later.

import Primitives

/// `caller` is an address in the function that had allocated the memory; 0 where that is not known.
public enum ModuleMistake: Error {
  /// It used the way into the kernel that is for tasks.
  case systemCall
  /// It wrote past the end of memory of its own.
  case overrun(address: UInt32, size: UInt32, caller: UInt32)
  /// It wrote before the beginning of memory of its own.
  case underrun(address: UInt32, size: UInt32, caller: UInt32)
  /// It wrote over what the kernel keeps in front of a piece, so that nothing more is known of it than where it is.
  case damagedRecord(address: UInt32)
  /// It gave back what it does not have.
  case wildFree(address: UInt32)
  /// It gave back what it had given back already.
  case secondFree(address: UInt32, size: UInt32, caller: UInt32)
  /// It wrote over what the kernel keeps between pieces of its memory.
  case damagedRecords

  /// Writes the rest of a sentence that begins with the module.
  public func write(to output: inout some TextOutput, in surroundings: some FaultContext) {
    switch self {
    case .systemCall: output.write("made a system call")
    case .overrun(let address, let size, let caller):
      output.write("wrote past the end of ")
      Self.writePiece(address, size, caller, to: &output, in: surroundings)
    case .underrun(let address, let size, let caller):
      output.write("wrote before the beginning of ")
      Self.writePiece(address, size, caller, to: &output, in: surroundings)
    case .damagedRecord(let address):
      output.write("wrote over what lies before its memory at ")
      output.write(hexadecimal: address)
    case .wildFree(let address):
      output.write("gave back ")
      output.write(hexadecimal: address)
      output.write(", which is no memory that it has")
    case .secondFree(let address, let size, let caller):
      output.write("gave back twice ")
      Self.writePiece(address, size, caller, to: &output, in: surroundings)
    case .damagedRecords: output.write("wrote over the records of its memory")
    }
  }

  private static func writePiece(
    _ address: UInt32, _ size: UInt32, _ caller: UInt32, to output: inout some TextOutput,
    in surroundings: some FaultContext
  ) {
    output.write(decimal: size)
    output.write(size == 1 ? " byte at " : " bytes at ")
    output.write(hexadecimal: address)
    // A return address is behind its call.
    guard caller != 0, let symbols = surroundings.image(containing: caller &- 1)?.symbols,
      let function = symbols.function(containing: caller &- 1)
    else { return }
    output.write(", allocated by ")
    function.name.write(to: &output)
    guard let place = symbols.line(for: caller &- 1) else { return }
    output.write(" (")
    place.write(to: &output)
    output.write(")")
  }

  /// What it means, as half a sentence.
  var explanation: StaticString {
    switch self {
    case .systemCall: "a module asks the kernel by the functions that it exports; system calls are for tasks"
    case .overrun: "the kernel keeps a pattern behind each piece of a module's memory, and found it changed"
    case .underrun: "the kernel keeps a pattern in front of each piece of a module's memory, and found it changed"
    case .damagedRecord:
      "the kernel keeps a record in front of each piece of a module's memory; this one is changed, so what was there is unknown"
    case .wildFree, .secondFree: "nothing was changed"
    case .damagedRecords: "what it has is taken back when it is taken out"
    }
  }
}
