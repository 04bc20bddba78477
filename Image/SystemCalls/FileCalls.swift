// System calls on handles: files of the boot archives, the console, the null device.

import ABI
import Machine
import MachineSupport
import Primitives
import Scheduling

enum FileCalls {
  @inline(never)
  static func read(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    let buffer = UserBuffer(address: arguments.second, length: arguments.third)
    switch try process.value.handles.target(of: arguments.first, needed: .read) {
    case .consoleInput: return try readConsole(into: buffer)
    case .nullDevice: return 0
    case .file(let address, let length, let position):
      let count = min(buffer.length, length - min(position, length), 0x7fff_ffff)
      try buffer.copyOut(
        from: UnsafeRawPointer(bitPattern: UInt(address + position)).unsafelyUnwrapped, count: count)
      process.value.handles.replace(
        arguments.first, with: .file(address: address, length: length, position: position + count))
      return Int32(bitPattern: count)
    default: throw .unsupported
    }
  }

  /// Waits for input and takes what is there.
  private static func readConsole(into buffer: UserBuffer) throws(SystemError) -> Int32 {
    if buffer.length == 0 { return 0 }
    // Input that cannot be delivered must not be taken: try the buffer's first byte before.
    var probe: UInt8 = 0
    try withUnsafeMutablePointer(to: &probe) { pointer throws(SystemError) in
      try buffer.copyIn(to: pointer, count: 1)
      try buffer.copyOut(from: pointer, count: 1)
    }
    while !kernel.console.hasInput {
      let reason = kernel.scheduler.block(.waitingForInput, on: reference(to: &kernel.console.readers))
      if reason == .cancelled { throw .cancelled }
    }
    let lost = kernel.console.takeLoss()
    if lost > 0 {
      var output = KernelOutput()
      output.write("console: at least ")
      output.write(decimal: lost)
      output.write(" bytes of what was typed were lost\n")
    }
    var done: UInt32 = 0
    while done < buffer.length, var byte = kernel.console.takeInput() {
      try withUnsafePointer(to: &byte) { pointer throws(SystemError) in
        try buffer.copyOut(from: pointer, offset: done, count: 1)
      }
      done += 1
    }
    return Int32(bitPattern: done)
  }

  @inline(never)
  static func write(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    let buffer = UserBuffer(address: arguments.second, length: min(arguments.third, 0x7fff_ffff))
    switch try process.value.handles.target(of: arguments.first, needed: .write) {
    case .consoleOutput:
      var chunk = InlineArray<64, UInt8>(repeating: 0)
      var done: UInt32 = 0
      while done < buffer.length {
        var count = min(64, buffer.length - done)
        var failure: SystemError?
        var target = chunk.mutableSpan
        target.withUnsafeMutableBytes { bytes in
          do throws(SystemError) {
            try buffer.copyIn(to: bytes.baseAddress.unsafelyUnwrapped, offset: done, count: count)
          } catch { failure = error }
        }
        if let failure {
          if done == 0 { throw failure }
          break
        }
        // The end of a line may move the whole screen: no more than one at a time.
        for index in 0..<count where chunk[Int(index)] == 0x0a {
          count = index + 1
          break
        }
        kernel.console.write(chunk.span.extracting(first: Int(count)))
        done += count
        // A long text is cut short where somebody else is due.
        allow_interrupts()
        if cpu.attention != 0 { break }
      }
      return Int32(bitPattern: done)
    case .nullDevice:
      // The bytes vanish, but they must be the caller's.
      try buffer.checkReadable()
      return Int32(bitPattern: buffer.length)
    default: throw .unsupported
    }
  }

  @inline(never)
  static func open(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.third == 0 else { throw .badArgument }
    let process = kernel.scheduler.current.value.process
    let name = try ProcessName(TextSlice(address: arguments.first, length: arguments.second))
    if name.path.span.hasSameBytes(as: "/dev/null") { return try process.value.handles.add(.nullDevice) }
    if name.path.span.hasSameBytes(as: "/dev/console") { return try process.value.handles.add(.consoleOutput) }
    guard let file = BootFiles.file(at: name.path.span) else { throw .notFound }
    return try process.value.handles.add(.file(address: file.address, length: file.length, position: 0))
  }

  @inline(never)
  static func close(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try HandleTable.close(arguments.first, of: kernel.scheduler.current.value.process)
    return 0
  }

  @inline(never)
  static func seek(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    guard
      case .file(let address, let length, _) = try process.value.handles.target(of: arguments.first, needed: .read)
    else {
      throw .unsupported
    }
    guard arguments.second <= length else { throw .badArgument }
    process.value.handles.replace(
      arguments.first, with: .file(address: address, length: length, position: arguments.second))
    return 0
  }

  @inline(never)
  static func entry(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let entry = BootFiles.entry(at: arguments.first) else { throw .notFound }
    try UserBuffer(address: arguments.second, length: 0).write(entry)
    return 0
  }
}
