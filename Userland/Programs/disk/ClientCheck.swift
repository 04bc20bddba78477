// Clients of the disk end in the middle of their reads: what the driver did for them ends there, and it goes on for others.
//
// A client is another process of this program. It is killed while a request of its own is with the driver, each time after
// another number of requests, and a read of this process follows.

import ABI
import Primitives
import SDK

enum ClientCheck {
  static func run(_ rounds: UInt32, _ disk: DiskClient) -> Int32 {
    var words = WordList()
    words.append("disk")
    words.append("check")
    words.append("1000000")
    var ended: UInt32 = 0
    var wrong: UInt32 = 0
    var bytes: [UInt8] = []
    for round in 0..<rounds {
      guard let client = try? Process.start(named: Bytes("disk"), arguments: words),
        waitForRequest(after: round % 7)
      else { return 1 }
      if (try? client.kill(status: 1)) != nil { ended += 1 }
      _ = try? client.wait()
      let sector = round &* 613 % 2000
      if disk.read(sector, 4, into: &bytes) != nil || !DiskImage.isRight(bytes, from: sector, 4) { wrong += 1 }
    }
    Console.write {
      $0.write("disk: ")
      $0.write(decimal: ended)
      $0.write(" clients ended in the middle of a request, ")
      $0.write(decimal: wrong)
      $0.write(" reads of others wrong\n")
    }
    return ended == rounds && wrong == 0 ? 0 : 1
  }

  /// Waits until a request is with the driver, after so many others. False where nobody serves.
  private static func waitForRequest(after count: UInt32) -> Bool {
    guard let first = ServiceList.find(Bytes("disk"))?.calls else { return false }
    while true {
      guard let service = ServiceList.find(Bytes("disk")), service.state != 0 else { return false }
      if service.inside > 0, service.calls &- first > count { return true }
      Thread.yield()
    }
  }
}
