// The services that the manager has started, and how each is started in each placement.
//
// Invariant: the list is touched only with its lock held; starting and waiting happen without it.

import ABI
import Primitives
import SDK

/// One service that was started.
struct ServerEntry {
  var name: [UInt8]
  var placement: ServicePlacement
  /// The process that serves it; 0 where it is linked.
  var task: UInt32
  /// Those of whoever had it started.
  let rights: Rights
  /// It was told to end, or another placement has taken over.
  var isEnding = false
  var restarts: UInt32 = 0
  /// In nanoseconds since boot.
  let started = Clock.sinceBoot
  /// The state to go on from after a crash; empty where none was kept.
  var keptState: [UInt8] = []
  /// Open as long as there is such a state: so the name outlives a crash, and can be held before it has a server again.
  var openName: ServiceClient?
}

/// Why something could not be done: a sentence.
struct ManagerRefusal: Error {
  var sentence: [UInt8]
  init(_ text: StaticString) { sentence = Bytes(text).copied }
  init(_ sentence: [UInt8]) { self.sentence = sentence }
}

enum Servers {
  static let list = Mutex<[ServerEntry]>([])
  /// Given whenever a server was started as a process.
  static let processStarted = Semaphore(0)
  /// Taken while a command is carried out or a crashed service is started again: one of them at a time.
  static let turn = Semaphore(1)

  static func find(_ name: [UInt8]) -> ServerEntry? {
    list.withLock { entries in entries.first { $0.name == name && !$0.isEnding } }
  }

  // MARK: Starting

  /// Starts a service in a placement and waits until it has published its name. The system's own come before those that
  /// were added to it.
  static func start(
    _ name: [UInt8], as placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) -> ServerEntry {
    let isOwn = isFile("/lib/services/", name, placement)
    return try start(name, in: isOwn ? "/lib/services/" : "/extra/", as: placement, rights)
  }

  /// Where files of services are: the system's own, and those that were added.
  static var folders: [StaticString] { ["/lib/services/", "/extra/"] }

  /// Whether there is a file of it to start, in whatever placement.
  static func exists(_ name: [UInt8]) -> Bool {
    for folder in folders {
      if isFile(folder, name, .server) || isFile(folder, name, .linked) { return true }
    }
    return false
  }

  private static func isFile(_ folder: StaticString, _ name: [UInt8], _ placement: ServicePlacement) -> Bool {
    let path = bytes(folder) + name + (placement == .linked ? bytes(".so") : [])
    return withBytes(path) { path in
      do throws(SystemError) {
        _ = try File(path)
        return true
      } catch { return false }
    }
  }

  private static func start(
    _ name: [UInt8], in folder: StaticString, as placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) -> ServerEntry {
    var path = bytes(folder)
    path += name
    if placement == .linked {
      path += bytes(".so")
      var refusal: Refusal?
      withBytes(path) { path in
        do throws(Refusal) { try Modules.load(path, parameters: WordList()) } catch { refusal = error }
      }
      if let refusal { throw ManagerRefusal(sentence(of: refusal)) }
      return add(ServerEntry(name: name, placement: placement, task: 0, rights: rights))
    }
    var arguments = WordList()
    arguments.append(path)
    var options = StartOptions(flags: placement == .ring0Server ? .ring0 : [])
    options.droppedRights = Rights.all.subtracting(rights)
    var started: TaskIdentity?
    var refusal: Refusal?
    withBytes(path) { path in
      do throws(Refusal) { started = try Process.start(path, arguments: arguments, options: options) } catch {
        refusal = error
      }
    }
    if let refusal { throw ManagerRefusal(sentence(of: refusal)) }
    guard let started else { throw ManagerRefusal("the server was not started") }
    let entry = add(ServerEntry(name: name, placement: placement, task: started.number, rights: rights))
    try waitUntilPublished(entry)
    return entry
  }

  /// Waits, a millisecond at a time, until the server serves its name or has ended.
  private static func waitUntilPublished(_ entry: ServerEntry) throws(ManagerRefusal) {
    for _ in 0..<2000 {
      let information = withBytes(entry.name) { ServiceList.find($0) }
      if let information, information.owner == entry.task, information.state != 0 { return }
      if !contains(task: entry.task) { throw ManagerRefusal("the server ended before it published its name") }
      Thread.sleep(milliseconds: 1)
    }
    throw ManagerRefusal("the server did not publish its name within two seconds")
  }

  private static func add(_ entry: ServerEntry) -> ServerEntry {
    list.withLock { $0.append(entry) }
    if entry.task != 0 { processStarted.give() } else { Recovery.wake() }
    return entry
  }

  private static func contains(task: UInt32) -> Bool {
    list.withLock { entries in entries.contains { $0.task == task } }
  }

  // MARK: Ending

  /// Says whether an end of the server is expected.
  static func setEnding(_ entry: ServerEntry, _ isEnding: Bool) {
    change(entry) { $0.isEnding = isEnding }
  }

  /// Ends a server and waits until it is gone.
  static func end(_ entry: ServerEntry) throws(ManagerRefusal) {
    setEnding(entry, true)
    guard entry.placement == .linked else {
      do throws(SystemError) { try TaskIdentity(entry.task).kill(status: 0) } catch {}
      while contains(task: entry.task) { Thread.sleep(milliseconds: 1) }
      return
    }
    var refusal: Refusal?
    withBytes(entry.name) { name in
      do throws(Refusal) { try Modules.unload(name) } catch { refusal = error }
    }
    if let refusal {
      setEnding(entry, false)
      throw ManagerRefusal(sentence(of: refusal))
    }
    list.withLock { entries in
      entries.removeAll {
        guard $0.name == entry.name && $0.placement == .linked && $0.isEnding else { return false }
        $0.openName?.close()
        return true
      }
    }
  }

  /// Waits until a server whose name nobody serves any more, because its process has ended, is out of the list.
  static func awaitEndNoticed(_ entry: ServerEntry) {
    for _ in 0..<2000 where contains(task: entry.task) {
      let information = withBytes(entry.name) { ServiceList.find($0) }
      if let information, information.owner == entry.task { return }
      Thread.sleep(milliseconds: 1)
    }
  }

  /// A server process ended. One that was not told to is started again.
  static func ended(_ task: TaskIdentity, _ outcome: Outcome) {
    var crashed: ServerEntry?
    list.withLock { entries in
      guard let index = entries.firstIndex(where: { $0.task == task.number }) else { return }
      let entry = entries.remove(at: index)
      if entry.isEnding { entry.openName?.close() } else { crashed = entry }
    }
    guard let entry = crashed else { return }
    Console.write {
      $0.write("manager: ")
      $0.write(entry.name)
      $0.write(" ended by itself (")
      outcome.describe(to: &$0)
      $0.write("); it is started again\n")
    }
    Recovery.add(entry)
  }

  /// Keeps a state for the case that the server crashes.
  static func keep(_ state: [UInt8], of entry: ServerEntry) {
    let name = openName(entry.name)
    change(entry) {
      $0.keptState = state
      $0.openName?.close()
      $0.openName = name
    }
  }

  private static func openName(_ name: [UInt8]) -> ServiceClient? {
    withBytes(name) { name in
      do throws(SystemError) { return try ServiceClient(name) } catch { return nil }
    }
  }

  static func change(_ entry: ServerEntry, _ body: (inout ServerEntry) -> Void) {
    list.withLock { entries in
      for index in entries.indices
      where entries[index].task == entry.task && entries[index].placement == entry.placement
        && entries[index].name == entry.name
      { body(&entries[index]) }
    }
  }

  // MARK: Text

  static func bytes(_ text: StaticString) -> [UInt8] { ManagerRefusal(text).sentence }

  static func withBytes<Result>(_ bytes: [UInt8], _ body: (Bytes) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return body(Bytes("")) }
      return body(unsafe Bytes(start: start, count: buffer.count))
    }
  }

  static func sentence(of refusal: Refusal) -> [UInt8] {
    refusal.explanation.isEmpty ? bytes(refusal.error.sentence) : refusal.explanation
  }
}
