// One call as a line of text: `5 Ring 3  write(handle 1, buffer "Hello", length 5) = 5  [412]`.

import ABI
import Primitives
import SDK

struct CallText {
  private let record: TraceRecord

  init(_ record: TraceRecord) { self.record = record }

  func write(to line: inout ConsoleLine) {
    line.write(decimal: UInt64(record.task), width: 4)
    line.write(" Ring ")
    line.write(decimal: record.ring)
    line.write("  ")
    if let call = SystemCall(rawValue: record.number) {
      line.write(call.name)
      line.write("(")
      writeArguments(of: call, to: &line)
      line.write(")")
    } else {
      line.write("call ")
      line.write(hexadecimal: record.number)
    }
    writeResult(to: &line)
    line.write("\n")
  }

  private func writeArguments(of call: SystemCall, to line: inout ConsoleLine) {
    var index = 0
    while let argument = call.argument(index) {
      if index > 0 { line.write(", ") }
      writeName(of: argument, to: &line)
      let word = record.words[index]
      switch argument.kind {
      case .number: word < 0x1_0000 ? line.write(decimal: word) : line.write(hexadecimal: word)
      case .task, .handle, .length: line.write(decimal: word)
      case .flags: line.write(hexadecimal: word, digits: 1)
      case .bytesIn: writeText(length: record.words[index + 1], to: &line)
      case .bytesOut, .structureIn, .structureOut, .structureInOut, .address:
        word == 0 ? line.write("0") : line.write(hexadecimal: word)
      case .timeLow:
        // Both halves in one.
        index += 1
        let time = UInt64(record.words[index]) << 32 | UInt64(word)
        if time == .max { line.write("no limit") } else { line.write(decimal: time) }
      case .timeHigh: break
      }
      index += 1
    }
  }

  private func writeName(of argument: CallArgument, to line: inout ConsoleLine) {
    let name = Bytes(argument.name)
    // `nanosecondsLow` and `nanosecondsHigh` are printed as one.
    let count = argument.kind == .timeLow ? name.count - 3 : name.count
    for index in 0..<count { line.write(byte: name[index]) }
    line.write(" ")
  }

  /// The first bytes that the call read, or their address where they could not be read.
  private func writeText(length: UInt32, to line: inout ConsoleLine) {
    guard let index = SystemCall(rawValue: record.number)?.indexOfBytesIn else { return }
    guard record.textLength > 0 || length == 0 else { return line.write(hexadecimal: record.words[index]) }
    line.write("\"")
    for position in 0..<Int(record.textLength) {
      let byte = record.text[position]
      switch byte {
      case 0x0a: line.write("\\n")
      case 0x22, 0x5c:
        line.write(byte: 0x5c)
        line.write(byte: byte)
      case 0x20..<0x7f: line.write(byte: byte)
      default: line.write(".")
      }
    }
    line.write(length > record.textLength ? "\"..." : "\"")
  }

  private func writeResult(to line: inout ConsoleLine) {
    guard record.hasResult != 0 else { return line.write(" does not return") }
    line.write(" = ")
    if record.result < 0, let error = SystemError(rawValue: record.result) {
      line.write(error.name)
    } else {
      line.write(decimal: Int(record.result))
    }
    line.write("  [")
    line.write(decimal: record.instructions.value)
    line.write("]")
  }
}
