// System calls about words of memory: futexes, and locks that lend priority. And what the scheduler's failures are in the ABI.

import ABI
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct FutexCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func wait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let deadline = arguments.deadline(arguments.third, arguments.fourth)
    let (key, value) = try UserWord(address: arguments.first, in: context).look()
    let held = try Frames(context).hold(wordAt: key)
    defer { Frames(context).release(held: held) }
    do throws(WaitFailure) {
      try context.scheduler.futexWait(key: key, value: value, expected: arguments.second, deadline: deadline)
    } catch { throw SystemError(error) }
    return 0
  }

  @inline(never)
  func wake(_ arguments: Arguments) throws(SystemError) -> Int32 {
    context.scheduler.futexWake(key: try UserWord(address: arguments.first, in: context).key(), count: arguments.second)
  }

  @inline(never)
  func wakeAndWait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let deadline = arguments.deadline(arguments.fourth, arguments.fifth)
    // All that can be wrong is found before anybody is woken.
    let (key, value) = try UserWord(address: arguments.second, in: context).look()
    let isSame = arguments.first == arguments.second
    let waking = isSame ? key : try UserWord(address: arguments.first, in: context).key()
    let held = try Frames(context).hold(wordAt: key)
    defer { Frames(context).release(held: held) }
    do throws(WaitFailure) {
      try context.scheduler.futexWait(
        key: key, value: value, expected: arguments.third, deadline: deadline, waking: waking)
    } catch { throw SystemError(error) }
    return 0
  }

  /// Returns 0, or 1 where the holder before ended without releasing the lock.
  func acquire(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let deadline = arguments.deadline(arguments.second, arguments.third)
    let word = UserWord(address: arguments.first, in: context)
    let key = try word.key()
    let held = try Frames(context).hold(wordAt: key)
    defer { Frames(context).release(held: held) }
    do throws(LockFailure) {
      return try context.scheduler.acquireLock(word, key: key, deadline: deadline) == .abandoned ? 1 : 0
    } catch { throw SystemError(error, of: word) }
  }

  func release(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let word = UserWord(address: arguments.first, in: context)
    let key = try word.key()
    do throws(LockFailure) {
      try context.scheduler.releaseLock(word, key: key)
    } catch { throw SystemError(error, of: word) }
    return 0
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
