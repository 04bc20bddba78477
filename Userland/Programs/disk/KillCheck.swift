// The server of the disk ends again and again while clients read: nothing hangs, nothing wrong is read.
//
// Each client makes 250 reads a round. A read that the server's end cut short fails with an error of the kernel's, and is
// made again once the manager has started the next server.

import ABI
import Primitives
import SDK

enum KillCheck {
  private static var clients: Int { 4 }
  private static var readsPerRound: UInt32 { 250 }

  private struct Counts {
    var reads: UInt32 = 0
    var cutShort: UInt32 = 0
    var wrong: UInt32 = 0
    /// How often the device's memory was given back with its driver.
    var givenBack: UInt32 = 0
  }

  static func run(_ rounds: UInt32) -> Int32 {
    let counts = Mutex(Counts())
    var kills: UInt32 = 0
    for round in 0..<rounds {
      var threads: [Thread] = []
      for client in 0..<clients {
        let seed = round &* 4 &+ UInt32(client)
        guard let thread = try? Thread.start(body: { read(seed: seed, counts) }) else { return 1 }
        threads.append(thread)
      }
      // In the middle of the reads, each round at another point.
      let before = counts.withLock { $0.reads }
      while counts.withLock({ $0.reads }) &- before < 20 &+ round &* 37 % 600 { Thread.yield() }
      if let server = ServiceList.find(Bytes("disk"))?.owner, server != 0,
        (try? TaskIdentity(server).kill(status: 1)) != nil
      {
        kills += 1
        // Whatever the controller still does, its memory is nobody else's.
        if (try? Machine.memory())?.devices == 0 { counts.withLock { $0.givenBack += 1 } }
      }
      for thread in threads { _ = try? thread.join() }
    }
    let result = counts.withLock { $0 }
    Console.write {
      $0.write("disk: ")
      $0.write(decimal: kills)
      $0.write(" servers ended, ")
      $0.write(decimal: result.reads)
      $0.write(" reads done, ")
      $0.write(decimal: result.cutShort)
      $0.write(" cut short and made again, ")
      $0.write(decimal: result.wrong)
      $0.write(" wrong\n")
    }
    let kept = (try? Machine.memory())?.devices ?? 0
    Console.write {
      $0.write("disk: its memory was given back too early ")
      $0.write(decimal: result.givenBack)
      $0.write(" times, and is ")
      $0.write(decimal: kept)
      $0.write(" pages now\n")
    }
    return kills == rounds && result.wrong == 0 && result.givenBack == 0
      && result.reads == rounds * readsPerRound * UInt32(clients) ? 0 : 1
  }

  private static func reopen(_ disk: inout DiskClient) -> Bool {
    guard let next = DiskClient() else { return false }
    disk = next
    return true
  }

  private static func read(seed: UInt32, _ counts: Mutex<Counts>) -> Int32 {
    guard var disk = DiskClient() else { return 1 }
    var bytes: [UInt8] = []
    var sector = seed &* 7919 % 2000
    var done: UInt32 = 0
    while done < readsPerRound {
      let length = 1 + (sector ^ done) % 4
      do throws(SystemError) {
        let sentence = try disk.tryRead(sector, length, into: &bytes)
        let isRight = sentence == nil && DiskImage.isRight(bytes, from: sector, length)
        counts.withLock {
          $0.reads += 1
          if !isRight { $0.wrong += 1 }
        }
        done += 1
        sector = (sector &+ 613) % 2000
      } catch {
        // `serviceFaulted` for a request that was worked on, `peerGone` for one that waited; all else is a mistake.
        guard error == .serviceFaulted || error == .peerGone else {
          counts.withLock { $0.wrong += 1 }
          return 1
        }
        counts.withLock { $0.cutShort += 1 }
        // A name that nobody serves is forgotten with its last handle: the next server's is found anew.
        disk.close()
        repeat { Thread.sleep(milliseconds: 10) } while !reopen(&disk)
      }
    }
    disk.close()
    return 0
  }
}
