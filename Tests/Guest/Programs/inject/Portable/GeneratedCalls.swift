// What generated code asks the kernel for: calls of every kind that a small program makes, with arguments that are right.

import ABI
import SDK

extension GeneratedCode {
  mutating func useKernel() {
    switch random.below(11) {
    case 0: systemCall(.null)
    case 1: systemCall(.yield)
    case 2: systemCall(.clock, place.buffer)
    case 3: systemCall(.taskInformation, 0, place.buffer, UInt32(MemoryLayout<TaskInformation>.size))
    case 4: mapAndUnmap()
    case 5: systemCall(.memoryRegion, 0, AddressLayout.processTextStart, place.buffer)
    case 6: signal()
    case 7: systemCall(.sleep, 1000, 0)
    case 8: systemCall(.eventWait, 15, place.buffer, 0, 0)
    case 9: clockIntoFrame()
    default: writeToNull()
    }
  }

  /// Has the kernel write to a local.
  private mutating func clockIntoFrame() {
    writer.address(.ebx, ofFrame: 32)
    systemCall(.clock)
  }

  /// Opens the device that takes everything, and writes some of the data to it.
  private mutating func writeToNull() {
    systemCall(.open, place.device, CodePlace.deviceLength, 0)
    writer.store(.eax, to: place.handle)
    writer.move(.ebx, .eax)
    writer.set(.ecx, place.data)
    writer.set(.edx, 1 + random.below(200))
    systemCall(.write)
    writer.load(.ebx, from: place.handle)
    systemCall(.close)
  }

  /// Maps two pages, writes to both, and gives them back.
  private mutating func mapAndUnmap() {
    systemCall(.memoryMap, 0, 8192, (MemoryPermissions.read.rawValue | MemoryPermissions.write.rawValue))
    writer.bytes(0xc1, 0xe0, 12)  // the result is a page's number: SHL
    writer.bytes(0x89, 0x00, 0x89, 0x80)  // MOV to the first byte and to the second page
    writer.word(4096)
    writer.move(.ebx, .eax)
    writer.set(.ecx, 8192)
    systemCall(.memoryUnmap)
  }

  /// Makes a notification, sets a bit of it, takes it, and closes the handle.
  private mutating func signal() {
    systemCall(.notificationCreate)
    writer.store(.eax, to: place.handle)
    for call in [SystemCall.notificationSignal, .notificationWait, .close] {
      writer.load(.ebx, from: place.handle)
      writer.set(.ecx, call == .notificationSignal ? 5 : 0)
      writer.set(.edx, 0)
      writer.set(.esi, 0)
      systemCall(call)
    }
  }

  private mutating func systemCall(_ call: SystemCall, _ arguments: UInt32...) {
    let registers: [Register] = [.ebx, .ecx, .edx, .esi, .edi]
    for (register, argument) in zip(registers, arguments) { writer.set(register, argument) }
    systemCall(call)
  }

  /// In a module: calls a function of the kernel's through the table, in the C calling convention.
  mutating func useExport() {
    switch random.below(5) {
    case 0: callExport(.clock)
    case 1: callExport(.caller)
    case 2: callExport(.sleep, 1000, 0)
    case 3: callExport(.lives, 1)
    default:
      callExport(.allocate, place.handle, 16, 8 + random.below(600))
      writer.load(.eax, from: place.handle)
      writer.bytes(0x89, 0x00)  // MOV
      writer.push(.eax)
      callFunction(.free)
      writer.apply(.add, .esp, number: 4)
    }
  }

  private mutating func callExport(_ export: Export, _ arguments: UInt32...) {
    for argument in arguments.reversed() {
      writer.set(.eax, argument)
      writer.push(.eax)
    }
    callFunction(export)
    if !arguments.isEmpty { writer.apply(.add, .esp, number: UInt32(4 * arguments.count)) }
  }

  /// CALL through memory.
  private mutating func callFunction(_ export: Export) {
    writer.bytes(0xff, 0x15)
    writer.word(place.exports + 4 * export.rawValue)
  }
}
