// The journal's memory, which init shares with each manager, and how a manager begins with it.
//
// Invariant: nothing is written before the journal of the manager before has been read.

import ABI
import Primitives
import SDK
import ServiceSupport

enum Journal {
  private struct State {
    var hasBegun = false
    var memory: JournalMemory?
  }

  private static let state = Mutex(State())

  /// Takes over with what the manager before has written. The first request of init's.
  static func begin(_ request: inout Request) {
    guard request.sender == SystemWorld.supervisor, request.words[1] == UInt32(JournalMemory.length),
      let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(request.words[0]))
    else {
      request.reply[0] = unknownOperation
      return
    }
    let memory = unsafe JournalMemory(start: start)
    let isFirst = state.withLock { state in
      guard !state.hasBegun else { return false }
      state.hasBegun = true
      return true
    }
    guard isFirst else { return }
    let records = memory.read().flatMap { ServiceJournal.records(in: $0) } ?? []
    takeOver(records)
    // From now on, and with what there is already.
    state.withLock { $0.memory = memory }
    SystemWorld().withBook { write($0) }
  }

  /// Takes over what serves, where somebody else asks first: init has no journal.
  static func beginWithout() {
    let isFirst = state.withLock { state in
      guard !state.hasBegun else { return false }
      state.hasBegun = true
      return true
    }
    if isFirst { takeOver([]) }
  }

  private static func takeOver(_ records: [ServiceRecord]) {
    ManagerCommand.control.takeOver(records, serving: SystemWorld.leftNames)
    SystemWorld.removeLeftModules()
  }

  static func write(_ book: ServiceBook) {
    guard let memory = state.withLock({ $0.memory }) else { return }
    memory.write(ServiceJournal.bytes(of: book, limit: JournalMemory.limit))
  }
}
