// The arguments and the environment of a new process: gathered from the caller's memory, then laid out at the top of
// the new stack as the System V ABI for i386 says (argc, argv, a null, envp, a null), with the texts above.
//
// Invariant: the caller's memory is read once, before the new address space exists.

import ABI
import Primitives

struct StackTexts: ~Copyable {
  /// The texts, each ended by a zero byte, one after another.
  private var bytes: UnsafeMutableRawPointer?
  private var byteCount: UInt32 = 0
  private var argumentCount: UInt32
  private var environmentCount: UInt32

  init(_ request: ProcessRequest) throws(SystemError) {
    argumentCount = request.argumentCount
    environmentCount = request.environmentCount
    let limit = ProcessStart.textCountLimit
    guard argumentCount <= limit, environmentCount <= limit, argumentCount + environmentCount <= limit else {
      throw .tooLarge
    }
    guard argumentCount + environmentCount > 0 else { return }
    // First the lengths, then the memory for them, then the bytes. A slice that another thread changes in between is
    // read again and checked again.
    var total: UInt32 = 0
    for index in 0..<(argumentCount + environmentCount) {
      let slice = try StackTexts.slice(index, of: request)
      guard slice.length <= ProcessStart.textBytesLimit else { throw .tooLarge }
      total += slice.length + 1
      guard total <= ProcessStart.textBytesLimit else { throw .tooLarge }
    }
    guard let memory = KernelHeapMemory.allocateBytes(Int(total), alignment: 4, tag: .task) else {
      throw .outOfMemory
    }
    bytes = memory
    do throws(SystemError) {
      for index in 0..<(argumentCount + environmentCount) {
        let slice = try StackTexts.slice(index, of: request)
        guard slice.length < total - byteCount else { throw .tooLarge }
        try UserBuffer(address: slice.address, length: slice.length).copyIn(
          to: memory + Int(byteCount), count: slice.length)
        byteCount += slice.length
        memory.storeBytes(of: 0, toByteOffset: Int(byteCount), as: UInt8.self)
        byteCount += 1
      }
    } catch {
      KernelHeapMemory.free(memory)
      throw error
    }
  }

  mutating func end() {
    KernelHeapMemory.free(bytes)
    bytes = nil
  }

  private static func slice(_ index: UInt32, of request: ProcessRequest) throws(SystemError) -> TextSlice {
    let isArgument = index < request.argumentCount
    let base = isArgument ? request.argumentsAddress : request.environmentAddress
    let position = isArgument ? index : index - request.argumentCount
    let (address, overflow) = base.addingReportingOverflow(position * UInt32(MemoryLayout<TextSlice>.size))
    guard !overflow else { throw .badAddress }
    var slice = TextSlice()
    try UserBuffer(address: address, length: 0).read(into: &slice)
    return slice
  }

  /// Writes the texts and the words below them to the end of a new stack. Returns the first stack pointer.
  @inline(never)
  func place(in space: Reference<AddressSpace>, stackEnd: UInt32) throws(SystemError) -> UInt32 {
    let textStart = (stackEnd - TaskStart.blockSize - byteCount) & ~15
    if let bytes { try space.write(UnsafeRawPointer(bytes), count: byteCount, at: textStart) }
    // argc, argv[], null, envp[], null; the stack pointer is a multiple of 16.
    let words = 1 + argumentCount + 1 + environmentCount + 1
    var position = (textStart - words * 4) & ~15
    let stackPointer = position
    try space.write(word: argumentCount, at: &position)
    var text = textStart
    for index in 0..<(argumentCount + environmentCount) {
      if index == argumentCount { try space.write(word: 0, at: &position) }
      try space.write(word: text, at: &position)
      text += length(ofTextAt: text - textStart) + 1
    }
    if environmentCount == 0 { try space.write(word: 0, at: &position) }
    try space.write(word: 0, at: &position)
    return stackPointer
  }

  private func length(ofTextAt offset: UInt32) -> UInt32 {
    guard let bytes else { return 0 }
    var length: UInt32 = 0
    while bytes.load(fromByteOffset: Int(offset + length), as: UInt8.self) != 0 { length += 1 }
    return length
  }
}
