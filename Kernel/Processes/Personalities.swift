// Which service says what a process's system calls mean.
//
// Invariant: a process that has a personality refers to the service until it has ended.

import ABI
import IPC
import Objects
import Platform
import Primitives

struct Personalities {
  private let context: Context

  init(_ context: Context) { self.context = context }

  /// The service that a handle of `process` is for, with a reference to it; 0: none.
  func take(_ handle: UInt32, of process: Reference<Process>) throws(SystemError) -> HandleTarget {
    if handle == 0 { return .none }
    let target = try process.value.handles.target(of: handle, needed: .call)
    guard target.service != nil else { throw .badHandle }
    Handles(context).retain(target)
    return target
  }

  /// Gives up a reference, of a process's or of one that was to be its starter.
  func release(_ target: HandleTarget, of process: Reference<Process>) {
    if target.kind != .none { Handles(context).release(target, of: process) }
  }

  func give(_ target: HandleTarget, to process: Reference<Process>) {
    if target.kind != .none { Handles(context).retain(target) }
    process.value.personality = target
  }

  func giveUp(of process: Reference<Process>) {
    let target = process.value.personality
    process.value.personality = .none
    release(target, of: process)
  }
}
