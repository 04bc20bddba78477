import ABI
import TestSupport
import Testing

@testable import SDK

@Suite struct RightsFileTests {
  private func rights(_ text: String) throws(UnknownRight) -> Rights { try RightsFile.rights(in: Array(text.utf8)) }

  @Test func everyRightHasANameAndABitOfItsOwn() throws {
    var all: Rights = []
    for (name, right) in Rights.named {
      #expect(right.rawValue.nonzeroBitCount == 1 && all.isDisjoint(with: right))
      #expect(try rights("\(name)") == right)
      all.formUnion(right)
    }
    #expect(all == .all)
    #expect(Rights.wholeMachine.isStrictSubset(of: .toDevices))
  }

  @Test func namesAreReadBetweenBlanksAndComments() throws {
    #expect(try rights("").isEmpty)
    #expect(try rights("  # ring0\n").isEmpty)
    #expect(try rights("tasks\tring0\n\n# more\nclock # the time") == [.tasks, .ring0, .clock])
  }

  @Test func theFirstWordThatIsNoneIsNamed() {
    for text in ["ring0 al1 rong", "al1", "tasks al1"] {
      #expect(throws: UnknownRight(word: Array("al1".utf8))) { try rights(text) }
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func anyBytesAreReadOrRefused(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      if let rights = try? RightsFile.rights(in: text) { #expect(rights.isSubset(of: .all)) }
    }
  }

  @Test func whatIsGranted() {
    let own: Rights = [.ring0, .tasks, .pci]
    #expect(RightsFile.granted([.tasks, .power, .pci], isOwn: true, of: own) == [.tasks, .pci])
    #expect(RightsFile.granted([.tasks, .power, .pci], isOwn: false, of: own) == [.tasks, .pci])
    #expect(RightsFile.granted(nil, isOwn: true, of: own).isEmpty)
    // What reaches all of the machine is asked for, or not had.
    #expect(RightsFile.granted(nil, isOwn: false, of: own) == [.ring0, .tasks])
  }
}
