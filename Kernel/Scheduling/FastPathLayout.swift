// Whether ipc.S finds what it uses where the compiler has put it. It writes what the scheduler keeps, and the compiler alone knows
// where a field of a Swift structure lies.

#if arch(i386)
  import MachineSupport
#endif
import Primitives

extension Scheduler {
  public func isPlacedAsExpected(_ task: Reference<Task>) -> Bool {
    #if arch(i386)
      state.address == UInt(address_of_kernel_storage()) &+ UInt(KERNEL_PART_SCHEDULING)
        && at(SCHEDULER_READY, in: state.address, &state.value.ready)
        && at(SCHEDULER_SWITCHES, in: state.address, &state.value.switches)
        && at(SCHEDULER_SPACE_CHANGES, in: state.address, &state.value.spaceChanges)
        && at(SCHEDULER_TIMED, in: state.address, &state.value.isSliceTimed) && task.isPlacedAsExpected
        && TaskState.running.rawValue == UInt8(STATE_RUNNING)
        && TaskState.waitingForMessage.rawValue == UInt8(STATE_WAITING_FOR_MESSAGE)
        && TaskState.waitingForReply.rawValue == UInt8(STATE_WAITING_FOR_REPLY)
        && WakeReason.handed.rawValue == UInt8(REASON_HANDED)
        && WakeReason.inRegisters.rawValue == UInt8(REASON_IN_REGISTERS)
    #else
      true
    #endif
  }
}

#if arch(i386)
  extension Reference where Value == Task {
    fileprivate var isPlacedAsExpected: Bool {
      at(TASK_MODE, in: address, &value.mode) && at(TASK_STATE, in: address, &value.state)
        && at(TASK_STATE + 1, in: address, &value.wakeReason) && at(TASK_PRIORITY, in: address, &value.priority)
        && at(TASK_BASE_PRIORITY, in: address, &value.basePriority)
        && at(TASK_PENDING_WORK, in: address, &value.pendingWork)
        && at(TASK_SAVED_STACK_POINTER, in: address, &value.savedStackPointer)
        && at(TASK_DIRECTORY, in: address, &value.directory) && at(TASK_PROTECTION, in: address, &value.protection)
        && at(TASK_DIRECT_ENTRY, in: address, &value.directEntry)
        && at(TASK_KERNEL_STACK_END, in: address, &value.kernelStackEnd)
        && at(TASK_THREAD_POINTER, in: address, &value.threadPointer)
        && at(TASK_THREAD_SEGMENT, in: address, &value.threadSegment)
        && at(TASK_CALL_RECORD, in: address, &value.callRecord)
        && at(TASK_RECEIVED_MESSAGE, in: address, &value.receivedMessage)
        && at(TASK_TIME_BALANCE, in: address, &value.timeBalance) && at(TASK_NEXT, in: address, &value.next)
        && at(TASK_PREVIOUS, in: address, &value.previous) && at(TASK_QUEUE, in: address, &value.queue)
        && at(TASK_SERVED_CALLERS, in: address, &value.servedCallers)
        && at(TASK_LOCK_OWNER, in: address, &value.lockOwner)
    }
  }

  private func at<Field: ~Copyable>(_ offset: Int32, in start: UInt, _ field: inout Field) -> Bool {
    reference(to: &field).address == start &+ UInt(offset)
  }
#endif
