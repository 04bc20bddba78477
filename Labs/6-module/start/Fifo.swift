// Lab 6: a queue of numbers in the kernel, as a module with the service `fifo`.
//
//     operation 0, put    adds word 0; the reply's word 0 is how many numbers there are now. `busy` where it is full.
//     operation 1, take   the reply's word 0 is the oldest number, which is taken out, and word 1 how many are left.
//                         `notFound` where there is none.

import Lab6Support
import ModuleInterface
import ModuleSupport
import ServiceSupport

/// Room for the numbers, the place of the oldest, and how many there are.
private nonisolated(unsafe) var numbers: UnsafeMutablePointer<UInt32>?
private nonisolated(unsafe) var first = 0
private nonisolated(unsafe) var count = 0

@c(lab6_start) public func start() -> Int32 {
  // To do: refuse a capacity below 1 and above 1024 with `badArgument`.
  let size = Int(parameter_capacity()) * MemoryLayout<UInt32>.size
  guard let memory = KernelMemory.allocate(size) else { return ServiceError.outOfMemory }
  numbers = memory.initializeMemory(as: UInt32.self, repeating: 0, count: Int(parameter_capacity()))
  return 0
}

@c(lab6_stop) public func stop() {
  // To do: what `start` allocated is given back.
}

@c(lab6_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  guard let numbers else { return ServiceError.notFound }
  return answer(message) { request in
    switch request.operation {
    case 0:
      // To do: nobody asks whether there is room.
      numbers[count] = request.words[0]
      count += 1
      request.reply[0] = UInt32(count)
      return 0
    // To do: operation 1.
    default: return ServiceError.unsupported
    }
  }
}
