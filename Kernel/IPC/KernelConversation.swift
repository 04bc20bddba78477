// What the kernel asks of a service, for the task whose system call it is.
//
// The request goes the general way of a call (Calls.swift), with the task's own record: the service sees who asks, and may be a
// process or a linked module.
//
// Invariant: the record says that addresses are the kernel's only while the call lasts that has them.

import ABI
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct KernelConversation {
  package let context: Context
  package let service: Reference<Service>

  package init(with service: Reference<Service>, in context: Context) {
    self.service = service
    self.context = context
  }

  /// What a request brings along.
  package enum Data {
    case none
    /// Bytes of the caller's.
    case user(UserBuffer)
    /// Bytes of the kernel's.
    case kernel(KernelBytes)
  }

  /// Where a reply's bytes go.
  package enum Room {
    case none
    /// Memory of the caller's.
    case user(UserBuffer)
    /// Memory of the kernel's.
    case kernel(KernelBytes)
  }

  package struct Reply {
    package let words: InlineArray<6, UInt32>
    /// How many bytes it carried.
    package let length: UInt32
  }

  /// Asks, and waits for the answer.
  package func ask(
    _ operation: UInt32, _ words: InlineArray<6, UInt32>, _ data: Data = .none, room: Room = .none
  ) throws(SystemError) -> Reply {
    let record = try Services(context).record(of: context.scheduler.current)
    record.value.form = .message
    record.value.isOfKernel = true
    record.value.message.operation = operation
    record.value.message.words = words
    switch data {
    case .none: bring(0, from: 0, record)
    case .user(let buffer): bring(min(buffer.length, Calls.dataLimit), from: buffer.address, record)
    case .kernel(let bytes):
      bring(bytes.length, from: bytes.address, record)
      record.value.dataIsOfKernel = true
    }
    switch room {
    case .none: offer(0, at: 0, record)
    case .user(let buffer): offer(buffer.length, at: buffer.address, record)
    case .kernel(let bytes):
      offer(bytes.length, at: bytes.address, record)
      record.value.roomIsOfKernel = true
    }
    Services(context).retain(service)
    defer {
      record.value.dataIsOfKernel = false
      record.value.roomIsOfKernel = false
      record.value.isOfKernel = false
      Services(context).release(service)
    }
    _ = try Calls(context).send(to: service, deadline: nil)
    return Reply(words: record.value.message.words, length: record.value.message.dataLength)
  }

  private func bring(_ count: UInt32, from address: UInt32, _ record: Reference<CallRecord>) {
    record.value.message.dataLength = count
    record.value.dataAddress = address
  }

  private func offer(_ count: UInt32, at address: UInt32, _ record: Reference<CallRecord>) {
    record.value.message.bufferCapacity = min(count, Calls.dataLimit)
    record.value.bufferAddress = address
  }
}
