// Dispatch of system calls: one exhaustive switch over the declared table. A call decodes its arguments, checks them
// all, and only then changes anything; its typed error becomes the negative number of the ABI here and nowhere else.

import ABI
import MachineSupport
import Primitives
import Scheduling

typealias CallRegisters = UnsafeMutablePointer<saved_registers>

/// A system call by code that runs inside the kernel already, by the page that is for tasks: it comes here from one place
/// in the entry, whatever ring its caller is in.
@c(nested_system_call) func nestedSystemCall() -> Never {
  ModuleFaults.refuseSystemCall(registersOfCaller(framePointer: read_frame_pointer()))
}

@inline(__always)
private func registersOfCaller(framePointer: UInt32) -> CallRegisters {
  CallRegisters(bitPattern: UInt(framePointer &+ 8)).unsafelyUnwrapped
}

/// A system call that the entry assembly (module_call.S) does not answer itself: it pushed the registers. Puts the result
/// into EAX and does what `cpu.attention` asks for.
@c(general_system_call) @inline(never)
func answer(_ registers: CallRegisters) {
  registers.pointee.eax = UInt32(bitPattern: result(of: registers))
  if cpu.attention != 0 { taskAttention() }
}

@inline(__always)
private func result(of registers: CallRegisters) -> Int32 {
  guard let call = SystemCall(rawValue: registers.pointee.eax) else {
    return SystemError.unknownCall.rawValue
  }
  do throws(SystemError) {
    return try dispatch(call, Arguments(registers))
  } catch {
    return error.rawValue
  }
}

/// The five argument words of a call, where the entry saved them.
struct Arguments {
  let registers: CallRegisters

  @inline(__always)
  init(_ registers: CallRegisters) { self.registers = registers }

  @inline(__always) var first: UInt32 { registers.pointee.ebx }
  @inline(__always) var second: UInt32 { registers.pointee.ecx }
  @inline(__always) var third: UInt32 { registers.pointee.edx }
  @inline(__always) var fourth: UInt32 { registers.pointee.esi }
  @inline(__always) var fifth: UInt32 { registers.pointee.edi }

  /// Two words as one 64-bit number, the low one first.
  static func wide(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
}

/// The result of a call that stores it itself.
@inline(__always)
private func own(_ arguments: Arguments, _ answer: (CallRegisters) -> Void) -> Int32 {
  answer(arguments.registers)
  return Int32(bitPattern: arguments.registers.pointee.eax)
}

@inline(__always)
private func dispatch(_ call: SystemCall, _ arguments: Arguments) throws(SystemError) -> Int32 {
  switch call {
  case .null: return 0
  case .exit: Exit.endCurrent(.exited, status: Int32(bitPattern: arguments.first))
  case .abort: TaskCalls.abort(arguments)
  case .yield: return TaskCalls.yield()
  case .sleep: return try TaskCalls.sleep(arguments)
  case .clock: return try SystemCalls.clock(arguments)
  case .processStart: return try TaskCalls.processStart(arguments)
  case .threadStart: return try TaskCalls.threadStart(arguments)
  case .wait: return try TaskCalls.wait(arguments)
  case .kill: return try TaskCalls.kill(arguments)
  case .taskInformation: return try TaskCalls.information(arguments)
  case .taskNext: return TaskCalls.next(arguments)
  case .memoryMap: return try MemoryCalls.map(arguments)
  case .memoryUnmap: return try MemoryCalls.unmap(arguments)
  case .memoryProtect: return try MemoryCalls.protect(arguments)
  case .memoryInformation: return try MemoryCalls.information(arguments)
  case .memoryRegion: return try MemoryCalls.region(arguments)
  case .read: return try FileCalls.read(arguments)
  case .write: return try FileCalls.write(arguments)
  case .open: return try FileCalls.open(arguments)
  case .close: return try FileCalls.close(arguments)
  case .fileEntry: return try FileCalls.entry(arguments)
  case .seek: return try FileCalls.seek(arguments)
  case .logRead: return try SystemCalls.logRead(arguments)
  case .powerOff: return try SystemCalls.powerOff(arguments)
  case .wordWait: return try FutexCalls.wait(arguments)
  case .wordWake: return try FutexCalls.wake(arguments)
  case .prioritySet: return try TaskCalls.prioritySet(arguments)
  case .rightsDrop: return TaskCalls.rightsDrop(arguments)
  case .threadPointerSet: return try TaskCalls.threadPointerSet(arguments)
  case .moduleLoad: return try ModuleCalls.load(arguments)
  case .moduleUnload: return try ModuleCalls.unload(arguments)
  case .moduleInformation: return try ModuleCalls.information(arguments)
  case .serviceOpen: return try MessageCalls.serviceOpen(arguments)
  case .call: return own(arguments, answerCall)
  case .servicePublish: return try MessageCalls.servicePublish(arguments)
  case .receive: return try MessageCalls.receive(arguments)
  case .reply: return try MessageCalls.reply(arguments)
  case .replyAndReceive: return own(arguments, answerReplyAndReceive)
  case .serviceInformation: return try MessageCalls.serviceInformation(arguments)
  case .callShort: return own(arguments, answerCallShort)
  case .serviceControl: return try MessageCalls.serviceControl(arguments)
  case .measure: return try SystemCalls.measure(arguments)
  case .eventWait: return try EventCalls.wait(arguments)
  case .eventSend: return try EventCalls.send(arguments)
  case .eventTimer: return try EventCalls.timer(arguments)
  case .lockAcquire: return try FutexCalls.acquire(arguments)
  case .lockRelease: return try FutexCalls.release(arguments)
  case .heapInformation: return try MemoryCalls.heapInformation(arguments)
  case .kernelTest: return try KernelTests.run(arguments)
  case .memoryShare: return try MemoryCalls.share(arguments)
  case .traceRead: return try Tracing.read(arguments)
  case .handleDuplicate: return try HandleCalls.duplicate(arguments)
  case .notificationMake: return try HandleCalls.notificationMake()
  case .notificationSignal: return try HandleCalls.notificationSignal(arguments)
  case .notificationWait: return try HandleCalls.notificationWait(arguments)
  case .interruptClaim: return try DeviceCalls.interruptClaim(arguments)
  case .interruptAcknowledge: return try DeviceCalls.interruptAcknowledge(arguments)
  case .portsClaim: return try DeviceCalls.portsClaim(arguments)
  case .portRead: return try DeviceCalls.portRead(arguments)
  case .portWrite: return try DeviceCalls.portWrite(arguments)
  case .deviceMap: return try DeviceCalls.deviceMap(arguments)
  case .lendingWindow: return try MessageCalls.lendingWindow()
  case .deviceMemory: return try DeviceCalls.deviceMemory(arguments)
  case .deviceSilent: return try DeviceCalls.deviceSilent(arguments)
  }
}
