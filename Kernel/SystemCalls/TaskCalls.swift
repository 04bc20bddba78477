// System calls about tasks: starting, ending, waiting, describing.

import ABI
import Diagnostics
import Jobs
import MachineSupport
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

struct TaskCalls {
  package let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func abort(_ arguments: Arguments) -> Never {
    let process = context.currentProcess
    let status = Int32(bitPattern: arguments.first)
    Exit(context).tellProcessToEnd(process, .exited, status: status) { process }
    Exit(context).endCurrentAtEdge(.exited, status: status)
  }

  func yield() -> Int32 {
    context.scheduler.yield()
    return 0
  }

  @inline(never)
  func sleep(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let time = Arguments.wide(arguments.first, arguments.second)
    if context.scheduler.block(.sleeping, deadline: context.scheduler.deadline(after: time)) == .cancelled {
      throw .cancelled
    }
    return 0
  }

  @inline(never)
  func processStart(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.second == UInt32(MemoryLayout<ProcessRequest>.size) else { throw .badArgument }
    var request = ProcessRequest()
    try UserBuffer(address: arguments.first, length: arguments.second, in: context).read(into: &request)
    let identity = try ProcessStart(context).start(request, by: context.scheduler.current)
    return Int32(bitPattern: identity.value)
  }

  /// Goes on twice, from where the call came that the caller's personality is asked about.
  @inline(never)
  func processClone(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.first <= 1 else { throw .badArgument }
    let place = context.scheduler.current.value.foreignFrame
    guard var frame = unsafe UnsafePointer<trap_frame>(bitPattern: place)?.pointee else { throw .unsupported }
    frame.registers.eax = 0
    let identity = try ProcessClone(context).start(frame, isStopped: arguments.first == 1)
    return Int32(bitPattern: identity.value)
  }

  @inline(never)
  func processReplace(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.second == UInt32(MemoryLayout<ProcessRequest>.size) else { throw .badArgument }
    var request = ProcessRequest()
    try UserBuffer(address: arguments.first, length: arguments.second, in: context).read(into: &request)
    try ProcessReplacement(context).replace(request)
  }

  @inline(never)
  func threadStart(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.second == UInt32(MemoryLayout<ThreadRequest>.size) else { throw .badArgument }
    var request = ThreadRequest()
    try UserBuffer(address: arguments.first, length: arguments.second, in: context).read(into: &request)
    let identity = try ThreadStart(context).start(request, by: context.scheduler.current)
    return Int32(bitPattern: identity.value)
  }

  @inline(never)
  func wait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let flags = WaitFlags(rawValue: arguments.second)
    guard flags.isSubset(of: .noWait), arguments.first <= 0x7fff_ffff else { throw .badArgument }
    let outcome =
      arguments.third == 0
      ? nil : UserBuffer(address: arguments.third, length: UInt32(MemoryLayout<TaskOutcome>.size), in: context)
    // An outcome that cannot be delivered must not be taken: see that the place is writable first.
    try outcome?.write(TaskOutcome())
    return try Wait(context).wait(for: TaskIdentity(arguments.first), flags: flags, outcome: outcome)
  }

  @inline(never)
  func kill(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = try find(arguments.first)
    try checkRight(over: task)
    let status = Int32(bitPattern: arguments.second)
    if task.value.isThread {
      context.scheduler.tellToEnd(task, .killed, status: status)
    } else {
      guard task.value.process != context.objects.root else { throw .notPermitted }
      let identity = task.value.identity
      Exit(context).tellProcessToEnd(task.value.process, .killed, status: status) {
        context.scheduler.tasks.find(identity)?.value.process
      }
    }
    return 0
  }

  /// Stops a process, or lets it go on.
  @inline(never)
  func processStop(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = try find(arguments.first)
    try checkRight(over: task)
    guard !task.value.isThread, arguments.second <= 1 else { throw .badArgument }
    let process = task.value.process
    guard process != context.objects.root else { throw .notPermitted }
    if arguments.second == 1 { Stopping(context).stop(process) } else { Stopping(context).goOn(process) }
    return 0
  }

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.third == UInt32(MemoryLayout<TaskInformation>.size) else { throw .badArgument }
    let task = arguments.first == 0 ? context.scheduler.current : try find(arguments.first)
    try UserBuffer(address: arguments.second, length: arguments.third, in: context).write(describe(task))
    return Int32(bitPattern: task.value.identity.value)
  }

  @inline(never)
  func next(_ arguments: Arguments) -> Int32 {
    let task = context.scheduler.tasks.next(after: TaskIdentity(arguments.first))
    return task.map { Int32(bitPattern: $0.value.identity.value) } ?? 0
  }

  @inline(never)
  func jobInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let job = context.memory.jobs.next(after: arguments.first) else { throw .notFound }
    var information = JobInformation()
    information.job = job.value.number
    information.parent = job.value.parent?.value.number ?? 0
    information.isReserved = job.value.isReserved ? 1 : 0
    information.used = job.value.used
    information.limits = job.value.limits
    if job.value.payer == nil { information.share = job.value.share?.value.weight ?? 0 }
    try UserBuffer(
      address: arguments.second, length: UInt32(MemoryLayout<JobInformation>.size), in: context
    ).write(information)
    return 0
  }

  func attentionWait() throws(SystemError) -> Int32 {
    let pressed = try ConsoleInput(context).waitForAttention()
    return Int32(clamping: (context.scheduler.now &- pressed) / 1000)
  }

  /// Whoever asks is told once: a later error may have another reason.
  func limitRefusal(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = UserBuffer(address: arguments.first, length: UInt32(MemoryLayout<LimitRefusal>.size), in: context)
    var refusal = LimitRefusal()
    try target.write(refusal)
    guard let refused = context.scheduler.current.value.refusedLimit else { throw .notFound }
    refusal.job = refused.job
    refusal.resource = UInt32(refused.resource)
    refusal.limit = refused.limit
    try target.write(refusal)
    context.scheduler.current.value.refusedLimit = nil
    return 0
  }

  private func describe(_ task: Reference<Task>) -> TaskInformation {
    let process = task.value.process
    var information = TaskInformation()
    information.task = task.value.identity.value
    information.process = process.value.identity.value
    information.parent = process.value.parent?.value.identity.value ?? 0
    information.ring = task.value.mode.isRing0 ? 0 : 3
    information.isThread = task.value.isThread ? 1 : 0
    if task.value.mode.isRing0 { information.flags.insert(.ring0) }
    if task.value.mode == .kernelSharedStack { information.flags.insert(.sharedStack) }
    if task.value.isGuarded { information.flags.insert(.guarded) }
    if task.value.isDetached { information.flags.insert(.detached) }
    // What one that is stopped waits for matters to nobody until it goes on.
    let isStopped = task.value.pendingWork & PendingWork.stopped != 0 && task.value.state != .ended
    information.state = UInt32((isStopped ? .stopped : task.value.state).rawValue)
    information.priority = UInt32(task.value.priority)
    if let space = process.value.space {
      information.addressSpace = space.value.identity
      information.pages = space.value.residentPages
    }
    information.stackStart = task.value.stackStart
    information.stackEnd = task.value.stackEnd
    // Addresses of the kernel's are nobody's business who could not change the task.
    if mayChange(task) {
      information.kernelStackStart = task.value.kernelStackStart
      information.kernelStackEnd = task.value.kernelStackEnd
    }
    information.rights = process.value.rights
    let used = task.value.timeUsed(until: read_time_stamp())
    information.nanoseconds = WordPair(context.clock.nanoseconds(stamps: used))
    information.name = process.value.name
    information.job = process.value.job.value.number
    return information
  }

  @inline(never)
  func prioritySet(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.second < UInt32(RunQueue.priorities) else { throw .badArgument }
    let task = arguments.first == 0 ? context.scheduler.current : try find(arguments.first)
    try checkRight(over: task)
    let priority = UInt8(arguments.second)
    try StartMode.checkPriority(priority, of: context.scheduler.current)
    context.scheduler.setPriority(of: task, priority)
    return 0
  }

  @inline(never)
  func rightsDrop(_ arguments: Arguments) -> Int32 {
    let process = context.currentProcess
    process.value.rights.subtract(Rights(rawValue: arguments.first))
    return Int32(bitPattern: process.value.rights.rawValue)
  }

  @inline(never)
  func threadPointerSet(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.first < AddressLayout.kernelStart else { throw .badAddress }
    let descriptor = Processor.threadSegment(base: arguments.first)
    context.scheduler.current.value.setThreadSegment(base: arguments.first, descriptor: descriptor)
    context.scheduler.processor.setThreadSegment(descriptor)
    return 0
  }

  func find(_ identity: UInt32) throws(SystemError) -> Reference<Task> {
    guard let task = context.scheduler.tasks.find(TaskIdentity(identity)) else { throw .noSuchTask }
    return task
  }

  /// A process may change its own tasks and its children; others only with the right to.
  func checkRight(over task: Reference<Task>) throws(SystemError) {
    guard mayChange(task) else { throw .notPermitted }
  }

  private func mayChange(_ task: Reference<Task>) -> Bool {
    let own = context.currentProcess
    let process = task.value.process
    return process == own || process.value.parent == own || own.value.rights.contains(.tasks)
  }
}
