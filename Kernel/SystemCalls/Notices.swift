// What a process with a personality is told of before its own code goes on: what others told it, that a child has ended or its timer run
// out, an exception of its own code. Its personality says what follows (ABI/Interface/Personality.swift).
//
// It is one bit of a task's pending work, so whoever has native calls pays nothing.
//
// Invariants:
// - It is told where a whole frame of its own code is there: at the end of a call by the gate, and after an interrupt. Anywhere else it
//   waits for the next such place.
// - `foreignFrame` is set from the entry of the kernel until the work that is pending has been seen to, and at no other time.
// - Its selectors are never taken from a personality, nor flags but those of arithmetic; where it goes on, and its stack, are in its half.
//
// On a shared stack the kernel's own frames lie below the program's stack pointer. The personality is told of an address below all that
// the kernel may use there, and what it puts on the stack goes below that.

import ABI
import MachineSupport
import Objects
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

package struct Notices {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// The task's own code was interrupted there. Returns whether work is pending.
  @inline(__always)
  package func begin(_ frame: TrapFrame) -> Bool {
    guard context.processor.pendingWork != 0 else { return false }
    if context.currentProcess.value.personality.kind != .none {
      context.scheduler.current.value.foreignFrame = UInt(bitPattern: frame)
    }
    return true
  }

  /// What was pending has been seen to.
  @inline(__always)
  package func end() { context.scheduler.current.value.foreignFrame = 0 }

  /// Tells what is pending. Returns false where nothing is, or it cannot be told here.
  @inline(never)
  package func see() -> Bool {
    guard context.processor.pendingWork & PendingWork.noticed != 0 else { return false }
    // A personality that always asks for another one keeps nobody from being ended.
    context.scheduler.preemptionPoint()
    context.processor.pendingWork &= ~PendingWork.noticed
    let task = context.scheduler.current
    let place = task.value.foreignFrame
    guard let frame = unsafe TrapFrame(bitPattern: place), unsafe canGoOnElsewhere(frame) else { return false }
    task.value.pendingWork &= ~PendingWork.noticed
    let process = context.currentProcess
    var kinds = NoticeKinds(rawValue: UInt32(context.scheduler.takeNoticedEvents()))
    let told = process.value.told
    if !told.isEmpty { kinds.insert(.told) }
    process.value.told = Told()
    unsafe tell(kinds, told, frame)
    return true
  }

  /// Tells of an exception. Returns whether the process goes on.
  @inline(never)
  package func take(_ frame: TrapFrame, address: UInt32?) -> Bool {
    let task = context.scheduler.current
    guard task.value.noticed & UInt8(truncatingIfNeeded: NoticeKinds.fault.rawValue) != 0,
      unsafe canGoOnElsewhere(frame)
    else { return false }
    return unsafe tell(.fault, Told(), frame, address: address ?? 0)
  }

  private func canGoOnElsewhere(_ frame: TrapFrame) -> Bool {
    unsafe frame.pointee.eflags & EFlags.virtual8086 == 0
  }

  @discardableResult
  private func tell(_ kinds: NoticeKinds, _ told: Told, _ frame: TrapFrame, address: UInt32 = 0) -> Bool {
    guard let calls = ForeignCalls(context, noticed: UInt(bitPattern: frame)) else { return false }
    let registers = unsafe registers(of: frame, address: address)
    let place = UserBuffer(
      address: ExchangeArea.resultsStart, length: UInt32(MemoryLayout<NoticedRegisters>.size), in: context)
    // Without the area it can be told nothing.
    do throws(SystemError) { try place.write(registers) } catch { return false }
    return calls.tell([kinds.rawValue, told.low, told.high, told.keys, unsafe freeEnd(frame), 0])
  }

  /// Below this its stack is free.
  private func freeEnd(_ frame: TrapFrame) -> UInt32 {
    let task = context.scheduler.current
    guard task.value.mode == .kernelSharedStack else { return unsafe frame.pointee.esp }
    return task.value.callRegisters &- Scheduler.sharedStackReserve
  }

  private func registers(of frame: TrapFrame, address: UInt32) -> NoticedRegisters {
    let frame = unsafe frame.pointee
    var registers = NoticedRegisters()
    registers.edi = frame.registers.edi
    registers.esi = frame.registers.esi
    registers.ebp = frame.registers.ebp
    registers.ebx = frame.registers.ebx
    registers.edx = frame.registers.edx
    registers.ecx = frame.registers.ecx
    registers.eax = frame.registers.eax
    registers.eip = frame.eip
    registers.esp = frame.esp
    registers.eflags = frame.eflags
    registers.vector = frame.vector
    registers.error = frame.error
    registers.address = address
    return registers
  }

  /// Has the process go on with other registers. Returns false, and changes nothing, where it may not.
  func set(_ registers: NoticedRegisters, in frame: TrapFrame) -> Bool {
    guard registers.eip < AddressLayout.kernelStart, registers.esp < AddressLayout.kernelStart,
      unsafe isUsable(stackPointer: registers.esp, frame)
    else { return false }
    unsafe frame.pointee.registers.edi = registers.edi
    unsafe frame.pointee.registers.esi = registers.esi
    unsafe frame.pointee.registers.ebp = registers.ebp
    unsafe frame.pointee.registers.ebx = registers.ebx
    unsafe frame.pointee.registers.edx = registers.edx
    unsafe frame.pointee.registers.ecx = registers.ecx
    unsafe frame.pointee.registers.eax = registers.eax
    unsafe frame.pointee.eip = registers.eip
    unsafe frame.pointee.esp = registers.esp
    let mask = NoticedRegisters.settableFlags
    unsafe frame.pointee.eflags = frame.pointee.eflags & ~mask | registers.eflags & mask
    return true
  }

  /// A shared stack must go on above the kernel's frames or below all that the kernel may use, and on itself.
  private func isUsable(stackPointer: UInt32, _ frame: TrapFrame) -> Bool {
    let task = context.scheduler.current
    guard task.value.mode == .kernelSharedStack else { return true }
    let isApart = unsafe stackPointer >= frame.pointee.esp || stackPointer <= freeEnd(frame)
    return isApart && stackPointer <= task.value.stackEnd
      && stackPointer > task.value.stackStart &+ Scheduler.sharedStackReserve
  }
}
