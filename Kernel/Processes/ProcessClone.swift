// A second process that goes on where its parent is: with a copy of its memory and the same handles, rights and personality.
//
// Invariant: the parent goes on as before whatever fails; what was made is undone then.

import ABI
import Consoles
import Jobs
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ProcessClone {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes a copy of the current task's process, of which only this task goes on.
  ///
  /// - Parameters:
  ///   - frame: the registers with which it goes on.
  ///   - isStopped: whether it waits for somebody to let it go on.
  /// - Returns: the new process, a child of this one.
  @inline(never)
  package func start(_ frame: trap_frame, isStopped: Bool) throws(SystemError) -> TaskIdentity {
    let starter = context.scheduler.current
    let parent = starter.value.process
    guard !parent.value.isEnding else { throw .cancelled }
    let job = parent.value.job
    JobRecords(context).retain(job)
    defer { JobRecords(context).release(job) }
    let space = try AddressSpaces(context).make(for: job)
    starter.value.spaceInMaking = space
    do throws(SystemError) {
      try space.copyAll(of: starter.value.space, copiesStacks: hasRing0Task(parent))
      let task = try TaskRecords(context).make(
        mode: starter.value.mode, priority: starter.value.basePriority, isThread: false, owner: 0, for: job)
      do throws(SystemError) {
        let process = try make(task, like: starter, space: space, frame)
        starter.value.spaceInMaking = nil
        parent.addChild(process)
        process.value.isStopped = isStopped || parent.value.isStopped
        Stopping(context).begin(task, of: process)
        return task.value.identity
      } catch {
        TaskRecords(context).free(task, of: job)
        throw error
      }
    } catch {
      starter.value.spaceInMaking = nil
      AddressSpaces(context).destroy(space)
      throw error
    }
  }

  private func hasRing0Task(_ process: Reference<Process>) -> Bool {
    if process.value.mainTask.value.mode.isRing0 { return true }
    var thread = process.value.firstThread
    while let task = thread {
      if task.value.mode.isRing0 { return true }
      thread = task.value.nextOfProcess
    }
    return false
  }

  /// The process of a new task.
  @inline(never)
  private func make(
    _ task: Reference<Task>, like starter: Reference<Task>, space: Reference<AddressSpace>, _ frame: trap_frame
  ) throws(SystemError) -> Reference<Process> {
    let parent = starter.value.process
    task.value.isGuarded = starter.value.isGuarded
    task.value.noticed = starter.value.noticed
    task.value.stackStart = starter.value.stackStart
    task.value.stackEnd = starter.value.stackEnd
    task.value.spaceRecord = space.address
    let beginning = try TaskStart(context).make(
      for: task, space: space, frame, threadPointer: starter.value.threadPointer)
    TaskStart(context).install(beginning, in: task)
    let process: Reference<Process>
    do throws(SystemError) {
      try FloatState(context).copy(of: starter, to: task)
      process = try ProcessRecords(context).make(
        Process(mainTask: task, space: space, rights: parent.value.rights, job: parent.value.job))
    } catch {
      FloatState(context).release(task)
      TaskStart(context).abort(task)
      throw error
    }
    process.value.name = parent.value.name
    process.value.image = parent.value.image
    if parent.value.image.start != 0 { space.publish(image: parent.value.image.start) }
    Personalities(context).give(parent.value.personality, to: process)
    Handles(context).copyAll(of: parent, to: process)
    WorkingDirectories(context).inherit(from: parent, to: process)
    task.value.owner = process.address
    return process
  }
}
