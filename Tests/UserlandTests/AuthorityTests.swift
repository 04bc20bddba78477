import ABI
import SDK
import Testing

@testable import Management

@Suite struct AuthorityTests {
  private func rights(_ text: String) -> Rights? { Authority.rights(in: Array(text.utf8)) }

  @Test func namesOfRightsAreRead() {
    #expect(rights("") == .services)
    #expect(rights("# nothing\n") == .services)
    #expect(rights("devices  # ports\npower") == [.services, .devices, .power])
    #expect(rights("ring0 modules tasks power services devices") == .all)
  }

  /// A word that is misspelt must not come to more or less than what its author meant.
  @Test func otherWordsAreRefused() {
    for text in ["device", "DEVICES", "devices,", "all", "devices tasks none"] { #expect(rights(text) == nil) }
  }
}
