// System calls of processes that have another system's: their personality, a service, says what each means, in steps that the
// kernel makes for the process (ABI/Interface/Personality.swift).
//
// Whose calls are foreign is known before any number is looked at. What is made for the process are native calls, with its own
// handles, rights and memory, so they are checked where all native calls are.
//
// A notice is the same conversation, before the process's own code goes on (Notices.swift).
//
// Invariants:
// - The kernel holds nothing between two steps: a call may end in any of them.
// - A personality that cannot be asked, or that says what is no step, ends the process, with a line that says so.

import ABI
import Consoles
import Diagnostics
import IPC
import LinkedModules
import MachineSupport
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

package struct ForeignCalls {
  private let context: Context
  private let service: Reference<Service>

  /// The address of the frame with which its own code goes on after a notice; 0: it is a call.
  private let noticed: UInt

  /// Nil: the process of the task that runs has native calls.
  @inline(__always)
  package init?(_ context: Context, noticed: UInt = 0) {
    guard let service = context.currentProcess.value.personality.service else { return nil }
    self.context = context
    self.service = service
    self.noticed = noticed
  }

  /// The most steps of one call: a personality that asks for more goes round in circles.
  private static var stepLimit: Int { 65536 }

  /// Makes a call. Returns its value, unless it ends the task.
  @inline(never)
  package func result(of registers: CallRegisters) -> Int32 {
    // The frame is kept for what is pending, which is seen to next.
    if context.scheduler.current.value.foreignFrame != UInt(bitPattern: registers) {
      context.scheduler.current.value.foreignFrame = 0
    }
    defer { if context.processor.pendingWork == 0 { context.scheduler.current.value.foreignFrame = 0 } }
    let number = min(unsafe registers.pointee.eax, PersonalityRequest.lastNumber)
    let request = unsafe Request(
      operation: PersonalityRequest.call &+ number,
      words: [
        registers.pointee.ebx, registers.pointee.ecx, registers.pointee.edx, registers.pointee.esi,
        registers.pointee.edi, registers.pointee.ebp,
      ])
    return converse(request)
  }

  /// Tells of something; the registers lie where native calls write. Returns whether the process goes on elsewhere.
  func tell(_ words: InlineArray<6, UInt32>) -> Bool {
    var request = Request(operation: PersonalityRequest.notice, words: words)
    request.data = exchange(from: ExchangeArea.resultsStart, UInt32(MemoryLayout<NoticedRegisters>.size))
    return converse(request) == Self.entered
  }

  /// In place of a value: the process goes on elsewhere.
  private static var entered: Int32 { 1 }

  /// Asks, and makes the steps that are answered, until there is a value.
  private func converse(_ first: Request) -> Int32 {
    var request = first
    for step in 0..<Self.stepLimit {
      if step > 0 { context.scheduler.preemptionPoint() }
      let reply: KernelConversation.Reply
      do throws(SystemError) {
        reply = try KernelConversation(with: service, in: context).ask(
          request.operation, request.words, request.data.map { .user($0) } ?? .none,
          room: .user(exchange(from: ExchangeArea.start, ExchangeArea.answerLimit)))
      } catch {
        if context.scheduler.current.value.isEnding { return error.rawValue }
        giveUp(error.sentence)
      }
      switch take(reply) {
      case .value(let value): return value
      case .next(let next): request = next
      }
    }
    giveUp("asked for too many steps")
  }

  /// What the personality is asked.
  private struct Request {
    let operation: UInt32
    let words: InlineArray<6, UInt32>
    var data: UserBuffer?

    init(operation: UInt32, words: InlineArray<6, UInt32>) {
      self.operation = operation
      self.words = words
    }

    /// What came of a step.
    init(result: Int32, _ data: UserBuffer? = nil) {
      self.init(operation: PersonalityRequest.result, words: [UInt32(bitPattern: result), 0, 0, 0, 0, 0])
      self.data = data
    }
  }

  private enum Outcome {
    case value(Int32)
    case next(Request)
  }

  private func exchange(from start: UInt32, _ count: UInt32) -> UserBuffer {
    UserBuffer(address: start, length: count, in: context)
  }

  /// Makes a step.
  @inline(never)
  private func take(_ reply: KernelConversation.Reply) -> Outcome {
    let step = PersonalityStep(rawValue: reply.words[0])
    switch step.kind {
    case .answer:
      settle(step)
      if noticed != 0 { return .value(0) }
      guard reply.length > 0 else { return .value(Int32(bitPattern: reply.words[1])) }
      let isThere = copy(reply.length, from: ExchangeArea.start, to: reply.words[2])
      return .value(Int32(bitPattern: isThere ? reply.words[1] : reply.words[3]))
    case .native:
      let value = native(step.number, reply.words)
      if step.ending == .value && value >= 0 { return .value(value) }
      let brings = value >= 0 && step.count > 0
      return .next(Request(result: value, brings ? exchange(from: ExchangeArea.resultsStart, step.count) : nil))
    case .bytes, .text:
      let count = min(reply.words[2], ExchangeArea.answerLimit)
      let bytes = UserBuffer(address: reply.words[1], length: count, in: context)
      do throws(SystemError) {
        if step.kind == .bytes {
          try bytes.checkReadable()
          return .next(Request(result: 0, bytes))
        }
        let length = try bytes.lengthOfText()
        return .next(Request(result: 0, UserBuffer(address: reply.words[1], length: length, in: context)))
      } catch { return .next(Request(result: error.rawValue)) }
    case .enter:
      guard let frame = unsafe TrapFrame(bitPattern: noticed) else { giveUp("has it go on elsewhere without a notice") }
      settle(step)
      unsafe enter(reply, frame)
      return .value(Self.entered)
    case nil: giveUp("gave an answer that is no step")
    }
  }

  /// What is to be told from now on.
  private func settle(_ step: PersonalityStep) {
    let task = context.scheduler.current
    let kinds = UInt8(truncatingIfNeeded: step.kinds.rawValue)
    // What happened before it asked to be told is nothing to it.
    _ = task.value.events.take(kinds & ~task.value.noticed)
    task.value.noticed = kinds
    if step.isNoticed { context.scheduler.notice(task) }
  }

  /// Has the process go on elsewhere.
  @inline(never)
  private func enter(_ reply: KernelConversation.Reply, _ frame: TrapFrame) {
    let size = UInt32(NoticedRegisters.settable * 4)
    guard reply.length >= size else { giveUp("does not say where it goes on") }
    var registers = NoticedRegisters()
    do throws(SystemError) {
      if reply.words[2] != 0 { try FloatState(context).save(toUser: reply.words[2]) }
      if reply.words[3] != 0 { try FloatState(context).restore(fromUser: reply.words[3]) }
      try exchange(from: ExchangeArea.start, UInt32(MemoryLayout<NoticedRegisters>.size)).read(into: &registers)
    } catch { giveUp("has no room for what goes on its stack") }
    guard copy(reply.length &- size, from: ExchangeArea.start &+ size, to: reply.words[1]) else {
      giveUp("has no room for what goes on its stack")
    }
    guard unsafe Notices(context).set(registers, in: frame) else { giveUp("has it go on where it may not be") }
  }

  /// A native call with five words of an answer. It may end the task.
  private func native(_ number: UInt32, _ words: InlineArray<6, UInt32>) -> Int32 {
    var registers = saved_registers()
    registers.eax = number
    registers.ebx = words[1]
    registers.ecx = words[2]
    registers.edx = words[3]
    registers.esi = words[4]
    registers.edi = words[5]
    return unsafe withUnsafeMutablePointer(to: &registers) { unsafe NativeCalls(context).result(of: $0) }
  }

  /// Copies an answer's bytes to where the process wants them.
  @inline(never)
  private func copy(_ count: UInt32, from start: UInt32, to address: UInt32) -> Bool {
    let target = UserBuffer(address: address, length: count, in: context)
    let source = exchange(from: start, count)
    var part = InlineArray<256, UInt8>(repeating: 0)
    var done: UInt32 = 0
    do throws(SystemError) {
      while done < count {
        let size = min(256, count &- done)
        try unsafe withUnsafeMutableBytes(of: &part) { (bytes) throws(SystemError) in
          let start = unsafe bytes.baseAddress.unsafelyUnwrapped
          unsafe try source.copyIn(to: start, offset: done, count: size)
          unsafe try target.copyOut(from: start, offset: done, count: size)
        }
        done &+= size
      }
      return true
    } catch { return false }
  }

  /// Ends the process.
  @inline(never)
  private func giveUp(_ reason: StaticString) -> Never {
    let process = context.currentProcess
    var output = KernelOutput(context)
    process.value.name.shortText.write(to: &output)
    output.write(": its personality \"")
    service.value.name.shortText.write(to: &output)
    output.write("\" does not go on: ")
    output.write(reason)
    output.write("\n")
    Exit(context).tellProcessToEnd(process, .faulted, status: 0)
    Exit(context).endCurrentAtEdge(.faulted, status: 0)
  }
}
