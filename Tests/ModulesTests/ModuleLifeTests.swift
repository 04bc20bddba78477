import TestSupport
import Testing

/// Explores every order in which tasks load modules, call them, hold their services and take them out, with functions that
/// come back at any time and in any way, and with tasks that are killed at any point (LifeWorld.swift). Checks in each
/// state that nothing is used after its end or given back twice, that every wait has somebody who ends it, and that what is
/// refused is refused for a reason that is there.
@Suite struct ModuleLifeTests {
  private static let both: [Operation] = [
    .load(.base), .load(.user), .unload(.base, waits: true), .unload(.user, waits: true), .call(.base), .call(.user),
  ]
  private static let one: [Operation] = [
    .load(.base), .loadBadly(.base), .unload(.base, waits: true), .unload(.base, waits: false), .call(.base),
    .hold(.base),
  ]

  static let shapes: [LifeShape] = [
    LifeShape(tasks: 2, operationsOfEach: 6, kills: 2, operations: one),
    LifeShape(tasks: 2, operationsOfEach: 6, kills: 1, operations: both),
    LifeShape(tasks: 3, operationsOfEach: 3, kills: 2, operations: one),
    LifeShape(tasks: 3, operationsOfEach: 3, kills: 1, operations: both),
  ]

  @Test(arguments: shapes) func everyOrderKeepsThePromises(_ shape: LifeShape) {
    let result = LifeWorld(shape).explore()
    #expect(result.violation == nil)
    // Fewer would mean that the exploration did not get anywhere.
    #expect(result.states > 1000)
    #expect(result.ends > 0)
    print("lives of modules: \(result.states) states, \(result.ends) ends, \(shape.tasks) tasks")
  }
}
