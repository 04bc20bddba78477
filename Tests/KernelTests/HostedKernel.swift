// The whole kernel in the process of a test: its boot, its system calls and its faults, with programs that are closures. A program is
// started from a file like any other; where i686 would go on at the file's entry, the closure of that name runs, on the task's own
// flow of control. It calls the kernel by `Caller`, and touches its memory through the page tables.
//
// After each call, and wherever a program could be interrupted, time passes, what was requested interrupts, and the seed decides
// whether somebody else runs. So a schedule is repeated by its seed.

import ABI
import Boot
import Foundation
import IPC
import Machine
import MachineSupport
import MeghaBuild
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import TestSupport
import Testing

@testable import Kernel

typealias Program = (Caller) -> Int32

/// All suites that run a kernel: there is one at a time, because its addresses are the process's.
@Suite(.serialized) struct KernelTests {}

final class HostedKernel {
  let machine: HostedMachine
  let memory: HostedMemory
  var random: SeededGenerator
  /// Of 100 times that a task could be interrupted, how often another one is let run.
  var preemptions = 20
  /// The same of preemption points inside the kernel.
  var kernelPreemptions = 0
  /// How many there were.
  private(set) var kernelPoints = 0
  /// The longest time between two such points, in nanoseconds.
  var step: UInt64 = 20_000
  /// Called wherever a task could be interrupted, with the number of such points before.
  var atPoint: (Int) -> Void = { _ in }
  private(set) var points = 0
  private(set) var calls = 0
  fileprivate var programs: [Program] = []
  private var numbers: [String: Int] = [:]
  /// Files of the boot archive that are no programs.
  var files: [String: [UInt8]] = [:]

  /// - Parameters:
  ///   - megabytes: of memory, an even number.
  ///   - seed: of schedules and of where the kernel's memory lies.
  ///   - options: the kernel's command line.
  init(megabytes: UInt64 = 32, seed: UInt64 = 1, options: String = "") {
    self.seed = UInt32(truncatingIfNeeded: seed)
    random = SeededGenerator(seed: seed)
    memory = HostedMemory(size: megabytes << 20)
    machine = HostedMachine(memory: memory)
    self.options = options
    machine.trapHandler = { trapHandler($0) }
    machine.panicHandler = { stopWithPanic($0, $1) }
    machine.atPreemptionPoint = { [unowned self] in
      guard Context().scheduler.current != Context().scheduler.idle else { return }
      kernelPoints += 1
      if Int.random(in: 0..<100, using: &random) < kernelPreemptions {
        Processor().pendingWork |= PendingWork.reschedule
      }
    }
    machine.enterTask = { [unowned self] frame in enter(frame) }
  }

  private let options: String
  /// What the kernel's memory is placed by.
  private let seed: UInt32

  // MARK: Programs

  /// The program of this path.
  func add(_ path: String, _ program: @escaping Program) {
    numbers[path] = programs.count
    programs.append(program)
  }

  /// The address of a closure as a thread's function.
  func address(of program: @escaping Program) -> UInt32 {
    programs.append(program)
    return Self.entry(programs.count - 1)
  }

  private static var firstEntry: UInt32 { 0x40_0000 }
  private static func entry(_ number: Int) -> UInt32 { firstEntry + UInt32(number) }

  /// A file of two segments: one page of code, and two of data.
  private static func file(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    func add16(_ values: UInt16...) { for value in values { bytes += [UInt8(value & 0xff), UInt8(value >> 8)] } }
    func add32(_ values: UInt32...) {
      for value in values { for shift in 0..<4 { bytes.append(UInt8(value >> (8 * UInt32(shift)) & 0xff)) } }
    }
    add16(2, 3)
    add32(1, entry(number), 52, 0, 0)
    add16(52, 32, 2, 40, 0, 0)
    add32(1, 0, firstEntry, firstEntry, 116, 116, 5, 4096)
    add32(1, 0, Caller.data, Caller.data, 0, 8192, 6, 4096)
    return bytes
  }

  private func enter(_ frame: trap_frame) -> Never {
    machine.stampStep = 100
    let number = Int(frame.eip - Self.firstEntry)
    precondition(number < programs.count, "a task begins at \(String(frame.eip, radix: 16)), where no program is")
    let caller = Caller(self, frame)
    let status = programs[number](caller)
    caller.exit(status)
  }

  // MARK: Running

  /// How it ended, with what was printed.
  struct Result {
    let end: HostedMachine.End
    let text: String
    var isPanic: Bool { end == .stopped(0x11) }
    /// The status that the machine was stopped with.
    var status: Int32? {
      guard case .stopped(let value) = end, value & 0x40 != 0 else { return nil }
      return Int32(value & 0x3f)
    }
  }

  /// Boots, with `first` as the first program, and runs until that stops the machine or nothing can happen any more.
  func run(_ first: @escaping Program) -> Result {
    add("/bin/init") { caller in
      // The record of its calls stays: it is made before anybody counts memory.
      let context = Context()
      do { _ = try Services(context).record(of: context.scheduler.current) } catch { fatalError("\(error)") }
      let status = first(caller)
      caller.powerOff(status)
    }
    var archive = ArchiveWriter()
    for (path, number) in numbers.sorted(by: { $0.value < $1.value }) {
      do { try archive.add(path: path, contents: Self.file(number)) } catch { fatalError("\(error)") }
    }
    for (path, bytes) in files {
      do { try archive.add(path: path, contents: bytes) } catch { fatalError("\(error)") }
    }
    let contents = MultibootContents(
      rows: [
        MemoryMapRow(start: 0, length: 0x9_f000, type: 1),
        MemoryMapRow(start: 0x10_0000, length: memory.size - 0x10_0000, type: 1),
      ],
      commandLine: "check=memory seed=\(seed) \(options)", modules: [(archive.finish(), "boot.cpio")])
    let image = contents.multiboot1()
    memory.load(image.bytes, at: MultibootImage.start)
    machine.select()
    let end = machine.run { () -> Never in
      kernelMain(image.magic, UInt32(image.information))
      fatalError("the boot came back")
    }
    // Flows that were left in the middle keep hold of whatever they used, this kernel too.
    memory.close()
    return Result(end: end, text: machine.serial.text)
  }

  /// A moment at which the task that runs could be interrupted.
  func point(_ frame: trap_frame) {
    var frame = frame
    machine.stamp += UInt64.random(in: 0...step, using: &random)
    atPoint(points)
    points += 1
    machine.deliverInterrupts(to: &frame)
    if Int.random(in: 0..<100, using: &random) < preemptions {
      preempt()
    }
  }

  fileprivate func count() { calls += 1 }

  // MARK: What may happen at a point

  /// Lets another task of the same priority run.
  func preempt() {
    Processor().pendingWork |= PendingWork.reschedule
    seeToPendingWork()
  }

  /// Ends a process as somebody else who kills it does. Nothing where it has ended.
  func kill(_ identity: Int32) {
    guard let task = Context().scheduler.tasks.find(TaskIdentity(UInt32(identity))), task.value.state != .ended else {
      return
    }
    Exit(Context()).tellProcessToEnd(task.value.process, .killed, status: 0)
    if Processor().pendingWork != 0 { seeToPendingWork() }
  }
}

/// What a program's code does: calls of the kernel, and accesses to its memory.
final class Caller {
  let host: HostedKernel
  private let frame: trap_frame

  /// Two pages of every program's data.
  static var data: UInt32 { 0x40_1000 }

  init(_ host: HostedKernel, _ frame: trap_frame) {
    self.host = host
    self.frame = frame
    // The stack grows down from here; what is placed on it lies below.
    scratch = frame.esp
  }

  var isRing0: Bool { frame.cs & 3 == 0 }

  // MARK: Calls

  func call(_ number: UInt32, _ words: [UInt32] = []) -> Int32 {
    Int32(bitPattern: callForWords(number, words).eax)
  }

  /// A call that gives words back in registers.
  func callForWords(_ number: UInt32, _ words: [UInt32]) -> saved_registers {
    host.count()
    host.point(frame)
    var registers = saved_registers()
    registers.eax = number
    let words = words + [UInt32](repeating: 0, count: 5 - words.count)
    (registers.ebx, registers.ecx, registers.edx, registers.esi, registers.edi) = (
      words[0], words[1], words[2], words[3], words[4]
    )
    let task = Context().scheduler.current
    if task.value.mode == .kernelSharedStack { task.value.callRegisters = frame.esp - 8192 }
    withUnsafeMutablePointer(to: &registers) { answer($0) }
    host.point(frame)
    return registers
  }

  func callForWords(_ call: SystemCall, _ words: UInt32...) -> (result: Int32, registers: saved_registers) {
    let registers = callForWords(call.rawValue, words)
    return (Int32(bitPattern: registers.eax), registers)
  }

  @discardableResult
  func call(_ call: SystemCall, _ words: UInt32...) -> Int32 { self.call(call.rawValue, words) }

  func exit(_ status: Int32) -> Never {
    _ = call(.exit, UInt32(bitPattern: status))
    fatalError("a task went on after its end")
  }

  func powerOff(_ status: Int32) -> Never {
    _ = call(.powerOff, UInt32(bitPattern: status))
    fatalError("the machine went on after its end")
  }

  // MARK: Memory

  private var scratch: UInt32

  /// Puts a value on the stack. Returns its address.
  func place<Value: BitwiseCopyable>(_ value: Value) -> UInt32 {
    scratch = (scratch - UInt32(MemoryLayout<Value>.size)) & ~15
    write(value, at: scratch)
    return scratch
  }

  func place(_ bytes: [UInt8]) -> UInt32 {
    scratch = (scratch - UInt32(bytes.count)) & ~15
    write(bytes, at: scratch)
    return scratch
  }

  func place(_ text: String) -> TextSlice {
    let bytes = Array(text.utf8)
    return TextSlice(address: place(bytes), length: UInt32(bytes.count))
  }

  /// What `body` places is forgotten behind it.
  func withScratch<Result>(_ body: () -> Result) -> Result {
    let before = scratch
    defer { scratch = before }
    return body()
  }

  func write<Value: BitwiseCopyable>(_ value: Value, at address: UInt32) {
    var value = value
    withUnsafeMutableBytes(of: &value) { host.machine.touch(address, $0, writes: true, as: frame) }
  }

  func write(_ bytes: [UInt8], at address: UInt32) {
    var bytes = bytes
    bytes.withUnsafeMutableBytes { host.machine.touch(address, $0, writes: true, as: frame) }
  }

  func read<Value: BitwiseCopyable>(_ type: Value.Type = Value.self, at address: UInt32, _ empty: Value) -> Value {
    var value = empty
    withUnsafeMutableBytes(of: &value) { host.machine.touch(address, $0, writes: false, as: frame) }
    return value
  }

  func read(_ count: Int, at address: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { host.machine.touch(address, $0, writes: false, as: frame) }
    return bytes
  }

  func word(at address: UInt32) -> UInt32 { read(at: address, 0) }

  /// A call through the gate, with a whole frame; who is copied by it goes on in `copy`.
  func callByGate(_ number: UInt32, _ words: [UInt32] = [], copy: @escaping Program = { _ in 0 }) -> Int32 {
    Int32(bitPattern: trap(0x80, number, words, copy: copy).registers.eax)
  }

  /// A trap of the program's. Returns the registers with which it goes on.
  func trap(
    _ vector: UInt32, _ number: UInt32 = 0, _ words: [UInt32] = [], copy: @escaping Program = { _ in 0 }
  ) -> trap_frame {
    host.count()
    host.point(frame)
    var frame = frame
    frame.vector = vector
    frame.eip = host.address(of: copy)
    frame.esp = scratch - 256
    frame.registers.eax = number
    let words = words + [UInt32](repeating: 0, count: 6 - words.count)
    (frame.registers.ebx, frame.registers.ecx, frame.registers.edx) = (words[0], words[1], words[2])
    (frame.registers.esi, frame.registers.edi, frame.registers.ebp) = (words[3], words[4], words[5])
    let task = Context().scheduler.current
    if task.value.mode == .kernelSharedStack { task.value.callRegisters = frame.esp - 8192 }
    withUnsafeMutablePointer(to: &frame) { trapHandler($0) }
    host.point(self.frame)
    return frame
  }

  // MARK: Tasks

  /// - Parameter handles: the sources of the standard handles.
  func start(
    _ path: String, _ flags: StartFlags = [], priority: UInt32 = 0, dropping rights: Rights = [],
    handles: InlineArray<3, HandleSource> = [.inherited, .inherited, .inherited], limits: JobAmounts = JobAmounts(),
    personality: Int32 = 0
  ) -> Int32 {
    withScratch {
      var request = ProcessRequest()
      request.path = place(path)
      request.flags = flags
      request.priority = priority
      request.droppedRights = rights
      request.standardHandles = handles
      request.limits = limits
      request.personality = UInt32(bitPattern: personality)
      return call(.processStart, place(request), UInt32(MemoryLayout<ProcessRequest>.size))
    }
  }

  func startThread(_ function: UInt32, argument: UInt32 = 0, _ flags: StartFlags = [], priority: UInt32 = 0) -> Int32 {
    withScratch {
      var request = ThreadRequest()
      request.entry = function
      request.argument = argument
      request.flags = flags
      request.priority = priority
      return call(.threadStart, place(request), UInt32(MemoryLayout<ThreadRequest>.size))
    }
  }

  /// The argument of a thread.
  var argument: UInt32 { word(at: frame.esp + 4) }

  /// Waits for a child or a thread; 0: any child. Nil: there is none.
  func wait(_ task: Int32 = 0, _ flags: WaitFlags = []) -> TaskOutcome? {
    withScratch {
      let place = place(TaskOutcome())
      let result = call(.wait, UInt32(bitPattern: task), flags.rawValue, place)
      return result < 0 ? nil : read(at: place, TaskOutcome())
    }
  }

  /// Nanoseconds.
  func sleep(_ time: UInt64) { call(.sleep, UInt32(truncatingIfNeeded: time), UInt32(truncatingIfNeeded: time >> 32)) }

  func memoryInformation(check: Bool = true) -> MemoryInformation {
    withScratch {
      let place = place(MemoryInformation())
      call(.memoryInformation, place, check ? MemoryInformationFlags.check.rawValue : 0)
      return read(at: place, MemoryInformation())
    }
  }
}
