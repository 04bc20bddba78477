// Jobs against a model that counts each job's own charges and adds them up the tree.

import ABI
import Primitives
import TestSupport
import Testing

@testable import Jobs

/// A tree of jobs whose records the test owns.
private final class Forest {
  var tree = JobTree()
  private(set) var jobs: [Reference<Job>] = []
  /// What was charged to each job itself.
  var own: [UInt32: JobAmounts] = [:]

  func make(inside parent: Reference<Job>?, isReserved: Bool = false, limits: JobAmounts = JobAmounts()) -> Reference<
    Job
  > {
    let job = unsafe tree.add(
      UnsafeMutablePointer<Job>.allocate(capacity: 1), parent: parent, isReserved: isReserved, limits: limits)
    job.value.references = 0
    jobs.append(job)
    own[job.value.number] = JobAmounts()
    return job
  }

  func end(_ job: Reference<Job>) {
    tree.remove(job)
    jobs.removeAll { $0 == job }
    own[job.value.number] = nil
    unsafe job.unsafePointer.deinitialize(count: 1)
    unsafe job.unsafePointer.deallocate()
  }

  /// What a job has by the model.
  func sum(_ job: Reference<Job>, _ resource: JobResource) -> UInt32 {
    jobs.filter { $0.isInside(job) }.reduce(0) { $0 + (own[$1.value.number]?[resource] ?? 0) }
  }

  deinit { for job in jobs.reversed() { end(job) } }
}

private func amounts(pages: UInt32 = 0, kernelBytes: UInt32 = 0, tasks: UInt32 = 0) -> JobAmounts {
  var amounts = JobAmounts()
  amounts.pages = pages
  amounts.kernelBytes = kernelBytes
  amounts.tasks = tasks
  return amounts
}

@Suite struct JobTests {
  /// Random charges, also such as are too much: each job has what was charged to it and inside it, never over a limit, and
  /// is over exactly when nothing is left.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func everyAmountIsAccountedFor(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let forest = Forest()
    _ = forest.make(inside: nil)
    for step in 0..<1_000 {
      guard let job = forest.jobs.randomElement(using: &random) else { return }
      let resource = JobResource.allCases[Int.random(in: 0..<3, using: &random)]
      switch Int.random(in: 0..<10, using: &random) {
      case 0 where job.value.depth < JobTree.depthLimit && forest.jobs.count < 16:
        let limits = amounts(
          pages: Bool.random(using: &random) ? 0 : .random(in: 1...5_000, using: &random),
          kernelBytes: Bool.random(using: &random) ? 0 : .random(in: 1...5_000, using: &random))
        let inner = forest.make(inside: job, limits: limits)
        if inner.charge(.tasks, 1) { forest.own[inner.value.number]?.tasks += 1 } else { forest.end(inner) }
      case 1...5:
        let amount = Bool.random(using: &random) ? UInt32.random(in: 0...500, using: &random) : .max - 3
        let fits = forest.jobs.filter { job.isInside($0) }.allSatisfy {
          UInt64(forest.sum($0, resource)) + UInt64(amount) <= UInt64($0.value.limits[resource])
        }
        #expect(job.charge(resource, amount) == fits)
        if fits { forest.own[job.value.number]?[resource] += amount }
      default:
        let number = job.value.number
        let amount = UInt32.random(in: 0...(forest.own[number]?[resource] ?? 0), using: &random)
        let isOver = job.discharge(resource, amount)
        forest.own[number]?[resource] -= amount
        let isEmpty = JobResource.allCases.allSatisfy { forest.sum(job, $0) == 0 }
        #expect(isOver == isEmpty)
        if isEmpty, job.value.parent != nil, !forest.jobs.contains(where: { $0.value.parent == job }) {
          forest.end(job)
        }
      }
      for job in forest.jobs where step % 16 == 0 {
        for resource in JobResource.allCases {
          #expect(job.value.used[resource] == forest.sum(job, resource))
          #expect(job.value.used[resource] <= job.value.limits[resource])
        }
      }
    }
  }

  @Test func reservedJobsCountTheirOwn() {
    let forest = Forest()
    let system = forest.make(inside: nil, isReserved: true)
    let shell = forest.make(inside: system, isReserved: true)
    let command = forest.make(inside: shell)
    let part = forest.make(inside: command)
    for job in forest.jobs { #expect(job.charge(.pages, 10)) }
    #expect(forest.jobs.map { $0.value.used.pages } == [10, 10, 20, 10])
    #expect(forest.tree.total(.pages) == 40)
    #expect(part.discharge(.pages, 10))
    #expect(command.value.used.pages == 10)
  }

  @Test func listsByNumber() {
    let forest = Forest()
    let first = forest.make(inside: nil)
    let second = forest.make(inside: first)
    let third = forest.make(inside: second)
    #expect(forest.tree.next(after: 0) == first)
    #expect(forest.tree.next(after: first.value.number) == second)
    forest.end(second)
    #expect(forest.tree.next(after: first.value.number) == third)
    #expect(forest.tree.next(after: third.value.number) == nil)
  }

  @Test func aJobLivesWhileSomebodyIsAboutToCharge() {
    let forest = Forest()
    let job = forest.make(inside: nil)
    job.value.references = 1
    #expect(job.charge(.pages, 3))
    #expect(!job.discharge(.pages, 3))
    #expect(job.value.isInUse == true)
    job.value.references = 0
    #expect(job.value.isInUse == false)
  }

  /// Who ends: the largest job outside of what is reserved, and inside it whoever has the most of it.
  @Test func theHogEndsAndNobodyElse() {
    let forest = Forest()
    let system = forest.make(inside: nil, isReserved: true)
    let shell = forest.make(inside: system, isReserved: true)
    #expect(shell.charge(.pages, 10_000))
    #expect(forest.tree.largest() == nil)
    let service = forest.make(inside: shell)
    #expect(service.charge(.pages, 300))
    #expect(forest.tree.largest() == service)
    let script = forest.make(inside: shell)
    #expect(script.charge(.pages, 100))
    let parts = (0..<50).map { _ in forest.make(inside: script) }
    for part in parts { #expect(part.charge(.kernelBytes, 10 * 4096)) }
    #expect(forest.tree.largest() == script)
    #expect(parts[7].charge(.pages, 700))
    #expect(forest.tree.largest() == parts[7])
  }
}
