import TestSupport
import Testing

@testable import Memory

@Suite struct SlotSetTests {
  @Test func allPlacesCanBeTakenFromTheLowestOn() {
    var slots = SlotSet()
    for expected in 0..<SlotSet.capacity {
      let slot = slots.takeLowest()
      #expect(slot == expected)
    }
    let none = slots.takeLowest()
    #expect(none == nil)
    let isGiven = slots.free(8191)
    #expect(isGiven)
    let last = slots.takeLowest()
    #expect(last == 8191)
  }

  @Test func whatIsFreeOrNotThereIsNotGivenBack() {
    var slots = SlotSet()
    _ = slots.takeLowest()
    let answers = [-1, SlotSet.capacity, 1, 0, 0].map { slots.free($0) }
    #expect(answers == [false, false, false, true, false])
  }

  @Test(arguments: [UInt64(31), 32])
  func agreesWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var slots = SlotSet()
    var free = Array(repeating: true, count: SlotSet.capacity)
    var taken: [Int] = []
    for step in 0..<20_000 {
      if Int.random(in: 0..<10, using: &random) < ((step / 5000) % 2 == 0 ? 8 : 2) {
        let slot = slots.takeLowest()
        let expected = free.firstIndex(of: true)
        #expect(slot == expected, "seed \(seed) step \(step)")
        guard let slot else { continue }
        free[slot] = false
        taken.append(slot)
      } else if let index = taken.indices.randomElement(using: &random) {
        let slot = taken.remove(at: index)
        let isGiven = slots.free(slot)
        #expect(isGiven, "seed \(seed) step \(step)")
        free[slot] = true
      }
    }
  }
}
