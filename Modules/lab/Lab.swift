// A module that fails on request: it commits each fault of the crash menu inside a call, and does what else tests need
// a module to do.
//
//     operation N below 100     commits fault N of Fault.swift; the reply's word 0 is 1 where that is legal
//     operation 100             does nothing and answers with word 0 of the request
//     operation 101             sleeps word 0 milliseconds
//     operation 102             allocates word 0 bytes and forgets them
//     operation 103             gives the data back
//     operation 104             asks the kernel for the time, again and again, for ever

import LabSupport
import ModuleInterface
import ModuleSupport
import ServiceSupport

@c(lab_start) public func start() -> Int32 {
  commit(parameter_start_fault())
  return parameter_start_result()
}

@c(lab_stop) public func stop() { commit(parameter_stop_fault()) }

private func commit(_ number: Int32) {
  if number >= 0, let fault = Fault(rawValue: UInt32(number)) { fault.commit() }
}

@c(lab_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  answer(message) { request in
    switch request.operation {
    case 0..<100:
      guard let fault = Fault(rawValue: request.operation) else { return ServiceError.unsupported }
      fault.commit()
      request.reply[0] = 1
      return 0
    case 100:
      request.reply[0] = request.words[0]
      return 0
    case 101: return Clock.sleep(milliseconds: request.words[0]) ? 0 : ServiceError.cancelled
    case 102: return forget(request.words[0]) ? 0 : ServiceError.outOfMemory
    case 103:
      request.writeData()
      return 0
    case 104: while opaque(1) == 1 { _ = Clock.now }
    default: break
    }
    return ServiceError.unsupported
  }
}

/// Allocates memory that the kernel finds again when the module is taken out.
@inline(never) private func forget(_ size: UInt32) -> Bool { KernelMemory.allocate(Int(size)) != nil }
