import Primitives
import Scheduling
import TestSupport
import Testing

@testable import Messages

/// Whether the model checker gets into every cell of the table of states and events in docs/messages.md: above all into
/// those that no program can aim at, where a request was handed over and the server's task has not run yet.
@Suite struct StateTableTests {
  enum State: String, CaseIterable {
    case waitsForTurn = "waits for its turn"
    case handedOver = "handed over"
    case workedOn = "worked on"
    case kept = "kept"
    case heldBack = "held back"
  }

  enum Event: String, CaseIterable {
    case timeRunsOut = "its time runs out"
    case callerEnds = "the caller ends"
    case serverEnds = "the server ends"
    case threadEnds = "a server's thread ends"
    case endpointGivenUp = "the endpoint is given up"
    case badMemory = "the server's memory is bad"
    case holdBegins = "a hold begins"
    case holdEnds = "the hold ends"
    case holderEnds = "the holder ends"

    /// Where it can happen to a call.
    var states: Set<State> {
      switch self {
      case .holdEnds, .holderEnds: [.heldBack]
      // The hold that is there lets no second one begin.
      case .holdBegins: [.waitsForTurn, .handedOver, .workedOn, .kept]
      // Nothing was brought over yet.
      case .badMemory: [.workedOn]
      default: Set(State.allCases)
      }
    }
  }

  struct Cell: Hashable {
    let event: Event
    let state: State
  }

  @Test func everyCellIsReached() throws {
    var reached: [Cell: Int] = [:]
    for shape in [
      WorldShape(clients: 1, callsOfEach: 1, serverTasks: 2, hasMove: true, deaths: 1, timeOuts: 1),
      WorldShape(clients: 2, callsOfEach: 1, serverTasks: 1, deaths: 1, refusals: 1, withdrawals: 1),
      WorldShape(clients: 1, callsOfEach: 1, serverTasks: 1, hasMove: true, withdrawals: 1),
      WorldShape(
        clients: 1, callsOfEach: 1, serverTasks: 2, hasMove: true, deaths: 1, timeOuts: 1, withdrawals: 1, keeps: 1),
    ] {
      let result = CallWorld(shape).explore { world, action in
        for cell in cells(of: action, in: world) { reached[cell, default: 0] += 1 }
      }
      #expect(result.violation == nil)
    }
    print("".padded(26) + State.allCases.map { $0.rawValue.padded(20) }.joined())
    for event in Event.allCases {
      let row = State.allCases.map { state in
        let count = reached[Cell(event: event, state: state)]
        #expect((count != nil) == event.states.contains(state), "\(event.rawValue), \(state.rawValue)")
        return (count.map { "\($0)" } ?? "-").padded(20)
      }
      print(event.rawValue.padded(26) + row.joined())
    }
  }

  /// What an action means to the calls that there are.
  private func cells(of action: Action, in world: CallWorld) -> [Cell] {
    let clients = (0..<world.count).filter { world.actor($0).role == .client }
    func all(_ event: Event, where isMeant: (Int) -> Bool = { _ in true }) -> [Cell] {
      clients.filter(isMeant).compactMap { client in
        state(of: client, in: world).map { Cell(event: event, state: $0) }
      }
    }
    switch action {
    case .timeOut(let index): return all(.timeRunsOut) { $0 == index }
    case .refuse(let index): return all(.badMemory) { world.task($0).value.lockOwner == world.task(index) }
    case .keep, .answerKept: return []
    case .withdraw(let process):
      let hasTerm = (0..<world.count).contains {
        world.actor($0).process == process && world.actor($0).epoch == world.queues.value.epoch
      }
      return hasTerm ? all(.endpointGivenUp) : []
    case .step(let index):
      guard world.actor(index).role == .manager else { return [] }
      switch world.actor(index).stage {
      case .start: return all(.holdBegins)
      case .retired: return all(.holdEnds) { state(of: $0, in: world) == .heldBack }
      default: return []
      }
    case .end(let index):
      let actor = world.actor(index)
      switch actor.role {
      case .client: return all(.callerEnds) { $0 == index }
      case .manager: return all(.holderEnds) { state(of: $0, in: world) == .heldBack }
      case .server:
        guard actor.epoch == world.queues.value.epoch else { return [] }
        let isLast = !(0..<world.count).contains {
          $0 != index && world.actor($0).process == actor.process && world.actor($0).stage != .dead
            && world.actor($0).stage != .done
        }
        return all(isLast ? .serverEnds : .threadEnds) { client in
          guard let owner = world.task(client).value.lockOwner else { return true }
          return owner == world.task(index)
        }
      }
    }
  }

  /// Where a client's call is; nil where it waits for nothing.
  private func state(of client: Int, in world: CallWorld) -> State? {
    let task = world.task(client)
    guard task.value.queue != nil else { return nil }
    switch task.value.call.value.place {
    case .nowhere: return nil
    case .queued: return world.queues.value.admits(task.value.call.value.sender) ? .waitsForTurn : .heldBack
    case .given: return .handedOver
    case .taken: return .workedOn
    case .kept: return .kept
    }
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
