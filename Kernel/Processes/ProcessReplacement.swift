// A process that goes on with another program: in a new address space, with the same identity, handles and children.
//
// The new space is whole before the old one goes. The change itself is made on the reaper stack, because the task may stand on a stack
// of the space that goes.
//
// Invariants:
// - Until everything is made, whatever fails leaves the process as it was.
// - From the last check to the end of the change nobody else runs.

import ABI
import Executables
import MachineSupport
import Mounts
import Objects
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

/// What the process goes on with.
package struct Replacement {
  fileprivate let space: Reference<AddressSpace>
  fileprivate let beginning: TaskStart.Beginning
  fileprivate let stackStart: UInt32
  fileprivate let stackEnd: UInt32
  fileprivate let name: Name
  fileprivate let image: (start: UInt32, length: UInt32)
}

package struct ProcessReplacement {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Goes on with another program. Comes back only with an error.
  package func replace(_ request: ProcessRequest) throws(SystemError) -> Never {
    let task = context.scheduler.current
    let process = task.value.process
    guard request.flags.isSubset(of: .zeroEnded), request.imageLength == 0 else { throw .badArgument }
    // Other tasks would be left without the space that they run in.
    guard process.value.liveTasks == 1, !task.value.isThread, process.value.trace == nil else { throw .busy }
    let name = try ProgramPath(request.path, in: context)
    let file = try FileSpace(context).wholeFile(name.span, limit: ProcessStart.imageLimit)
    let replacement: Replacement
    do throws(SystemError) { replacement = try make(request, name, file, task) } catch {
      file.giveUp(context)
      throw error
    }
    file.giveUp(context)
    task.value.spaceInMaking = nil
    task.value.space.removeBeforeEnd()
    context.processes.replacement = replacement
    Exit(context).goToReaperStack()
  }

  @inline(never)
  private func make(
    _ request: ProcessRequest, _ name: ProgramPath, _ file: WholeFile, _ task: Reference<Task>
  ) throws(SystemError) -> Replacement {
    let process = task.value.process
    let isForeign = process.value.personality.kind != .none
    let plan = try ProcessStart(context).plan(of: file.bytes, name: name, isForeign: isForeign, explanation: nil)
    var texts = try StackTexts(request, in: context)
    defer { texts.end() }
    let space = try AddressSpaces(context).make(for: process.value.job)
    task.value.spaceInMaking = space
    do throws(SystemError) {
      let memory = ProgramMemory(
        context: context, file: file.bytes, isPermanent: file.isPermanent, isRing0: task.value.mode.isRing0,
        isForeign: isForeign)
      try memory.fill(space, plan)
      let stackPointer = try texts.place(
        in: space, stackEnd: memory.stackEnd, auxiliary: isForeign ? plan.startFacts : nil)
      let block = try TaskStart(context).placeBlock(of: task, stackEnd: memory.stackEnd, in: space)
      let frame = TaskStart(context).firstFrame(task, entry: plan.entry, stackPointer: stackPointer)
      let beginning = try TaskStart(context).make(for: task, space: space, frame, threadPointer: block)
      return Replacement(
        space: space, beginning: beginning, stackStart: memory.stackStart, stackEnd: memory.stackEnd, name: name.name,
        image: file.isPermanent ? (file.bytes.address, file.bytes.length) : (0, 0))
    } catch {
      task.value.spaceInMaking = nil
      AddressSpaces(context).destroy(space)
      throw error
    }
  }

  /// On the reaper stack: gives up what was of the former program, and lets the task begin anew.
  func finish() -> Never {
    guard let replacement = context.processes.replacement else { panic("there is nothing to go on with") }
    context.processes.replacement = nil
    let task = context.scheduler.current
    let process = task.value.process
    context.scheduler.leaveCurrent()
    Exit(context).release(task, of: process)
    if let space = process.value.space { AddressSpaces(context).destroy(space) }
    process.value.space = replacement.space
    process.value.name = replacement.name
    process.value.image = replacement.image
    if replacement.image.start != 0 { replacement.space.publish(image: replacement.image.start) }
    task.value.spaceRecord = replacement.space.address
    task.value.stackStart = replacement.stackStart
    task.value.stackEnd = replacement.stackEnd
    task.value.foreignFrame = 0
    task.value.noticed = 0
    TaskStart(context).install(replacement.beginning, in: task)
    context.scheduler.enqueue(task)
    context.scheduler.resumeNext()
  }
}
