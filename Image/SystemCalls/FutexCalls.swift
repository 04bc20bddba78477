// System calls about words of memory: futexes, and locks that lend priority. And what the scheduler's failures are in the ABI.

import ABI
import Primitives
import Scheduling

enum FutexCalls {
  @inline(never)
  static func wait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let deadline = Arguments.deadline(arguments.third, arguments.fourth)
    let (key, value) = try UserWord(address: arguments.first).look()
    do throws(WaitFailure) {
      try kernel.scheduler.futexWait(key: key, value: value, expected: arguments.second, deadline: deadline)
    } catch { throw SystemError(error) }
    return 0
  }

  @inline(never)
  static func wake(_ arguments: Arguments) throws(SystemError) -> Int32 {
    kernel.scheduler.futexWake(key: try UserWord(address: arguments.first).key(), count: arguments.second)
  }

  /// Returns 0, or 1 where the holder before ended without releasing the lock.
  static func acquire(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let deadline = Arguments.deadline(arguments.second, arguments.third)
    let word = UserWord(address: arguments.first)
    let key = try word.key()
    do throws(LockFailure) {
      return try kernel.scheduler.acquireLock(word, key: key, deadline: deadline) == .abandoned ? 1 : 0
    } catch { throw SystemError(error, of: word) }
  }

  static func release(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let word = UserWord(address: arguments.first)
    let key = try word.key()
    do throws(LockFailure) {
      try kernel.scheduler.releaseLock(word, key: key)
    } catch { throw SystemError(error, of: word) }
    return 0
  }
}

extension Arguments {
  /// The moment that a time limit of two words means; nil: there is no limit.
  @inline(__always)
  static func deadline(_ low: UInt32, _ high: UInt32) -> UInt64? {
    let time = wide(low, high)
    return time == .max ? nil : kernel.scheduler.deadline(after: time)
  }
}

extension SystemError {
  init(_ failure: WaitFailure) {
    switch failure {
    case .wouldBlock: self = .wouldBlock
    case .timedOut: self = .timedOut
    case .cancelled: self = .cancelled
    }
  }

  init(_ failure: LockFailure, of word: UserWord) {
    switch failure {
    case .alreadyHeld: self = .busy
    case .notHeld: self = .notPermitted
    case .badWord: self = word.failure()
    case .timedOut: self = .timedOut
    case .cancelled: self = .cancelled
    }
  }
}
