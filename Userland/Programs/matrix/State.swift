// The states in which a task can be killed.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum State: UInt32 {
  case ready, sleeping, waitingForTask, waitingForInput, waitingForWord, waitingForMessage, waitingForEvent
  case waitingForLock

  static var all: [State] {
    [
      .ready, .sleeping, .waitingForTask, .waitingForInput, .waitingForWord, .waitingForMessage, .waitingForEvent,
      .waitingForLock,
    ]
  }

  var name: StaticString {
    switch self {
    case .ready: "ready"
    case .sleeping: "sleeping"
    case .waitingForTask: "waiting for a task"
    case .waitingForInput: "waiting for input"
    case .waitingForWord: "waiting for a word"
    case .waitingForMessage: "waiting for a message"
    case .waitingForEvent: "waiting for an event"
    case .waitingForLock: "waiting for a lock"
    }
  }

  /// What the kernel calls it.
  var reported: TaskState {
    switch self {
    case .ready: .ready
    case .sleeping: .sleeping
    case .waitingForTask: .waitingForTask
    case .waitingForInput: .waitingForInput
    case .waitingForWord: .waitingForWord
    case .waitingForMessage: .waitingForMessage
    case .waitingForEvent: .waitingForEvent
    case .waitingForLock: .waitingForLock
    }
  }

  /// How long the threads last whom a task waits for, in milliseconds: longer than it takes to kill that one.
  static var helperTime: UInt32 { 400 }

  /// Gets into the state and stays in it. `endpoint`: where to wait for messages; nil: at one of its own.
  func enter(endpoint: UInt32? = nil) {
    switch self {
    case .ready: while true { compute_a_while() }
    case .sleeping: Thread.sleep(milliseconds: 60_000)
    case .waitingForTask:
      let sleeper = try? Thread.start {
        Thread.sleep(milliseconds: Self.helperTime)
        return 0
      }
      _ = try? sleeper?.join()
    case .waitingForInput:
      var buffer = InlineArray<64, UInt8>(repeating: 0)
      _ = try? Console.read(into: &buffer)
    case .waitingForWord:
      var word: UInt32 = 0
      _ = unsafe withUnsafeMutablePointer(to: &word) {
        SystemCalls.wordWait(unsafe WordLock.address($0), 0, .max, .max)
      }
    case .waitingForMessage: if let handle = endpoint ?? Self.publish() { receive(at: handle) }
    case .waitingForEvent: _ = try? Events.next(.stopAsked)
    case .waitingForLock:
      let lock = Mutex(0)
      _ = try? Thread.start(StartOptions(flags: .detached)) {
        lock.withLock { _ in Thread.sleep(milliseconds: Self.helperTime) }
        return 0
      }
      // Let it take the lock first.
      Thread.sleep(milliseconds: 1)
      lock.withLock { _ in }
    }
  }

  /// Becomes the server of a name that nobody calls. Returns the endpoint.
  static func publish() -> UInt32? {
    var name = ByteWriter()
    name.write("matrix-")
    name.write(decimal: current_task())
    let handle = unsafe name.bytes.withUnsafeBufferPointer { bytes in
      unsafe SystemCalls.servicePublish(bytes.baseAddress, UInt32(bytes.count))
    }
    return handle < 0 ? nil : UInt32(bitPattern: handle)
  }

  private func receive(at endpoint: UInt32) {
    var message = Message()
    _ = unsafe SystemCalls.receive(endpoint, &message)
  }
}
