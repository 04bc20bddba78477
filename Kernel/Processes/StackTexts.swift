// The arguments and the environment of a new process: gathered from the caller's memory, then laid out at the top of
// the new stack as the System V ABI for i386 says (argc, argv, a null, envp, a null), with the texts above; for a program of
// another system also the auxiliary vector, which Megha's own do not need.
//
// Invariant: the caller's memory is read once, before the new address space exists.

import ABI
import Diagnostics
import Executables
import Jobs
import Objects
import Platform
import Primitives
import VirtualMemory

struct StackTexts: ~Copyable {
  /// Room for the texts, each ended by a zero byte, one after another. The starter pays for it.
  private var room = KernelBytes(address: 0, length: 0)
  private var byteCount: UInt32 = 0
  private var argumentCount: UInt32 = 0
  private var environmentCount: UInt32 = 0
  private let context: Context

  init(_ request: ProcessRequest, in context: Context) throws(SystemError) {
    self.context = context
    argumentCount = try Self.count(request.argumentCount, at: request.argumentsAddress, request, context)
    environmentCount = try Self.count(request.environmentCount, at: request.environmentAddress, request, context)
    let limit = ProcessStart.textCountLimit
    guard argumentCount <= limit, environmentCount <= limit, argumentCount + environmentCount <= limit else {
      throw .tooLarge
    }
    guard argumentCount + environmentCount > 0 else { return }
    // First the lengths, then the memory for them, then the bytes. A slice that another thread changes in between is
    // read again and checked again.
    var total: UInt32 = 0
    for index in 0..<(argumentCount + environmentCount) {
      let slice = try Self.slice(index, argumentCount, of: request, context)
      guard slice.length <= ProcessStart.textBytesLimit else { throw .tooLarge }
      total += slice.length + 1
      guard total <= ProcessStart.textBytesLimit else { throw .tooLarge }
    }
    let start = try KernelHeap(context).allocateBytes(
      total, alignment: 4, tag: .task, for: context.currentProcess.value.job)
    room = KernelBytes(address: start, length: total)
    do throws(SystemError) {
      for index in 0..<(argumentCount + environmentCount) {
        let slice = try Self.slice(index, argumentCount, of: request, context)
        guard slice.length < total - byteCount else { throw .tooLarge }
        unsafe try UserBuffer(address: slice.address, length: slice.length, in: context).copyIn(
          to: DirectMap.pointer(start + byteCount), count: slice.length)
        byteCount += slice.length
        unsafe DirectMap.pointer(start + byteCount, as: UInt8.self).pointee = 0
        byteCount += 1
      }
    } catch {
      end()
      throw error
    }
  }

  mutating func end() {
    guard room.length > 0 else { return }
    KernelHeap(context).free(room, of: context.currentProcess.value.job)
    room = KernelBytes(address: 0, length: 0)
  }

  /// How many texts an array has, where it ends with a 0.
  private static func count(
    _ count: UInt32, at start: UInt32, _ request: ProcessRequest, _ context: Context
  ) throws(SystemError) -> UInt32 {
    guard request.flags.contains(.zeroEnded) else { return count }
    if start == 0 { return 0 }
    for index in 0...ProcessStart.textCountLimit {
      if try word(index, of: start, context) == 0 { return index }
    }
    throw .tooLarge
  }

  private static func word(_ index: UInt32, of start: UInt32, _ context: Context) throws(SystemError) -> UInt32 {
    let (address, overflow) = start.addingReportingOverflow(index * 4)
    guard !overflow else { throw .badAddress }
    var word: UInt32 = 0
    try UserBuffer(address: address, length: 4, in: context).read(into: &word)
    return word
  }

  private static func slice(
    _ index: UInt32, _ argumentCount: UInt32, of request: ProcessRequest, _ context: Context
  ) throws(SystemError) -> TextSlice {
    let isArgument = index < argumentCount
    let base = isArgument ? request.argumentsAddress : request.environmentAddress
    let position = isArgument ? index : index - argumentCount
    if request.flags.contains(.zeroEnded) {
      let start = try word(position, of: base, context)
      let room = UserBuffer(address: start, length: ProcessStart.textBytesLimit, in: context)
      return TextSlice(address: start, length: try room.lengthOfText())
    }
    let (address, overflow) = base.addingReportingOverflow(position * UInt32(MemoryLayout<TextSlice>.size))
    guard !overflow else { throw .badAddress }
    var slice = TextSlice()
    try UserBuffer(address: address, length: 0, in: context).read(into: &slice)
    return slice
  }

  /// Writes the texts and the words below them to the end of a new stack. Returns the first stack pointer.
  @inline(never)
  func place(
    in space: Reference<AddressSpace>, stackEnd: UInt32, auxiliary: StartFacts?
  ) throws(SystemError) -> UInt32 {
    let textStart = (stackEnd - TaskStart.blockSize - byteCount) & ~15
    if byteCount > 0 {
      unsafe try space.write(UnsafeRawPointer(DirectMap.pointer(room.address)), count: byteCount, at: textStart)
    }
    // argc, argv[], null, envp[], null; the stack pointer is a multiple of 16.
    let vector = auxiliary.map { AuxiliaryVector($0, randomBytes: textStart - 16, context) }
    let words = 1 + argumentCount + 1 + environmentCount + 1 + (vector == nil ? 0 : AuxiliaryVector.words)
    var position = (textStart - (vector == nil ? 0 : 16) - words * 4) & ~15
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
    try vector?.write(to: space, at: &position)
    return stackPointer
  }

  private func length(ofTextAt offset: UInt32) -> UInt32 {
    let texts = room.span
    var length: UInt32 = 0
    while texts[Int(offset + length)] != 0 { length += 1 }
    return length
  }
}
