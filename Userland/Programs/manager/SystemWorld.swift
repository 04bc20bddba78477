// The system as the rules see it: the book behind a lock, names of services, and what people are told.
//
// Invariant: nothing here waits with the book's lock held.

import ABI
import Primitives
import SDK

struct SystemWorld: ServiceWorld {
  private static let book = Mutex(ServiceBook())
  /// Given whenever a server was started as a process.
  static let processStarted = Semaphore(0)
  /// Given where something may have to be recovered.
  static let pending = Semaphore(0)
  /// Names that are kept open, so that they outlive a crash and can be held before they have a server again.
  private static let keptNames = Mutex<[(name: [UInt8], client: ServiceClient)]>([])
  /// The process that starts managers. Servers of one that has ended are its children.
  static let supervisor = (try? TaskIdentity.current.information().parent) ?? 0
  static let own = (try? TaskIdentity.current.information().process) ?? 0

  func withBook<Result>(_ body: (inout ServiceBook) -> Result) -> Result {
    Self.book.withLock { book in
      let changes = book.changes
      let result = body(&book)
      if book.changes != changes { Journal.write(book) }
      return result
    }
  }

  var milliseconds: UInt64 { Clock.sinceBoot / 1_000_000 }
  func pause() { Thread.sleep(milliseconds: 1) }
  func wakeRecovery() { Self.pending.give() }

  // MARK: Names

  static func withBytes<Result>(_ bytes: [UInt8], _ body: (Bytes) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return body(Bytes("")) }
      return body(unsafe Bytes(start: start, count: buffer.count))
    }
  }

  static func information(_ name: [UInt8]) -> ServiceInformation? { withBytes(name) { ServiceList.find($0) } }

  func isServed(_ name: [UInt8]) -> Bool { Self.information(name).map { $0.state != 0 } ?? false }

  func keepName(_ name: [UInt8], _ isKept: Bool) {
    let client = isKept ? try? Self.open(name) : nil
    let before = Self.keptNames.withLock { names in
      let before = names.firstIndex { $0.name == name }.map { names.remove(at: $0).client }
      if let client { names.append((name, client)) }
      return before
    }
    before?.close()
  }

  static func open(_ name: [UInt8]) throws(ManagerRefusal) -> ServiceClient {
    var failure = SystemError.notFound
    var client: ServiceClient?
    withBytes(name) { name in
      do throws(SystemError) { client = try ServiceClient(name) } catch { failure = error }
    }
    guard let client else { throw ManagerRefusal(failure.sentence) }
    return client
  }

  // MARK: Takeover

  /// The names that somebody serves.
  static var leftNames: [[UInt8]] {
    var names: [[UInt8]] = []
    var index: UInt32 = 0
    while let service = ServiceList.information(index) {
      names.append(service.name.withBytes { $0.copied })
      index += 1
    }
    return names
  }

  func adoptable(_ name: [UInt8]) -> (server: Server, rights: Rights)? {
    guard let service = Self.information(name), service.state != 0, Self.exists(name) else { return nil }
    guard service.placement != ServicePlacement.linked.rawValue else {
      guard let module = Self.withBytes(name, { Modules.information(named: $0) }), !module.hasFailed else { return nil }
      // Whoever could have it linked could do all that the kernel can.
      return (Server(placement: .linked, task: 0), .all)
    }
    guard let placement = ServicePlacement(rawValue: service.placement),
      let process = try? TaskIdentity(service.owner).information(), process.parent == Self.supervisor,
      Self.withBytes(name, { process.name.isEqual(to: $0) })
    else { return nil }
    return (Server(placement: placement, task: service.owner), process.rights)
  }

  /// Takes out modules of services that serve nobody: a manager that ended in the middle of a move has left them.
  static func removeLeftModules() {
    var names: [[UInt8]] = []
    var index: UInt32 = 0
    while let module = Modules.information(index) {
      let name = module.name.withBytes { $0.copied }
      if exists(name) { names.append(name) }
      index += 1
    }
    for name in names { try? SystemWorld().removeLeftModule(name) }
  }

  // MARK: People

  /// A server process ended.
  static func ended(_ task: TaskIdentity, _ outcome: Outcome) {
    let name = book.withLock { book in
      book.records.first { record in
        record.server.map { $0.task == task.number && !book.isEnding($0) } == true
      }?.name
    }
    if let name {
      Console.write {
        $0.write("manager: ")
        $0.write(name)
        $0.write(" ended by itself (")
        outcome.describe(to: &$0)
        $0.write("); it is started again\n")
      }
    }
    pending.give()
  }

  func tell(_ news: ServiceNews, of name: [UInt8]) {
    Console.write {
      switch news {
      case .moduleFailed:
        $0.write("manager: the module ")
        $0.write(name)
        $0.write(" has failed; it is loaded again\n")
      case .notStartedAgain(let refusal):
        $0.write("manager: ")
        $0.write(name)
        $0.write(" is not started again: ")
        $0.write(refusal.sentence)
        $0.write("\n")
      }
    }
  }
}
