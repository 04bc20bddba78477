// What the rules of the manager ask of the system. The manager binds it to system calls; the tests to a model of the kernel
// in which servers end, hang and crash wherever they can.

import ABI
import Primitives
import SDK

/// Why something could not be done: a sentence.
struct ManagerRefusal: Error {
  let sentence: [UInt8]

  init(_ text: StaticString) { sentence = Bytes(text).copied }
  init(_ sentence: [UInt8]) { self.sentence = sentence }
}

enum ServerState {
  /// It runs, and does not serve its name.
  case starting
  case serving
  /// It has ended, or failed.
  case gone
}

/// What people are told.
enum ServiceNews {
  case moduleFailed
  case notStartedAgain(ManagerRefusal)
}

/// Everything here comes back: what waits has a limit, and throws where that is over.
protocol ServiceWorld {
  /// Calls `body` with the book, alone. It waits for nobody.
  func withBook<Result>(_ body: (inout ServiceBook) -> Result) -> Result
  /// Since boot.
  var milliseconds: UInt64 { get }
  /// Lets others go on for about a millisecond.
  func pause()
  /// Somebody may have crashed.
  func wakeRecovery()
  func tell(_ news: ServiceNews, of name: [UInt8])

  /// What a service needs; nil where nothing of this name could be started and nobody serves it.
  func needs(of name: [UInt8]) -> [[UInt8]]?
  /// Takes out a module of this name that has failed, or that serves nobody: it keeps others from the name.
  func removeLeftModule(_ name: [UInt8]) throws(ManagerRefusal)
  /// Starts a server, which may not serve yet.
  func start(_ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights) throws(ManagerRefusal) -> Server
  /// Ends a server, and returns when it is gone.
  func end(_ server: Server, of name: [UInt8]) throws(ManagerRefusal)
  func state(of server: Server, for name: [UInt8]) -> ServerState
  /// Whether somebody wakes recovery when it ends. Others are looked at again and again.
  func isEndTold(of server: Server) -> Bool
  /// Who serves a name and was started by a manager, perhaps by one before this one, and with which rights.
  func adoptable(_ name: [UInt8]) -> (server: Server, rights: Rights)?
  /// Whether anybody serves it.
  func isServed(_ name: [UInt8]) -> Bool

  func hold(_ name: [UInt8]) throws(ManagerRefusal)
  func release(_ name: [UInt8]) throws(ManagerRefusal)
  func retire(_ name: [UInt8]) throws(ManagerRefusal)
  func save(_ name: [UInt8], of server: Server) throws(ManagerRefusal) -> [UInt8]
  func restore(_ name: [UInt8], _ state: [UInt8], to server: Server) throws(ManagerRefusal)
  /// Keeps a name although nobody may serve it, so that its calls can be held before it has a server again; or no more.
  func keepName(_ name: [UInt8], _ isKept: Bool)
}
