// A module that fails on request: it commits each fault of the crash menu inside a call, and does what else tests need
// a module to do.
//
//     operation N below 100     commits fault N of Fault.swift; the reply's word 0 is 1 where that is legal
//     the others                see LabOperation (Services/Support/Operations.swift)

import LabSupport
import ModuleInterface
import ModuleSupport
import ServiceSupport

@c(lab_start) public func start() -> Int32 {
  let end = Clock.now &+ UInt64(UInt32(bitPattern: parameter_start_milliseconds())) &* 1_000_000
  while Clock.now < end {}
  guard Clock.sleep(milliseconds: UInt32(bitPattern: parameter_start_sleep())) else { return ServiceError.cancelled }
  commit(parameter_start_fault())
  return parameter_start_result()
}

@c(lab_stop) public func stop() {
  _ = Clock.sleep(milliseconds: UInt32(bitPattern: parameter_stop_sleep()))
  commit(parameter_stop_fault())
}

private func commit(_ number: Int32) {
  if number >= 0, let fault = Fault(rawValue: UInt32(number)) { fault.commit() }
}

@c(lab_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  answer(message) { request in
    switch LabOperation(rawValue: request.operation) {
    case .echo: request.reply[0] = request.words[0]
    case .sleep: return Clock.sleep(milliseconds: request.words[0]) ? 0 : ServiceError.cancelled
    case .forget: return forget(request.words[0]) ? 0 : ServiceError.outOfMemory
    case .giveBack: request.writeData()
    case .fillFrame: request.reply[0] = fillFrame(request.words[0])
    case .askForEver: while opaque(1) == 1 { _ = Clock.now }
    case .overrun: writePastTheEnd(overRecords: false)
    case .longOverrun: writePastTheEnd(overRecords: true)
    case .underrun: writeBeforeTheBeginning()
    case .shortUnderrun: writeBeforeAPiece(request.words[0])
    case .endlessOverrun: writeOn(from: UInt32(UInt(bitPattern: allocateForMistakes())))
    case .requestOverrun: writeOn(from: UInt32(UInt(bitPattern: message)))
    case .strayStack: fault_with_stack_at(UInt32(UInt(bitPattern: allocateForMistakes())))
    case .strayJump: jump_before_return()
    case .wildFree: giveBackWhatIsNone()
    case .secondFree: giveBackTwice()
    case .systemCall: makeSystemCall(request.words[0], byGate: request.words[1] == 1)
    case .writeToData: writeToData(of: message)
    case .replyFromNowhere: return replyFromNowhere(message)
    case nil:
      guard let fault = Fault(rawValue: request.operation) else { return ServiceError.unsupported }
      fault.commit()
      request.reply[0] = 1
    }
    return 0
  }
}

private func fillFrame(_ exponent: UInt32) -> UInt32 {
  switch exponent {
  case 10: Frame<0x100>.fill()
  case 12: Frame<0x400>.fill()
  case 13: Frame<0x800>.fill()
  case 14: Frame<0x1000>.fill()
  case 16: Frame<0x4000>.fill()
  case 18: Frame<0x1_0000>.fill()
  case 20: Frame<0x4_0000>.fill()
  default: Frame<0x10_0000>.fill()
  }
}

private enum Frame<let words: Int> {
  /// Returns the last word of the table.
  @inline(never)
  static func fill() -> UInt32 {
    let table = InlineArray<words, UInt32>(repeating: opaque(77))
    return table[Int(opaque(UInt32(words - 1)))]
  }
}

/// Allocates memory that the kernel finds again when the module is taken out.
@inline(never) private func forget(_ size: UInt32) -> Bool { KernelMemory.allocate(Int(size)) != nil }
