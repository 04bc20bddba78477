// What the host makes of a campaign's words: which mutants ran, which one took the machine, and the counts.

import Foundation
import Injections
import Testing

@Suite struct MachineLogTests {
  @Test func aCampaignThatWasWell() {
    let log = MachineLog("#0,3=x12\n#1,0=f14\n+1\n#2,7=k\n+2\n.\n")
    #expect(log.isOver)
    #expect(log.unfinished == nil)
    #expect(log.provenThrough == 2)
    #expect(log.results.map(\.outcome) == ["x12", "f14", "k"])
    #expect(log.results.map(\.mutation) == [3, 0, 7])
    #expect(log.damage == nil)
  }

  @Test(arguments: ["#41,5", "#41,5=", "#41"]) func aMachineThatFailed(end: String) {
    let log = MachineLog("#40,1=x0\n+40\n" + end)
    #expect(!log.isOver)
    #expect(log.unfinished == 41)
    #expect(log.provenThrough == 40)
    #expect(log.results.count == 1)
  }

  @Test func damageNamesItsMutants() {
    let log = MachineLog("#6,1=x0\n#7,1=x0\n!6,7,page tables\n")
    #expect(log.damage?.mutants == 6...7)
    #expect(log.damage?.what == "page tables")
    #expect(!log.isOver)
  }

  @Test(arguments: ["", "#", "=", "!", "!5,4,x", "!a,b,c", "+", "#x,1=k", "\u{0}\u{1}"])
  func wordsWithoutSense(text: String) {
    let log = MachineLog(text + "\n")
    #expect(log.results.isEmpty)
    #expect(log.damage == nil)
    #expect(!log.isOver)
  }
}

@Suite struct InjectionResultsTests {
  private static func tally() -> InjectionTally {
    var tally = InjectionTally(kind: .guarded, seed: 9)
    tally.add(MachineLog("#0,1=x0\n#1,1=x63\n#2,1=f14\n#3,1=f7\n#4,1=s\n#5,1=c32\n").results)
    tally.add(
      InjectionFailure(cause: .panic, first: 6, last: 6, what: "why", repeatsAlone: true, details: "EIP=0"))
    return tally
  }

  @Test func everyMutantCountsOnce() {
    let results = InjectionResults(tallies: [Self.tally()])
    #expect(Self.tally().count == 7)
    #expect(results.failureCount == 1)
    let lines = results.table.lines
    #expect(lines[0] == ["seed", "9"])
    #expect(lines.dropFirst(2).reduce(0) { $0 + (Int($1[1]) ?? 0) } == 7)
    #expect(lines.first { $0[0] == "other exceptions" }?[1] == "1")
    #expect(lines.first { $0[0] == "panic" }?[1] == "1")
  }

  @Test func partsAddUp() {
    var sum = Self.tally()
    sum.add(Self.tally())
    #expect(sum.count == 14)
    #expect(sum.count(of: .panic) == 2)
  }

  @Test func thePageSaysWhatDidHarm() {
    let page = InjectionResults(tallies: [Self.tally()]).page
    #expect(page.contains("| panic: why | Ring 0, guarded | 6 | yes |"))
    #expect(InjectionResults(tallies: [InjectionTally(kind: .ring3, seed: 1)]).page.contains("No machine failed"))
  }

  @Test func countsOfAKindTakeThePlaceOfItsEarlierOnes() throws {
    var results = InjectionResults(tallies: [])
    for (kind, seed) in [(InjectionKind.module, 1), (.ring3, 2), (.module, 3)] as [(InjectionKind, UInt32)] {
      results.replace(InjectionTally(kind: kind, seed: seed))
      results = try InjectionResults(json: results.json())
    }
    #expect(results.tallies.map { $0.kind } == [.ring3, .module])
    #expect(results.tallies.map { $0.seed } == [2, 3])
    #expect(throws: (any Error).self) { try InjectionResults(json: Data("{}".utf8)) }
  }
}
