// The end of either side, and every other event, at each point of a call: a table of states and events with a test for
// each cell that can be (docs/messages.md explains it). Printed as a table too: a cell says what came of it.
//
// Invariant: a cell has a test, is the model's (Tests/MessagesTests, which looks that it got there), or cannot be.

import ABI
import Primitives
import SDK

/// Where a call can be.
enum CallState: Int, CaseIterable {
  /// The server waits for requests, and nobody calls.
  case none
  case waitsForTurn
  /// From the call until the server's task runs: no program can aim at it.
  case handedOver
  case workedOn
  case heldBack

  var name: StaticString {
    switch self {
    case .none: "no call"
    case .waitsForTurn: "waits for its turn"
    case .handedOver: "handed over"
    case .workedOn: "worked on"
    case .heldBack: "held back"
    }
  }
}

/// What can happen to it.
enum CallEvent: Int, CaseIterable {
  case timeRunsOut, callerEnds, callerThreadEnds, serverKilled, serverExits, serverFaults, serverThreadEnds
  case endpointGivenUp, holdBegins, holdEnds, holderEnds

  var name: StaticString {
    switch self {
    case .timeRunsOut: "its time runs out"
    case .callerEnds: "the caller ends"
    case .callerThreadEnds: "the caller's thread ends"
    case .serverKilled: "the server is killed"
    case .serverExits: "the server exits"
    case .serverFaults: "the server faults"
    case .serverThreadEnds: "a server's thread ends"
    case .endpointGivenUp: "the endpoint is given up"
    case .holdBegins: "a hold begins"
    case .holdEnds: "the hold ends"
    case .holderEnds: "the holder ends"
    }
  }
}

/// What happens in a cell.
struct Cell {
  /// What comes of it, in a word or two.
  let outcome: StaticString
  /// Nil: the model's.
  let test: ((Kind) -> Bool)?

  init(_ outcome: StaticString, _ test: @escaping (Kind) -> Bool) {
    self.outcome = outcome
    self.test = test
  }

  private init() {
    outcome = "model"
    test = nil
  }

  static var model: Cell { Cell() }
}

enum StateTable {
  /// Nil: it cannot be.
  static func cell(_ event: CallEvent, _ state: CallState) -> Cell? {
    switch (event, state) {
    case (.timeRunsOut, .none), (.callerThreadEnds, .none): nil
    case (.holdEnds, .none), (.holdEnds, .waitsForTurn), (.holdEnds, .handedOver), (.holdEnds, .workedOn): nil
    case (.holderEnds, .none), (.holderEnds, .waitsForTurn), (.holderEnds, .handedOver), (.holderEnds, .workedOn): nil
    // A server that does nothing while it waits, or while calls are held back, does not end by itself.
    case (.serverExits, .none), (.serverFaults, .none), (.serverExits, .heldBack), (.serverFaults, .heldBack): nil
    case (_, .handedOver): .model
    case (.timeRunsOut, _), (.callerEnds, _), (.callerThreadEnds, _): CallerCells.cell(event, state)
    case (.holdBegins, _), (.holdEnds, _), (.holderEnds, _): HoldCells.cell(event, state)
    default: ServerCells.cell(event, state)
    }
  }

  /// Runs all cells with servers of one kind.
  static func run(_ kind: Kind, _ report: inout TestReport) {
    var failed: [Bool] = []
    for event in CallEvent.allCases {
      for state in CallState.allCases {
        guard let cell = cell(event, state), let test = cell.test else {
          failed.append(false)
          continue
        }
        let hasPassed = report.run {
          $0.write(kind.name)
          $0.write(": ")
          $0.write(event.name)
          $0.write(", ")
          $0.write(state.name)
          $0.write(": ")
          $0.write(cell.outcome)
        } test: {
          test(kind)
        }
        failed.append(!hasPassed)
      }
    }
    write(kind, failed)
  }

  private static func write(_ kind: Kind, _ failed: [Bool]) {
    Console.write {
      $0.write("server: ", width: 8)
      $0.write(kind.name, width: 18)
      for state in CallState.allCases { $0.write(state.name, width: 20) }
      $0.write("\n")
    }
    for event in CallEvent.allCases {
      Console.write {
        $0.write(event.name, width: 26)
        for state in CallState.allCases {
          let hasFailed = failed[event.rawValue * CallState.allCases.count + state.rawValue]
          $0.write(hasFailed ? "FAIL" : cell(event, state)?.outcome ?? "-", width: 20)
        }
        $0.write("\n")
      }
    }
  }
}

/// A call in one of the states.
struct Scene<Caller> {
  let peer: Peer
  let caller: Caller?
  /// The process that holds calls back, in the state `heldBack`.
  let holder: TaskIdentity?

  /// Calls go on, where they were held back.
  func letGo() -> Bool { holder == nil || holder.end() }
}

extension StateTable {
  /// Runs a test with a server whose call, by a thread of this process, is in a state.
  static func with(
    _ state: CallState, _ kind: Kind, _ options: StartOptions = StartOptions(), milliseconds: UInt64? = nil,
    _ body: (Scene<Thread>) -> Bool
  ) -> Bool {
    with(state, kind, call: { $0.thread(Operation.sleep, 60, milliseconds: milliseconds, options) }, body)
  }

  /// The same with a process as the caller.
  static func withProcess(_ state: CallState, _ kind: Kind, _ body: (Scene<TaskIdentity>) -> Bool) -> Bool {
    with(state, kind, call: { $0.process(["--call", "3", "60"]) }, body)
  }

  private static func with<Caller>(
    _ state: CallState, _ kind: Kind, call: (Peer) -> Caller?, _ body: (Scene<Caller>) -> Bool
  ) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    switch state {
    case .waitsForTurn:
      let sleeper = peer.thread(Operation.sleep, 60)
      // Whatever it comes to: where the server ends it is told something else than its answer.
      defer { _ = try? sleeper?.join() }
      guard peer.waitUntil(waiting: 0, inside: 1), let caller = call(peer), peer.waitUntil(waiting: 1, inside: 1) else {
        return false
      }
      return body(Scene(peer: peer, caller: caller, holder: nil))
    case .workedOn:
      guard let caller = call(peer), peer.waitUntil(waiting: 0, inside: 1) else { return false }
      return body(Scene(peer: peer, caller: caller, holder: nil))
    case .heldBack:
      let holder = peer.process(["--hold"])
      defer { _ = holder.end() }
      guard peer.waitUntilHeld(), let caller = call(peer), peer.waitUntil(waiting: 1, inside: 0) else { return false }
      return body(Scene(peer: peer, caller: caller, holder: holder))
    case .none, .handedOver: return false
    }
  }
}
