// Clients in both rings call a service without pause while it moves round all placements. Each client knows what each
// reply must be: a call that failed, was lost, was done twice or came out of order shows at once, and with it how long
// the longest call waited, in ticks of the time-stamp counter, which are instructions where the emulator counts those.
//
// Invariant: moves and calls go side by side: the clients wait for the mover at each share of their calls, and the
// mover for the clients, so that every move meets calls.

import ABI
import Primitives
import SDK
import ServiceSupport
import UserSupport

struct MoveTest {
  /// Calls of each client.
  let calls: UInt32
  let moves: UInt32
  let clients: UInt32
  let service: MovedService

  private struct Result {
    var failures: UInt32 = 0
    var longestWait: UInt64 = 0
    var done: UInt32 = 0
  }

  /// How far both sides are.
  private struct Progress {
    var calls: UInt32 = 0
    var moves: UInt32 = 0
  }

  func run() -> Int32 {
    guard calls > 0, moves > 0, manage(.start, service.name) else { return 1 }
    let result = Mutex(Result())
    let progress = Mutex(Progress())
    var threads: [Thread] = []
    for index in 0..<clients {
      do throws(SystemError) {
        threads.append(
          try Thread.start(StartOptions(flags: index % 2 == 1 ? .ring0 : [])) { () -> Int32 in
            let own = work(index, progress)
            result.withLock {
              $0.failures += own.failures
              $0.done += own.done
              $0.longestWait = max($0.longestWait, own.longestWait)
            }
            // Calls that were not done are not waited for.
            progress.withLock { $0.calls += calls - own.done }
            return 0
          })
      } catch {
        result.withLock { $0.failures += 1 }
        progress.withLock { $0.calls += calls }
      }
    }
    let failedMoves = move(progress)
    for thread in threads {
      do throws(SystemError) { _ = try thread.join() } catch { result.withLock { $0.failures += 1 } }
    }
    let total = result.withLock { $0 }
    _ = manage(.stop, service.name)
    Console.write {
      $0.write("placements: ")
      $0.write(service.name)
      $0.write(": ")
      $0.write(decimal: total.done)
      $0.write(" calls by ")
      $0.write(decimal: clients)
      $0.write(" clients, ")
      $0.write(decimal: moves)
      $0.write(" moves, ")
      $0.write(decimal: total.failures + failedMoves)
      $0.write(" failures, longest wait ")
      $0.write(decimal: total.longestWait)
      $0.write(" stamps\n")
    }
    return total.failures + failedMoves == 0 && total.done == calls * clients ? 0 : 1
  }

  /// Moves the service through all six transitions, again and again. Returns how many moves failed.
  private func move(_ progress: Mutex<Progress>) -> UInt32 {
    // Each placement to each other one, as one round trip.
    let round: [ServicePlacement] = [.ring0Server, .linked, .server, .linked, .ring0Server, .server]
    var failed: UInt32 = 0
    for index in 0..<moves {
      let before = UInt32(UInt64(calls) * UInt64(clients) * UInt64(index) / UInt64(moves))
      while progress.withLock({ $0.calls }) < before { Thread.sleep(milliseconds: 1) }
      if !manage(.move, service.name, round[Int(index) % round.count]) { failed += 1 }
      progress.withLock { $0.moves += 1 }
    }
    return failed
  }

  private func work(_ index: UInt32, _ progress: Mutex<Progress>) -> Result {
    var result = Result()
    // How many calls belong to one move, and how often they are told.
    let share = max(1, calls / moves)
    let step = min(share, 64)
    do throws(SystemError) {
      var caller = try Caller(index, of: service)
      defer { caller.close() }
      for call in 1...calls {
        let start = read_stamp()
        let isRight = try caller.call(call)
        result.longestWait = max(result.longestWait, UInt64(read_stamp() &- start))
        guard isRight else {
          result.failures += 1
          return result
        }
        result.done += 1
        if call % step == 0 { progress.withLock { $0.calls += step } }
        if call % share == 0 {
          // The mover has begun with the move after this share, at the latest, before the one after that is used up.
          let wanted = min(call / share, moves) - 1
          while progress.withLock({ $0.moves }) < wanted { Thread.sleep(milliseconds: 1) }
        }
      }
      progress.withLock { $0.calls += calls % step }
    } catch {
      result.failures += 1
      Console.write {
        $0.write("placements: client ")
        $0.write(decimal: index)
        $0.write(": ")
        $0.write(error.sentence)
        $0.write("\n")
      }
    }
    return result
  }
}

/// A service that keeps something that its clients would miss.
enum MovedService {
  case store, files, clock

  var name: StaticString {
    switch self {
    case .store: "store"
    case .files: "files"
    case .clock: "clock"
    }
  }
}

/// One client, and what it expects.
private struct Caller {
  private enum Client {
    case store(ServiceClient)
    case files(Handle)
    case clock(ClockClient)
  }

  private let index: UInt32
  private let client: Client
  /// The time that the clock told last.
  private var lastTime: UInt64 = 0
  /// Words written since the file was begun, and words read back.
  private var written: UInt32 = 0
  private var read: UInt32 = 0

  /// Words of a file, and how many are read at once.
  private static var fileWords: UInt32 { 512 }
  private static var portion: UInt32 { 64 }

  init(_ index: UInt32, of service: MovedService) throws(SystemError) {
    self.index = index
    switch service {
    case .store: client = .store(try ServiceClient("store"))
    case .files:
      let path = Bytes("/tmp/c").copied + [0x30 + UInt8(index)]
      client = .files(try Handle.open(path, [.write, .create, .truncate]))
    case .clock:
      let clock = try ClockClient()
      // Not the time that the machine's own clock shows: the distance has to move too.
      guard try clock.set(secondsSince1970: Conformance.endOfFebruary2100) == nil else { throw .notFound }
      lastTime = Conformance.endOfFebruary2100
      client = .clock(clock)
    }
  }

  func close() {
    switch client {
    case .store(let store): store.close()
    case .files(let file): file.close()
    case .clock(let clock): clock.close()
    }
  }

  /// Makes call number `call`, from 1. Returns whether the reply was right.
  mutating func call(_ call: UInt32) throws(SystemError) -> Bool {
    switch client {
    case .store(let store): return try store.callShort(StoreOperation.increment.rawValue, index) == call
    case .files(let file): return try callFile(file)
    case .clock(let clock):
      guard case .time(let time) = try clock.time() else { return false }
      // Another client may have set it back by what passed since it started; what is lost with a move is decades.
      let isRight = time.secondsSince1970 + 60 > lastTime && time.secondsSince1970 < lastTime + 60
      lastTime = time.secondsSince1970
      return isRight
    }
  }

  private mutating func callFile(_ file: Handle) throws(SystemError) -> Bool {
    if written < Self.fileWords {
      // The size after it tells whether a write was lost.
      written += 1
      try file.write(bytes(written))
      return try file.file().size == written * 4
    }
    if read == 0 {
      try file.seek(to: 0)
      read = 1
    }
    if read <= Self.fileWords {
      var part = InlineArray<256, UInt8>(repeating: 0)
      guard try file.read(into: &part) == 256 else { return false }
      var isRight = true
      for word in 0..<Self.portion {
        for (place, byte) in bytes(read + word).enumerated() where part[Int(word) * 4 + place] != byte {
          isRight = false
        }
      }
      read += Self.portion
      return isRight
    }
    written = 0
    read = 0
    try file.resize(to: 0)
    try file.seek(to: 0)
    return try file.file().size == 0
  }

  private func bytes(_ word: UInt32) -> [UInt8] {
    [UInt8(index), UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8), 0xa5]
  }
}
