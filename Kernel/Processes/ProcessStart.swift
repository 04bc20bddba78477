// Starting a process: from a file or an image in memory, in Ring 3 or Ring 0, without ever standing in its address
// space. Everything is built through the direct map and temporary windows while the caller's address space stays
// loaded; the processor first sees the new one in the switch.
//
// Invariant: everything is checked before anything is made, and what was made is undone when a later step fails.

import ABI
import Consoles
import Diagnostics
import Executables
import Jobs
import Memory
import Mounts
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ProcessStart {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The most arguments and environment entries, and the bytes of all of them together.
  package static var textCountLimit: UInt32 { 256 }
  package static var textBytesLimit: UInt32 { 16384 }

  /// The largest image that is no file of the archives, in bytes.
  static var imageLimit: UInt32 { 0x0100_0000 }

  // The optimizer would put all of this into one function whose frame overflows a kernel stack: each step that has
  // large values of its own stays a function of its own.

  /// Starts what a task asks for. The task's process becomes the parent.
  package func start(_ request: ProcessRequest, by starter: Reference<Task>) throws(SystemError)
    -> TaskIdentity
  {
    let parent = starter.value.process
    let mode = try StartMode(request.flags, rights: parent.value.rights, isThread: false)
    let priority = try StartMode.priority(request.priority, of: starter)
    let handles = try StandardHandles(request.standardHandles, of: parent, context)
    defer { handles.release(of: parent, context) }
    let personality = try Personalities(context).take(request.personality, of: parent)
    defer { Personalities(context).release(personality, of: parent) }
    let explanation =
      request.explanationCapacity == 0
      ? nil : UserBuffer(address: request.explanationAddress, length: request.explanationCapacity, in: context)

    if request.imageLength > 0 {
      let job = parent.value.job
      let image = try KernelHeap(context).copy(
        of: UserBuffer(address: request.imageAddress, length: request.imageLength, in: context), limit: Self.imageLimit,
        for: job)
      defer { KernelHeap(context).free(image, of: job) }
      let name = try request.path.length > 0 ? ProgramPath(request.path, in: context) : ProgramPath("image")
      return try start(
        image: image, name: name, request: request, mode: mode, priority: priority, parent: parent,
        handles: handles, personality: personality, explanation: explanation, isPermanent: false)
    }
    let name = try ProgramPath(request.path, in: context)
    let file = try FileSpace(context).wholeFile(name.span, limit: Self.imageLimit)
    defer { file.giveUp(context) }
    return try start(
      image: file.bytes, name: name, request: request, mode: mode, priority: priority, parent: parent,
      handles: handles, personality: personality, explanation: explanation, isPermanent: file.isPermanent)
  }

  /// Starts the first process of the system, which has no parent.
  package func startFirst(path: StaticString) throws(SystemError) {
    let name = ProgramPath(path)
    guard let file = BootFiles(context).file(at: name.span) else { throw .notFound }
    let request = ProcessRequest()
    _ = try start(
      image: file, name: name, request: request, mode: StartMode(mode: .user, isGuarded: false), priority: 16,
      parent: nil, handles: StandardHandles(), personality: .none, explanation: nil, isPermanent: true)
  }

  @inline(never)
  private func start(
    image: KernelBytes, name: ProgramPath, request: ProcessRequest, mode: StartMode, priority: UInt8,
    parent: Reference<Process>?, handles: StandardHandles, personality: HandleTarget, explanation: UserBuffer?,
    isPermanent: Bool
  ) throws(SystemError) -> TaskIdentity {
    let isForeign = personality.kind != .none
    let plan = try plan(of: image, name: name, isForeign: isForeign, explanation: explanation)
    var texts = try StackTexts(request, in: context)
    defer { texts.end() }

    let isTraced = request.flags.contains(.traced)
    let job = try job(request, of: parent)
    defer { JobRecords(context).release(job) }
    let space = try AddressSpaces(context).make(isTraced: isTraced, for: job)
    let starter = context.scheduler.current
    starter.value.spaceInMaking = space
    var trace: Reference<TraceRing>?
    do throws(SystemError) {
      if isTraced { trace = try TraceRings(context).makeRing(tracer: parent, for: job) }
      let memory = ProgramMemory(
        context: context, file: image, isPermanent: isPermanent, isRing0: mode.mode.isRing0,
        isForeign: isForeign)
      try memory.fill(space, plan)
      let stackPointer = try texts.place(
        in: space, stackEnd: memory.stackEnd, auxiliary: isForeign ? plan.startFacts : nil)
      let task = try TaskRecords(context).make(mode: mode.mode, priority: priority, isThread: false, owner: 0, for: job)
      do throws(SystemError) {
        task.value.isGuarded = mode.isGuarded
        task.value.stackStart = memory.stackStart
        task.value.stackEnd = memory.stackEnd
        task.value.spaceRecord = space.address
        context.processes.observer.beginProcess(context, space)
        try TaskStart(context).prepare(task, space: space, entry: plan.entry, stackPointer: stackPointer)
        context.processes.observer.endProcess(context)
        let rights = parent.map { $0.value.rights } ?? .all
        let process = try ProcessRecords(context).make(
          Process(mainTask: task, space: space, rights: rights.subtracting(request.droppedRights), job: job))
        process.value.name = name.name
        process.value.trace = trace
        Personalities(context).give(personality, to: process)
        handles.give(to: process, context)
        if isPermanent {
          process.value.image = (image.address, image.length)
          space.publish(image: image.address)
        }
        task.value.owner = process.address
        starter.value.spaceInMaking = nil
        if let parent { WorkingDirectories(context).inherit(from: parent, to: process) }
        if let parent { parent.addChild(process) } else { context.objects.root = process }
        let identity = task.value.identity
        // Who is stopped in the middle of a start starts nobody that runs.
        process.value.isStopped = parent?.value.isStopped ?? false
        Stopping(context).begin(task, of: process)
        return identity
      } catch {
        TaskStart(context).abort(task)
        TaskRecords(context).free(task, of: job)
        throw error
      }
    } catch {
      starter.value.spaceInMaking = nil
      TraceRings(context).free(trace, of: job)
      AddressSpaces(context).destroy(space)
      throw error
    }
  }

  /// The job that a new process is part of, with a reference to it: that of its parent, or a new one inside that where it is
  /// asked for, and for whatever a reserved process starts. What the first process itself starts is reserved.
  @inline(never)
  private func job(
    _ request: ProcessRequest, of parent: Reference<Process>?
  ) throws(SystemError) -> Reference<Job> {
    guard request.flags.contains(.ownJob) || request.limits.isZero && request.share == 0,
      request.share == 0 || Share.weights.contains(request.share)
    else { throw .badArgument }
    let share = request.share == 0 ? Share.usualWeight : request.share
    if let parent, share > Share.usualWeight, !parent.value.rights.contains(.tasks) { throw .notPermitted }
    guard let parent else { return try JobRecords(context).make(inside: nil, isReserved: true) }
    let outer = parent.value.job
    guard request.flags.contains(.ownJob) || outer.value.isReserved else {
      JobRecords(context).retain(outer)
      return outer
    }
    let isReserved = parent.value.parent == nil
    var limits = request.limits
    if outer.value.isReserved && !isReserved {
      limits = limits.orDefault(tasks: context.scheduler.tasks.capacity, frames: context.memory.frames.totalFrames)
    }
    return try JobRecords(context).make(inside: outer, isReserved: isReserved, limits: limits, shareWeight: share)
  }

  /// What a file says of its program, which is to have a personality or not. Where it is no program it is said why.
  @inline(__always)
  func plan(
    of file: KernelBytes, name: ProgramPath, isForeign: Bool, explanation: UserBuffer?
  ) throws(SystemError) -> ProgramPlan {
    let plan: ProgramPlan
    do throws(ElfError) { plan = try ProgramPlan(file: file.span) } catch {
      explain(error, name: name, to: explanation)
      throw .badExecutable
    }
    if plan.isForOtherSystem && !isForeign { throw .otherSystem }
    return plan
  }

  /// Says why a file cannot be started: to the caller if it asked, and to the log.
  @inline(never)
  private func explain(_ error: ElfError, name: ProgramPath, to explanation: UserBuffer?) {
    var sentence = TextBuffer()
    sentence.write(name.span)
    sentence.write(": ")
    error.describe(to: &sentence)
    var log = LogOutput(context)
    log.write(sentence.span)
    log.write("\n")
    sentence.deliver(to: explanation)
  }
}

/// How a task is to run, checked.
package struct StartMode {
  let mode: TaskMode
  let isGuarded: Bool

  init(mode: TaskMode, isGuarded: Bool) {
    self.mode = mode
    self.isGuarded = isGuarded
  }

  /// Checks flags and rights. A right, never a path, allows Ring 0.
  init(_ flags: StartFlags, rights: Rights, isThread: Bool) throws(SystemError) {
    guard flags.isSubset(of: .all) else { throw .badArgument }
    if flags.contains(.detached) && !isThread { throw .badArgument }
    if isThread, !flags.isDisjoint(with: [.traced, .ownJob, .zeroEnded]) { throw .badArgument }
    guard flags.contains(.ring0) else {
      if flags.contains(.sharedStack) || flags.contains(.guarded) { throw .badArgument }
      mode = .user
      isGuarded = false
      return
    }
    guard rights.contains(.ring0) else { throw .notPermitted }
    // A guarded task's kernel works with CR0.WP off, on a kernel stack of its own.
    if flags.contains(.sharedStack) && flags.contains(.guarded) { throw .badArgument }
    mode = flags.contains(.sharedStack) ? .kernelSharedStack : .kernelSeparateStack
    isGuarded = flags.contains(.guarded)
  }

  static func priority(_ wanted: UInt32, of starter: Reference<Task>) throws(SystemError) -> UInt8 {
    guard wanted < UInt32(RunQueue.priorities) else { throw .badArgument }
    if wanted == 0 { return starter.value.basePriority }
    try checkPriority(UInt8(wanted), of: starter)
    return UInt8(wanted)
  }

  /// Nobody makes a task more urgent than itself without the right to: a sandbox must not take the processor away.
  package static func checkPriority(_ priority: UInt8, of task: Reference<Task>) throws(SystemError) {
    guard priority <= task.value.basePriority || task.value.process.value.rights.contains(.tasks) else {
      throw .notPermitted
    }
  }
}
