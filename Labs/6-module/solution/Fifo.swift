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
private nonisolated(unsafe) var numbers: UnsafeMutableBufferPointer<UInt32>?
private nonisolated(unsafe) var first = 0
private nonisolated(unsafe) var count = 0

@c(lab6_start) public func start() -> Int32 {
  guard (1...1024).contains(parameter_capacity()) else { return ServiceError.badArgument }
  let room = Int(parameter_capacity())
  guard let memory = KernelMemory.allocate(room * MemoryLayout<UInt32>.size) else { return ServiceError.outOfMemory }
  numbers = UnsafeMutableBufferPointer(
    start: memory.initializeMemory(as: UInt32.self, repeating: 0, count: room), count: room)
  return 0
}

@c(lab6_stop) public func stop() {
  KernelMemory.free(numbers?.baseAddress)
  numbers = nil
}

@c(lab6_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  guard let numbers else { return ServiceError.notFound }
  return answer(message) { request in
    switch request.operation {
    case 0:
      guard count < numbers.count else { return ServiceError.busy }
      numbers[(first + count) % numbers.count] = request.words[0]
      count += 1
      request.reply[0] = UInt32(count)
      return 0
    case 1:
      guard count > 0 else { return ServiceError.notFound }
      request.reply[0] = numbers[first]
      first = (first + 1) % numbers.count
      count -= 1
      request.reply[1] = UInt32(count)
      return 0
    default: return ServiceError.unsupported
    }
  }
}
