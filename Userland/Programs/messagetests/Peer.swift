// The processes that a test starts and ends: a server of one kind, and callers.

import ABI
import Primitives
import SDK

enum ServerKind {
  case ring3, ring0, ring0Shared

  static var all: [ServerKind] { [.ring3, .ring0, .ring0Shared] }

  var flags: StartFlags {
    switch self {
    case .ring3: []
    case .ring0: .ring0
    case .ring0Shared: [.ring0, .sharedStack]
    }
  }

  var name: StaticString {
    switch self {
    case .ring3: "Ring 3"
    case .ring0: "Ring 0"
    case .ring0Shared: "Ring 0, shared stack"
    }
  }
}

/// A server process, and a connection to it.
struct Peer {
  static var name: StaticString { "messagetests" }
  let task: TaskIdentity?
  let service: Connection?

  init(_ kind: ServerKind) {
    task = start(["--serve"], kind.flags)
    var connection: Connection?
    for _ in 0..<1000 where connection == nil {
      Thread.sleep(milliseconds: 1)
      if let information = ServiceList.find(Bytes(Self.name)), information.state == 1 {
        connection = Connection(Bytes(Self.name))
      }
    }
    service = connection
  }

  func end() {
    try? task?.kill(status: 0)
    _ = try? task?.wait()
    service?.close()
  }

  /// Waits until as many callers wait for their turn, and as many are inside.
  func waitUntil(waiting: UInt32, inside: UInt32) -> Bool {
    for _ in 0..<1000 {
      if let information = ServiceList.find(Bytes(Self.name)), information.waiting == waiting,
        information.inside == inside
      {
        return true
      }
      Thread.sleep(milliseconds: 1)
    }
    return false
  }

  /// A process that makes one call.
  func caller(_ operation: StaticString) -> TaskIdentity? { start(["--call", operation], []) }

  /// A thread of this process that makes one call; its exit status is the result.
  func thread(_ operation: UInt32, _ first: UInt32 = 0, _ flags: StartFlags = []) -> Thread? {
    guard let service else { return nil }
    return try? Thread.start(StartOptions(flags: flags)) { service.call(operation, first).result }
  }
}

/// Starts this program as one of the test's processes.
private func start(_ words: [StaticString], _ flags: StartFlags) -> TaskIdentity? {
  var arguments = WordList()
  arguments.append("messagetests")
  arguments.append(words[0])
  arguments.append(Peer.name)
  if words.count > 1 { arguments.append(words[1]) }
  return try? Process.start(Bytes("/bin/messagetests"), arguments: arguments, options: StartOptions(flags: flags))
}

extension Thread {
  /// Whether the thread's call came to this result.
  func returned(_ error: SystemError?) -> Bool { (try? join()) == .exited(status: error?.rawValue ?? 0) }
}
