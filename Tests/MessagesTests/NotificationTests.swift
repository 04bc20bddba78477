// Notifications: bits against a model, and their end.

import Primitives
import Scheduling
import TestSupport
import Testing

@testable import Messages

@Suite struct NotificationTests {
  @Test(arguments: [UInt64(71), 72]) func bitsAgreeWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var notification = Messages.Notification(owner: TaskIdentity(3))
    var model: Set<UInt32> = []
    for step in 0..<20_000 {
      if Int.random(in: 0..<3, using: &random) == 0 {
        let wanted = UInt32.random(in: 0...Messages.Notification.bits, using: &random)
        let taken = notification.take(wanted)
        let expected = model.reduce(UInt32(0)) { $0 | 1 << $1 } & wanted
        #expect(taken == (expected == 0 ? nil : expected), "seed \(seed) step \(step)")
        model = model.filter { wanted & 1 << $0 == 0 }
      } else {
        let bit = UInt32.random(in: 0..<31, using: &random)
        model.insert(bit)
        #expect(notification.set(1 << bit) == nil)
      }
    }
  }

  @Test func theHighestBitIsNeverSet() {
    var notification = Messages.Notification(owner: TaskIdentity(3))
    _ = notification.set(0x8000_0000)
    #expect(notification.take() == nil)
    _ = notification.set(.max)
    let bits = notification.take()
    #expect(bits == 0x7fff_ffff)
  }

  @Test func withItsMakerGoTheBits() {
    var notification = Messages.Notification(owner: TaskIdentity(3))
    _ = notification.set(7)
    notification.end()
    let isAlive = notification.isAlive
    #expect(!isAlive)
    #expect(notification.take() == nil)
  }
}
