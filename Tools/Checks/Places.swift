// How much is done at once: machines, examples, and the build of the host tests each take a place while they run.
//
// Invariant: whoever waits longest gets the next place.

import Foundation
import Synchronization

/// A number of places that are taken and given back.
public final class Places: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  public let count: Int
  private let state: Mutex<State>

  public init(_ count: Int) {
    self.count = count
    state = Mutex(State(free: count))
  }

  /// For what keeps a processor busy: one for each, but as few machines as have memory everywhere, and never only one, as some wait
  /// for somebody to type.
  public static let processors = Places(min(max(ProcessInfo.processInfo.activeProcessorCount, 2), 4))

  /// Runs `body` for each of many, and gives `done` what comes of it, in this task. No more of them wait than there are places, so
  /// that others get their turns.
  public func each<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Result, done: (Result) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Result.self) { group in
      for (index, item) in items.enumerated() {
        if index >= count, let result = try await group.next() { try done(result) }
        group.addTask { try await self.use { try await body(item) } }
      }
      while let result = try await group.next() { try done(result) }
    }
  }

  /// Runs `body` once there is a place for it.
  public func use<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    await take()
    defer { give() }
    return try await body()
  }

  private func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  private func give() {
    let next = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() as CheckedContinuation<Void, Never>? }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
