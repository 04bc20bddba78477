import ABI
import SDK
import Testing

@testable import Management

@Suite struct AuthorityTests {
  private func granted(_ text: String?, isOwn: Bool = true, of rights: Rights = .all) -> Rights? {
    try? Authority.granted(text.map { Array($0.utf8) }, isOwn: isOwn, of: rights)
  }

  @Test func aServerHasWhatItsAuthorAskedForAndCanServe() {
    #expect(granted("") == .services)
    #expect(granted("# nothing\n") == .services)
    #expect(granted("clock  # ports\npower") == [.services, .clock, .power])
    #expect(granted("clock power", isOwn: false) == [.services, .clock, .power])
  }

  @Test func nobodyIsGivenWhatTheStarterLacks() {
    for starter in Rights.named.map(\.right) {
      for text in [nil, "", "ring0 services clock pci"] {
        for isOwn in [false, true] {
          #expect(granted(text, isOwn: isOwn, of: starter)?.isSubset(of: starter) == true)
        }
      }
    }
  }

  @Test func whereThereIsNoFile() {
    #expect(granted(nil) == .services)
    #expect(granted(nil, isOwn: false) == Rights.all.subtracting(.wholeMachine))
  }

  /// A word that is misspelt must not come to more or less than what its author meant.
  @Test func otherWordsAreRefused() {
    for text in ["device", "DEVICES", "devices,", "all", "devices tasks nonsense"] {
      #expect(throws: ManagerRefusal.self) { try Authority.granted(Array(text.utf8), isOwn: true, of: .all) }
    }
  }
}
