// The service manager, started again whenever it ends. The next one takes over what runs, and what the one before has written into
// memory that is kept here for that.
//
// Invariant: from its end until the next one has taken over, its name is held: calls wait, and nobody else takes the name.

import ABI
import Primitives
import SDK

struct SupervisedManager {
  private static var path: StaticString { "/bin/manager" }
  private static var name: StaticString { "manager" }
  /// Before ordinary programs, so that whatever loops can be stopped.
  static var priority: UInt32 { 20 }

  /// Nil: it could not be started, and without it services must be started by hand.
  private(set) var task: TaskIdentity?
  private var started: UInt64 = 0
  private var restarts: UInt32 = 0
  /// Kept open, so that the name outlives a manager.
  private var openName: ServiceClient?
  /// Where managers write what the next one has to know; 0: nowhere.
  private let journal = (try? Memory.map(journalLength, [.read, .write])) ?? 0
  /// As the manager has it.
  private static var journalLength: UInt32 { 8192 }
  /// After so many ends in a row, each soon after its start, the journal may be the reason.
  private static var trustedEnds: UInt32 { 24 }

  init() { start() }

  /// How often in a row it is tried.
  private static var attempts: UInt32 { 8 }

  private mutating func start() {
    var arguments = WordList()
    arguments.append(Self.path)
    var options = StartOptions()
    options.priority = Self.priority
    started = Clock.sinceBoot / 1_000_000
    do throws(Refusal) {
      let task = try Process.start(Bytes(Self.path), arguments: arguments, options: options)
      self.task = task
      waitUntilItServes()
      handOver(to: task)
    } catch {
      task = nil
      Console.write {
        $0.write("init: the service manager was not started: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
    }
  }

  /// It is more urgent than this process, so mostly it serves already.
  private mutating func waitUntilItServes() {
    for _ in 0..<1000 {
      if let service = ServiceList.find(Bytes(Self.name)), service.owner == task?.number { break }
      guard let task, ((try? task.information().addressSpace) ?? 0) != 0 else { return }
      Thread.sleep(milliseconds: 1)
    }
    if openName == nil { openName = try? ServiceClient(Self.name) }
  }

  /// Gives the manager its predecessor's journal. Without, it takes over what it finds.
  private func handOver(to manager: TaskIdentity) {
    guard journal != 0, let openName,
      let place = try? Memory.share(journal, Self.journalLength, with: manager, [.read, .write])
    else { return }
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = place
    words[1] = Self.journalLength
    var none: [UInt8] = []
    _ = try? openName.call(ManagerOperation.takeOver.rawValue, words: words, reply: &none, nanoseconds: 5_000_000_000)
  }

  /// It has ended. Starts another one, later each time that happens soon.
  mutating func ended(_ outcome: Outcome) {
    let isHeld = (try? ServiceList.control(Bytes(Self.name), .hold)) != nil
    Console.write {
      $0.write("init: the service manager ")
      outcome.describe(to: &$0)
      $0.write("; it is started again\n")
    }
    let now = Clock.sinceBoot / 1_000_000
    restarts = ServiceOrder.restarts(before: restarts, lived: now - started)
    task = nil
    if restarts > Self.trustedEnds { forgetJournal() }
    for attempt in 0..<Self.attempts where task == nil {
      Thread.sleep(milliseconds: ServiceOrder.delay(restarts: restarts + attempt))
      start()
    }
    if isHeld { try? ServiceList.control(Bytes(Self.name), .release) }
  }

  private func forgetJournal() {
    guard let start = unsafe UnsafeMutablePointer<UInt32>(bitPattern: UInt(journal)) else { return }
    for index in 0..<Int(Self.journalLength / 4) { unsafe start[index] = 0 }
  }
}
