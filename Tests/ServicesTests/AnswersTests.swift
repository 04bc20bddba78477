import ServiceSupport
import Testing

@Suite struct AnswersTests {
  /// A service with one operation, and one reply that a service must not give by accident.
  private struct Answering: Service {
    static var name: StaticString { "answering" }
    mutating func handle(_ request: inout Request) {
      switch request.operation {
      case 0: request.reply[0] = request.words[0]
      default: request.reply[0] = unknownOperation
      }
    }
  }

  private func answer(_ operation: UInt32, _ word: UInt32 = 0) -> UInt32 {
    var host = ServiceHost<Answering>()
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = word
    return unsafe withUnsafePointer(to: words) { words in
      var request = unsafe Request(
        operation: operation, words: words, sender: 1, data: nil, dataCount: 0, reply: nil, capacity: 0,
        lives: { _ in true })
      host.handle(&request)
      return request.reply[0]
    }
  }

  @Test func anUnknownOperationIsToldFromEveryOtherAnswer() {
    for operation in [1, 0x7fff_fe00, 0x7fff_ff00, 0x7fff_ff05, 0x7fff_ffff] as [UInt32] {
      #expect(isUnknownOperation(answer(operation)))
      #expect(isUnknownOperation(inRegister: answer(operation) & 0x7fff_ffff))
    }
    for word in [0, 1, 4, 0x7fff_fffe, 0x8000_0000, 0xffff_fffe] as [UInt32] {
      #expect(!isUnknownOperation(answer(0, word)))
      #expect(!isUnknownOperation(inRegister: answer(0, word) & 0x7fff_ffff))
    }
    #expect(!isUnknownOperation(answer(CommonOperation.ping)))
  }

  /// What a client takes for done, for a failure, and for neither: an answer that it does not know is no success.
  @Test func onlyZeroIsDone() {
    func name(_ word: UInt32) -> String {
      switch Verdict<ClockFailure>(word) {
      case .done: "done"
      case .failed(let failure): "\(failure)"
      case .unknown: "unknown"
      }
    }
    #expect(
      [0, 1, 2, 3, 4, unknownOperation].map(name) == [
        "done", "absent", "failed", "outOfRange", "notPermitted", "unknown",
      ])
  }

  /// No service may use the number for something else.
  @Test func noFailureIsTheUnknownOperation() {
    #expect(ClockFailure(rawValue: unknownOperation) == nil)
    #expect(KeyboardFailure(rawValue: unknownOperation) == nil)
    #expect(DiskFailure(rawValue: unknownOperation) == nil)
  }
}
