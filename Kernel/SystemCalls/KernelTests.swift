// The system call that tests the kernel from inside: it lets allocations fail, and does what kernel code must not be
// able to do, to show that it cannot.
//
// Invariant: whoever may use it may run code in Ring 0, and could do all of this anyway.

import ABI
import Devices
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import VirtualMemory

package struct KernelTests {
  let context: Context

  package init(_ context: Context) { self.context = context }

  @inline(never)
  func run(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard context.currentProcess.value.rights.contains(.ring0) else { throw .notPermitted }
    let argument = arguments.second
    switch KernelTest(rawValue: arguments.first) {
    case .failFrame:
      let left = context.memory.frames.allocationsUntilFailure
      context.memory.frames.allocationsUntilFailure = argument
      return Int32(bitPattern: left)
    case .failHeap:
      let left = context.memory.heap.allocationsUntilFailure
      context.memory.heap.allocationsUntilFailure = argument
      return Int32(bitPattern: left)
    case .dropCaches:
      Frames(context).reclaim()
      return 0
    case .read: return try probe(argument, kind: 0)
    case .write: return try probe(argument, kind: 1)
    case .execute: return try argument == 0 ? executeInHeap() : execute(argument)
    case .overrunHeap: return try overrunHeap(argument)
    case .freeTwice: return try freeTwice()
    case .interruptDoubleFault:
      context.devices.interrupts.interruptsNextDoubleFault = true
      return 0
    case nil: throw .badArgument
    }
  }

  private func probe(_ address: UInt32, kind: UInt32) throws(SystemError) -> Int32 {
    guard probe_access(address, kind) == 0 else { throw .badAddress }
    return 0
  }

  private func execute(_ address: UInt32) throws(SystemError) -> Int32 {
    context.memory.calledByTest = address
    defer { context.memory.calledByTest = 0 }
    return try probe(address, kind: 2)
  }

  private func executeInHeap() throws(SystemError) -> Int32 {
    guard let memory = unsafe KernelHeap(context).allocateUnchargedBytes(16, alignment: 16, tag: .runtime) else {
      throw .outOfMemory
    }
    defer { unsafe KernelHeap(context).free(memory) }
    unsafe memory.storeBytes(of: 0xc3, as: UInt8.self)  // RET
    return try execute(UInt32(UInt(bitPattern: memory)))
  }

  /// Where to go on after a fault at an address that a test called; nil for every other address.
  package func recovery(ofFaultAt address: UInt32) -> UInt32? {
    address != 0 && address == context.memory.calledByTest ? address_of_probe_fault() : nil
  }

  private func overrunHeap(_ count: UInt32) throws(SystemError) -> Int32 {
    guard count <= 8 else { throw .badArgument }
    guard let memory = unsafe KernelHeap(context).allocateUnchargedBytes(24, alignment: 16, tag: .runtime) else {
      throw .outOfMemory
    }
    for offset in 0..<Int(count) { unsafe (memory + 24 + offset).storeBytes(of: 0x55, as: UInt8.self) }
    unsafe KernelHeap(context).free(memory)
    return 0
  }

  private func freeTwice() throws(SystemError) -> Int32 {
    guard let memory = unsafe KernelHeap(context).allocateUnchargedBytes(24, alignment: 16, tag: .runtime) else {
      throw .outOfMemory
    }
    unsafe KernelHeap(context).free(memory)
    unsafe KernelHeap(context).free(memory)
    return 0
  }
}
