// The processes that a test starts and ends: a server of one kind, and callers.

import ABI
import Primitives
import SDK

/// A server process, and a connection to it.
struct Peer {
  static var name: StaticString { "messagetests" }
  let task: TaskIdentity?
  let service: Connection?

  /// - Parameter tasks: how many tasks of the kind serve: 1 or 2.
  init(_ kind: Kind, tasks: Int = 1) {
    let role: StaticString = MessageTests.servesInRegisters ? "--serve-in-registers" : "--serve"
    task = start([role, kind.word, tasks == 1 ? "1" : "2"], kind.processFlags)
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
  func waitUntil(waiting: UInt32, inside: UInt32) -> Bool { wait { $0.waiting == waiting && $0.inside == inside } }

  /// Waits until calls are held back.
  func waitUntilHeld() -> Bool { wait { $0.state == 2 } }

  private func wait(_ condition: (ServiceInformation) -> Bool) -> Bool {
    for _ in 0..<1000 {
      if let information = ServiceList.find(Bytes(Self.name)), condition(information) { return true }
      Thread.sleep(milliseconds: 1)
    }
    return false
  }

  func control(_ action: ServiceAction) -> Bool {
    (try? ServiceList.control(Bytes(Self.name), action)) != nil
  }

  /// Whether the server answers, with what it is asked.
  var isServing: Bool { service.map { Self.isServing($0) } ?? false }

  static func isServing(_ service: Connection) -> Bool {
    service.call(Operation.check, 0, 0, 0, milliseconds: 1000).words[0] == 1
  }

  /// A process that does what the words say (MessageTests.swift).
  func process(_ words: [StaticString], _ flags: StartFlags = []) -> TaskIdentity? { start(words, flags) }

  /// A thread of this process that makes one call; its exit status is the result.
  func thread(
    _ operation: UInt32, _ first: UInt32 = 0, milliseconds: UInt64? = nil, _ options: StartOptions = StartOptions()
  ) -> Thread? {
    guard let service else { return nil }
    return try? Thread.start(options) { service.call(operation, first, milliseconds: milliseconds).result }
  }
}

/// Starts this program as one of the test's processes.
private func start(_ words: [StaticString], _ flags: StartFlags) -> TaskIdentity? {
  var arguments = WordList()
  arguments.append("messagetests")
  for word in words { arguments.append(word) }
  return try? Process.start(Bytes("/bin/messagetests"), arguments: arguments, options: StartOptions(flags: flags))
}

extension Optional<Thread> {
  /// Whether the thread's call came to this result.
  func returned(_ error: SystemError?) -> Bool {
    self.flatMap { try? $0.join() } == .exited(status: error?.rawValue ?? 0)
  }
}

extension Optional<TaskIdentity> {
  /// Whether the process's call came to this result.
  func returned(_ error: SystemError?) -> Bool {
    self.flatMap { try? $0.wait() } == .exited(status: error?.rawValue ?? 0)
  }

  /// Kills it. Returns whether it was there to be killed.
  func end() -> Bool {
    try? self?.kill(status: 9)
    return self.flatMap { try? $0.wait() } == .killed(status: 9)
  }
}
