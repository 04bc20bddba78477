import Primitives
import SDK
import TestSupport
import Testing

@Suite struct ServiceOrderTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  private func text(_ names: [[UInt8]]) -> String {
    names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  /// The order for a service, or the sentence that says why there is none.
  private func order(_ name: String, _ needs: [String: String]) -> String {
    do throws(ServiceOrderError) {
      return text(
        try ServiceOrder.order(of: bytes(name)) { name in
          needs[String(decoding: name, as: UTF8.self)].map { ServiceOrder.names(in: bytes($0)) }
        })
    } catch {
      var output = TextCollector()
      error.describe(to: &output)
      return output.text
    }
  }

  @Test func whatIsNeededComesFirst() {
    #expect(order("a", ["a": ""]) == "a")
    #expect(order("a", ["a": "b", "b": "c", "c": ""]) == "c b a")
    // What two need comes once, before both.
    #expect(order("a", ["a": "b c", "b": "d", "c": "d", "d": ""]) == "d b c a")
    #expect(order("a", ["a": "b b", "b": ""]) == "b a")
  }

  @Test func aCycleIsOneSentence() {
    #expect(order("a", ["a": "a"]) == "a, and that needs a: none of them can be the first")
    #expect(order("a", ["a": "b", "b": "a"]) == "a needs b, and that needs a: none of them can be the first")
    // Only those in the cycle are named, and not the way to it.
    #expect(
      order("x", ["x": "a", "a": "b", "b": "c", "c": "a"])
        == "a needs b, which needs c, and that needs a: none of them can be the first")
  }

  @Test func anUnknownNameIsOneSentence() {
    #expect(order("a", [:]) == "there is no service a")
    #expect(order("a", ["a": "b", "b": "z"]) == "there is no service z, which b needs")
  }

  /// A long chain is no deeper than it is long, and the order of everything that is needed holds.
  @Test(arguments: [1, 2, 3] as [UInt64]) func theOrderHolds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var needs: [[UInt8]: [[UInt8]]] = [:]
    for number in 0..<60 {
      // Of those before only, so that there is no cycle.
      let count = number == 0 ? 0 : Int.random(in: 0..<4, using: &random)
      needs[bytes("s\(number)")] = (0..<count).map { _ in bytes("s\(Int.random(in: 0..<number, using: &random))") }
    }
    let order = try ServiceOrder.order(of: bytes("s59")) { needs[$0] }
    #expect(order.last == bytes("s59"))
    #expect(Set(order).count == order.count)
    for (place, name) in order.enumerated() {
      for needed in needs[name]! { #expect(order[..<place].contains(needed)) }
    }
  }

  @Test func namesStandBetweenSpacesAndInLines() {
    #expect(
      text(ServiceOrder.names(in: bytes("log  store\n# not this\n\tclock # nor that\nfiles")))
        == "log store clock files")
    #expect(ServiceOrder.names(in: []).isEmpty)
  }

  @Test func whoNeedsAServiceIsTold() {
    let needs: [String: String] = ["a": "b c", "b": "c", "c": "", "d": "a"]
    let needers = ServiceOrder.needers(of: bytes("c"), among: ["a", "b", "c", "d"].map { bytes($0) }) { name in
      needs[String(decoding: name, as: UTF8.self)].map { ServiceOrder.names(in: bytes($0)) }
    }
    #expect(text(needers) == "a b")
  }

  @Test func delaysGrowAndEnd() {
    #expect((0...10).map { ServiceOrder.delay(restarts: $0) } == [10, 10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280])
    #expect(ServiceOrder.restarts(before: 4, lived: 9_999) == 5)
    #expect(ServiceOrder.restarts(before: 4, lived: 10_000) == 1)
  }
}
