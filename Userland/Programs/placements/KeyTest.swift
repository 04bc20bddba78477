// Keys that somebody presses reach a client of the service `keyboard`, which then ends without being asked to where it is
// a process, and is stopped where it is a module: the console has the keyboard again.

import ABI
import Primitives
import SDK
import ServiceSupport

enum KeyTest {
  /// How many keys are waited for.
  private static var count: Int { 6 }

  static func run() -> Int32 {
    do throws(SystemError) {
      let keyboard = try ServiceClient("keyboard")
      // Without waiting there is nothing yet, but from now on the keys come here.
      guard try read(keyboard, milliseconds: 0).isEmpty, let before = ServiceList.find(Bytes("keyboard")),
        let placement = ServicePlacement(rawValue: before.placement)
      else { return 1 }
      say("press keys: ", Bytes(placement.name).copied)
      var typed: [UInt8] = []
      while typed.count < count { typed += try read(keyboard, milliseconds: 60_000) }
      say("typed ", typed)
      keyboard.close()
      // It may have moved meanwhile.
      guard let service = ServiceList.find(Bytes("keyboard")) else { return 1 }
      if service.placement == ServicePlacement.linked.rawValue {
        guard manage(.stop, "keyboard") else { return 1 }
      } else {
        try TaskIdentity(service.owner).kill(status: 1)
      }
      say("ended the keyboard's driver", [])
      return 0
    } catch {
      say("keyboard: ", Bytes(error.sentence).copied)
      return 1
    }
  }

  /// Two bytes at the most, so that what is left has to be kept.
  private static func read(_ keyboard: ServiceClient, milliseconds: UInt32) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    let reply = try keyboard.call(
      KeyboardOperation.read.rawValue, words: Conformance.words(milliseconds), reply: &bytes, capacity: 2)
    if try Verdict<KeyboardFailure>.failure(reply[0]) != nil || reply[1] != 0 { throw .unsupported }
    return bytes
  }

  private static func say(_ words: StaticString, _ text: [UInt8]) {
    Console.write {
      $0.write("placements: ")
      $0.write(words)
      $0.write(text)
      $0.write("\n")
    }
  }
}
