import TestSupport
import Testing

@testable import Scheduling

@Suite struct EventQueueTests {
  private static let kinds: [TaskEvent] = [.childEnded, .yieldAsked, .stopAsked, .timer]

  /// Against a model that keeps every single event: none is lost, the order is that of the first of each kind.
  @Test(arguments: [UInt64(11), 12, 13])
  func losesNothing(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = EventQueue()
    var model: [(kind: TaskEvent, subjects: [UInt32], time: UInt64)] = []
    for time in 0..<20_000 {
      if Bool.random(using: &random) {
        let kind = Self.kinds[Int.random(in: 0..<4, using: &random)]
        let subject = UInt32.random(in: 1...9, using: &random)
        queue.add(kind, subject: TaskIdentity(subject), time: UInt64(time))
        if let index = model.firstIndex(where: { $0.kind == kind }) {
          model[index].subjects.append(subject)
        } else {
          model.append((kind, [subject], UInt64(time)))
        }
      } else {
        let wanted = UInt8.random(in: 0..<16, using: &random)
        let index = model.firstIndex { $0.kind.bit & wanted != 0 }
        let expected = index.map { model.remove(at: $0) }
        let event = queue.take(wanted)
        #expect(event?.kind == expected?.kind)
        #expect(event.map { Int($0.count) } == expected?.subjects.count)
        #expect(event?.subject.value == expected?.subjects.last)
        #expect(event?.time == expected?.time)
      }
      #expect(queue.count == model.count)
      #expect(queue.count <= 4)
    }
  }

  @Test func countsToItsLimitAndStays() {
    var event = PendingEvent(kind: .timer, count: 1, subject: .none, time: 1)
    event.add(0xffff_fffd)
    #expect(event.count == UInt32.max - 1)
    event.add(1)
    event.add(1)
    event.add(.max)
    #expect(event.count == .max)
  }
}
