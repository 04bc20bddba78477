// A task as reports name it.

import ABI
import Diagnostics
import Platform
import Primitives
import Scheduling
import VirtualMemory

extension Reference where Value == Task {
  @inline(never)
  package var inReports: TaskDescription {
    let task = self
    let process = task.value.process
    let mode: TaskDescription.Mode =
      switch task.value.mode {
      case .user: .ring3
      case .kernelSeparateStack: .ring0SeparateStack
      case .kernelSharedStack: .ring0SharedStack
      }
    return TaskDescription(
      identifier: task.value.identity.value,
      kind: task.value.isThread ? .thread(ofProcess: process.value.identity.value) : .process,
      name: process.value.name.shortText, mode: mode, isGuarded: task.value.isGuarded)
  }
}

extension Name {
  package var shortText: ShortText { ShortText(bytes.span) }
}
