// Flows of control: contexts of the host, each with a stack of its own. What the kernel takes for the stack pointer of a task that was
// left is the flow's number; any other stack pointer is that of a task which has not begun, with its first registers behind it.
//
// Invariant: a flow that is gone from for good gives its stack back only once another flow runs.

import Foundation
import MachineLayout

final class Flows {
  private final class Flow {
    let context = UnsafeMutablePointer<ucontext_t>.allocate(capacity: 1)
    var stack: UnsafeMutableRawPointer?
    var body: (() -> Never)?
    deinit { context.deallocate() }
  }

  static let stackSize = 256 * 1024
  private static var limit: UInt32 { 4096 }

  private var flows: [UInt32: Flow] = [:]
  private var freeStacks: [UnsafeMutableRawPointer] = []
  private var nextNumber: UInt32 = 1
  private var freeNumbers: [UInt32] = []
  /// 0: the thread of the test itself.
  private(set) var running: UInt32 = 0
  private var dead: UInt32?
  private let main = Flow()

  deinit { for stack in freeStacks { stack.deallocate() } }

  func add(_ body: @escaping () -> Never) -> UInt32 {
    let number = freeNumbers.popLast() ?? nextNumber
    if number == nextNumber { nextNumber += 1 }
    precondition(number < Self.limit, "more than \(Self.limit) flows of control")
    let flow = Flow()
    let stack = takeStack()
    flow.stack = stack
    flow.body = body
    flows[number] = flow
    prepare_flow(flow.context, stack, Self.stackSize) { Flows.begin() }
    return number
  }

  func isFlow(_ stackPointer: UInt32) -> Bool { stackPointer < Self.limit }

  private func takeStack() -> UnsafeMutableRawPointer {
    if let stack = freeStacks.popLast() { return stack }
    return .allocate(byteCount: Self.stackSize, alignment: 16)
  }

  private static func begin() {
    let flows = HostedMachine.current.flows
    flows.bury()
    let flow = flows.flows[flows.running].unsafelyUnwrapped
    let body = flow.body.unsafelyUnwrapped
    flow.body = nil
    body()
  }

  /// Gives back the stack of a flow that was left for good.
  private func bury() {
    guard let number = dead else { return }
    dead = nil
    if let stack = flows.removeValue(forKey: number)?.stack { freeStacks.append(stack) }
    freeNumbers.append(number)
  }

  private func context(of number: UInt32) -> UnsafeMutablePointer<ucontext_t> {
    number == 0 ? main.context : flows[number].unsafelyUnwrapped.context
  }

  /// Goes to another flow, to come back when this one is gone to.
  func go(to number: UInt32) {
    let own = running
    running = number
    go_to_flow(context(of: own), context(of: number))
    bury()
  }

  /// Goes to another flow for good.
  func leave(for number: UInt32) -> Never {
    bury()
    dead = running
    go(to: number)
    fatalError("a flow that was left for good was gone to")
  }

  // MARK: The test's own flow

  private var interrupted: UInt32?

  func goToMain() {
    interrupted = running
    go(to: 0)
  }

  func run(_ boot: @escaping () -> Never) {
    if let interrupted { go(to: interrupted) } else { go(to: add(boot)) }
  }
}
