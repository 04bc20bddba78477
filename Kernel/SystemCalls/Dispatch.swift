// Dispatch of system calls: one exhaustive switch over the declared table. A call decodes its arguments, checks them
// all, and only then changes anything; its typed error becomes the negative number of the ABI here and nowhere else.

import ABI
import IPC
import LinkedModules
import Messages
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

/// Megha's own system calls.
package struct NativeCalls {
  private let context: Context

  @inline(__always)
  package init(_ context: Context) { self.context = context }

  @inline(__always)
  package func result(of registers: CallRegisters) -> Int32 {
    guard let call = unsafe SystemCall(rawValue: registers.pointee.eax) else {
      return SystemError.unknownCall.rawValue
    }
    do throws(SystemError) {
      return unsafe try dispatch(call, Arguments(registers, context))
    } catch {
      return error.rawValue
    }
  }

  @inline(__always)
  private func dispatch(_ call: SystemCall, _ arguments: Arguments) throws(SystemError) -> Int32 {
    switch call {
    case .null: return 0
    case .exit: Exit(context).endCurrentAtEdge(.exited, status: Int32(bitPattern: arguments.first))
    case .abort: TaskCalls(context).abort(arguments)
    case .yield: return TaskCalls(context).yield()
    case .sleep: return try TaskCalls(context).sleep(arguments)
    case .clock: return try MachineCalls(context).clock(arguments)
    case .processStart: return try TaskCalls(context).processStart(arguments)
    case .threadStart: return try TaskCalls(context).threadStart(arguments)
    case .wait: return try TaskCalls(context).wait(arguments)
    case .kill: return try TaskCalls(context).kill(arguments)
    case .taskInformation: return try TaskCalls(context).information(arguments)
    case .taskNext: return TaskCalls(context).next(arguments)
    case .memoryMap: return try MemoryCalls(context).map(arguments)
    case .memoryUnmap: return try MemoryCalls(context).unmap(arguments)
    case .memoryProtect: return try MemoryCalls(context).protect(arguments)
    case .memoryInformation: return try MemoryCalls(context).information(arguments)
    case .memoryRegion: return try MemoryCalls(context).region(arguments)
    case .read: return try FileCalls(context).read(arguments)
    case .write: return try FileCalls(context).write(arguments)
    case .open: return try FileCalls(context).open(arguments)
    case .close: return try FileCalls(context).close(arguments)
    case .fileEntry: return try FileCalls(context).entry(arguments)
    case .seek: return try FileCalls(context).seek(arguments)
    case .logRead: return try MachineCalls(context).logRead(arguments)
    case .powerOff: return try MachineCalls(context).powerOff(arguments)
    case .wordWait: return try FutexCalls(context).wait(arguments)
    case .wordWake: return try FutexCalls(context).wake(arguments)
    case .wordWakeAndWait: return try FutexCalls(context).wakeAndWait(arguments)
    case .prioritySet: return try TaskCalls(context).prioritySet(arguments)
    case .rightsDrop: return TaskCalls(context).rightsDrop(arguments)
    case .threadPointerSet: return try TaskCalls(context).threadPointerSet(arguments)
    case .moduleLoad: return try ModuleCalls(context).load(arguments)
    case .moduleUnload: return try ModuleCalls(context).unload(arguments)
    case .moduleInformation: return try ModuleCalls(context).information(arguments)
    case .serviceOpen: return try MessageCalls(context).serviceOpen(arguments)
    case .call: return unsafe own(arguments) { unsafe answerCall($0, service(of: arguments)) }
    case .servicePublish: return try MessageCalls(context).servicePublish(arguments)
    case .receive: return try MessageCalls(context).receive(arguments)
    case .reply: return try MessageCalls(context).reply(arguments)
    case .replyAndReceive: return unsafe own(arguments, answerReplyAndReceive)
    case .serviceInformation: return try MessageCalls(context).serviceInformation(arguments)
    case .callShort: return try MessageCalls(context).callWithWords(.word, arguments)
    case .callInRegisters: return try MessageCalls(context).callWithWords(.registers, arguments)
    case .receiveInRegisters: return try MessageCalls(context).receiveInRegisters(arguments)
    case .replyAndReceiveInRegisters: return try MessageCalls(context).replyAndReceiveInRegisters(arguments)
    case .replyMessageAndReceive: return try MessageCalls(context).replyMessageAndReceive(arguments)
    case .requestSender: return try MessageCalls(context).requestSender(arguments)
    case .replyRest: return try MessageCalls(context).replyRest(arguments)
    case .serviceControl: return try MessageCalls(context).serviceControl(arguments)
    case .counters: return try MachineCalls(context).counters(arguments)
    case .eventWait: return try EventCalls(context).wait(arguments)
    case .eventSend: return try EventCalls(context).send(arguments)
    case .eventTimer: return try EventCalls(context).timer(arguments)
    case .lockAcquire: return try FutexCalls(context).acquire(arguments)
    case .lockRelease: return try FutexCalls(context).release(arguments)
    case .heapInformation: return try MemoryCalls(context).heapInformation(arguments)
    case .kernelTest: return try KernelTests(context).run(arguments)
    case .memoryShare: return try MemoryCalls(context).share(arguments)
    case .traceRead: return try Tracing(context).read(arguments)
    case .handleDuplicate: return try HandleCalls(context).duplicate(arguments)
    case .notificationCreate: return try HandleCalls(context).notificationCreate()
    case .notificationSignal: return try HandleCalls(context).notificationSignal(arguments)
    case .notificationWait: return try HandleCalls(context).notificationWait(arguments)
    case .notificationSignalAndWait: return try HandleCalls(context).notificationSignalAndWait(arguments)
    case .interruptClaim: return try DeviceCalls(context).interruptClaim(arguments)
    case .interruptAcknowledge: return try DeviceCalls(context).interruptAcknowledge(arguments)
    case .portsClaim: return try DeviceCalls(context).portsClaim(arguments)
    case .portRead: return try DeviceCalls(context).portRead(arguments)
    case .portWrite: return try DeviceCalls(context).portWrite(arguments)
    case .deviceMap: return try DeviceCalls(context).deviceMap(arguments)
    case .lendingWindow: return try MessageCalls(context).lendingWindow()
    case .deviceMemory: return try DeviceCalls(context).deviceMemory(arguments)
    case .deviceSilent: return try DeviceCalls(context).deviceSilent(arguments)
    case .handlePlace: return try HandleCalls(context).place(arguments)
    case .pipeCreate: return try HandleCalls(context).pipeCreate(arguments)
    case .handleInformation: return try HandleCalls(context).information(arguments)
    case .jobInformation: return try TaskCalls(context).jobInformation(arguments)
    case .fileInformation: return try PathCalls(context).information(arguments)
    case .handleFile: return try PathCalls(context).handleInformation(arguments)
    case .directoryEntry: return try PathCalls(context).entry(arguments)
    case .directoryCreate: return try PathCalls(context).createDirectory(arguments)
    case .fileRemove: return try PathCalls(context).remove(arguments)
    case .fileRename: return try PathCalls(context).rename(arguments)
    case .fileResize: return try PathCalls(context).resize(arguments)
    case .fileLink: return try PathCalls(context).link(arguments)
    case .linkRead: return try PathCalls(context).readLink(arguments)
    case .fileChange: return try PathCalls(context).change(arguments)
    case .fileSync: return try PathCalls(context).sync(arguments)
    case .fileSystemUse: return try PathCalls(context).use(arguments)
    case .mount: return try PathCalls(context).mount(arguments)
    case .unmount: return try PathCalls(context).unmount(arguments)
    case .mountInformation: return try PathCalls(context).mountInformation(arguments)
    case .directoryChange: return try PathCalls(context).changeDirectory(arguments)
    case .directoryPath: return try PathCalls(context).directoryPath(arguments)
    case .receiveAny: return try KeptCalls(context).receiveAny(arguments)
    case .requestKeep: return try KeptCalls(context).keep(arguments)
    case .requestAnswer: return try KeptCalls(context).answer(arguments)
    case .terminalGive: return try TerminalCalls(context).give(arguments)
    case .attentionWait: return try TaskCalls(context).attentionWait()
    case .limitRefusal: return try TaskCalls(context).limitRefusal(arguments)
    case .processStop: return try TaskCalls(context).processStop(arguments)
    case .processClone: return try TaskCalls(context).processClone(arguments)
    case .processReplace: return try TaskCalls(context).processReplace(arguments)
    case .terminalInformation: return try TerminalCalls(context).information(arguments)
    case .terminalChange: return try TerminalCalls(context).change(arguments)
    case .terminalCreate: return try TerminalCalls(context).create(arguments)
    case .terminalWatch: return try TerminalCalls(context).watch(arguments)
    case .poll: return try TerminalCalls(context).poll(arguments)
    }
  }

  /// The address of the service that a call's first argument opens; 0: it opens none.
  @inline(never)
  private func service(of arguments: Arguments) -> UInt32 {
    UInt32(context.currentProcess.service(of: arguments.first)?.address ?? 0)
  }
}

/// The result of a call that stores it itself.
@inline(__always)
private func own(_ arguments: Arguments, _ answer: (CallRegisters) -> Void) -> Int32 {
  unsafe answer(arguments.registers)
  return unsafe Int32(bitPattern: arguments.registers.pointee.eax)
}

/// The five argument words of a call, where the entry saved them.
@safe
struct Arguments {
  let registers: CallRegisters
  private let context: Context

  @inline(__always)
  init(_ registers: CallRegisters, _ context: Context) {
    unsafe self.registers = unsafe registers
    self.context = context
  }

  @inline(__always) var first: UInt32 { unsafe registers.pointee.ebx }
  @inline(__always) var second: UInt32 { unsafe registers.pointee.ecx }
  @inline(__always) var third: UInt32 { unsafe registers.pointee.edx }
  @inline(__always) var fourth: UInt32 { unsafe registers.pointee.esi }
  @inline(__always) var fifth: UInt32 { unsafe registers.pointee.edi }

  /// Two words as one 64-bit number, the low one first.
  static func wide(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }

  /// The moment that a time limit of two words means; nil: there is no limit.
  @inline(__always)
  func deadline(_ low: UInt32, _ high: UInt32) -> UInt64? {
    let time = Self.wide(low, high)
    return time == .max ? nil : context.scheduler.deadline(after: time)
  }
}
