// The tasks that take part in a measurement besides the one that measures.

import ABI
import Primitives
import Runtime
import SDK

/// What a second process of this program does.
enum Role: CaseIterable {
  /// Yields until it is killed.
  case yielder
  /// Ends at once.
  case nothing
  /// Answers every request of the service `bench` with as many bytes as came.
  case server
  /// Takes the bits of one notification and sets them in another.
  case answerer
  /// Writes each byte that it reads.
  case repeater
  /// Ends with many pages.
  case large

  var name: StaticString {
    switch self {
    case .yielder: "--yielder"
    case .nothing: "--nothing"
    case .server: "--server"
    case .answerer: "--answerer"
    case .repeater: "--repeater"
    case .large: "--large"
    }
  }

  init?(named name: Bytes) {
    for role in Role.allCases where name == role.name {
      self = role
      return
    }
    return nil
  }

  func play() -> Int32 {
    switch self {
    case .yielder: while true { _ = SystemCalls.yield() }
    case .nothing: return 0
    case .server: return MessageRows.serve()
    case .answerer: return NotificationRows.answer()
    case .repeater: return PipeRows.answer()
    case .large: return StretchRows.end()
    }
  }
}

/// A child process of this program.
struct Partner {
  static var program: StaticString { "/bin/bench" }
  let task: TaskIdentity

  init?(kind: TaskKind, role: Role) { self.init(role: role, options: StartOptions(flags: kind.flags)) }

  init?(role: Role, options: StartOptions) {
    var words = WordList()
    words.append(Self.program)
    words.append(role.name)
    self.init(arguments: words, options: options)
  }

  init?(kind: TaskKind, arguments: consuming WordList) {
    self.init(arguments: arguments, options: StartOptions(flags: kind.flags))
  }

  private init?(arguments: consuming WordList, options: StartOptions) {
    do throws(Refusal) {
      task = try Process.start(Bytes(Self.program), arguments: arguments, options: options)
    } catch {
      return nil
    }
  }

  func wait() -> Outcome? {
    do throws(SystemError) { return try task.wait() } catch { return nil }
  }

  func end() {
    do throws(SystemError) {
      try task.kill(status: 0)
      _ = try task.wait()
    } catch {}
  }
}

/// A thread without the SDK's storage, so that the kernel's part is what is measured.
struct BareThread {
  typealias Entry = @convention(c) (UInt32) -> Void
  let task: UInt32

  /// Starts a thread; `entry` must end with the system call exit.
  init?(_ entry: Entry, argument: UInt32, kind: TaskKind, priority: UInt32 = 0) {
    var request = ThreadRequest()
    request.entry = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    request.argument = argument
    request.flags = kind.flags
    request.priority = priority
    let result = SystemCalls.threadStart(&request, UInt32(MemoryLayout<ThreadRequest>.size))
    guard result > 0 else { return nil }
    task = UInt32(result)
  }

  func join() { _ = SystemCalls.wait(task, [], nil) }

  func end() {
    _ = SystemCalls.kill(task, 0)
    join()
  }
}

@c func yieldForEver(_ argument: UInt32) {
  while true { _ = SystemCalls.yield() }
}
