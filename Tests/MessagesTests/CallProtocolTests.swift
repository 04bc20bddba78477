import TestSupport
import Testing

/// Explores every order of the steps of clients, servers and a manager, with deaths, time limits, moves and bad memory
/// at every point (StateExplorer.swift), and checks what must hold in each state (CallWorld.swift).
@Suite struct CallProtocolTests {
  static let shapes: [WorldShape] = [
    WorldShape(clients: 2, callsOfEach: 2, serverTasks: 1, deaths: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 2, timeOuts: 1),
    WorldShape(clients: 2, callsOfEach: 2, serverTasks: 2, deaths: 0, timeOuts: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 1, refusals: 1, withdrawals: 1),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 1, hasMove: true, deaths: 1),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 1, timeOuts: 1, refusals: 1, isLending: true),
    WorldShape(clients: 1, callsOfEach: 2, serverTasks: 2, hasMove: true, deaths: 1, timeOuts: 1),
    WorldShape(clients: 1, callsOfEach: 1, serverTasks: 1, hasMove: true, deaths: 2, refusals: 1, withdrawals: 1),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 1, timeOuts: 1, withdrawals: 1, keeps: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 1, hasMove: true, deaths: 1, keeps: 2),
    WorldShape(clients: 1, callsOfEach: 1, serverTasks: 2, hasMove: true, deaths: 1, timeOuts: 1, keeps: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 1, deaths: 1, timeOuts: 1, keeps: 2, isLending: true),
  ]

  @Test(arguments: shapes) func everyOrderKeepsThePromises(_ shape: WorldShape) {
    let result = CallWorld(shape).explore()
    #expect(result.violation == nil)
    // Fewer would mean that the exploration did not get anywhere.
    #expect(result.states > 100)
    #expect(result.ends > 0)
    print("calls: \(result.states) states, \(result.ends) ends, \(shape)")
  }
}
