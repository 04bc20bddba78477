// One service source, three placements: runs the same conformance suite against each placement, and moves a service
// round all of them while clients keep calling.
//
//     placements conform                     every suite in every placement
//     placements move [CALLS] [MOVES] [N] [store|files|clock]
//                                            N clients, each CALLS calls, while the service moves MOVES times
//     placements crash                       the same faults in every placement
//     placements chain                       servers that need each other are ended, one and several at once
//     placements managers [SEED] [KILLS]     the manager, or a server that takes over, is ended in the middle of moves, so many
//                                            times at points that the seed decides; nothing that was acknowledged is lost
//     placements chaos [SEED] [STEPS]        commands, crashes and ends of the manager in an order that the seed decides
//     placements beside                      commands while the manager waits for the service `hang`
//     placements keep                        requests that a service keeps, in every placement: answered late, given up, moved
//     placements keys                        reads keys from the service `keyboard`, and ends that

import ABI
import Primitives
import SDK

@main struct Placements: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 1 else { return usage() }
    let command = ProgramInformation.argument(1)
    if command == "conform" { return Conformance.run() }
    if command == "move" {
      let name = ProgramInformation.argumentCount > 5 ? ProgramInformation.argument(5) : Bytes("store")
      return MoveTest(
        calls: number(2, or: 1000), moves: number(3, or: 12), clients: max(1, min(16, number(4, or: 8))),
        service: name == "files" ? .files : name == "clock" ? .clock : .store
      ).run()
    }
    if command == "crash" { return CrashTest.run() }
    if command == "chain" { return ChainTest.run() }
    if command == "keep" { return KeepTest.run() }
    if command == "keys" { return KeyTest.run() }
    if command == "managers" { return ManagerTest(seed: number(2, or: 1), kills: number(3, or: 20)).run() }
    if command == "chaos" { return ChaosTest(seed: number(2, or: 1), steps: number(3, or: 200)).run() }
    if command == "beside" { return BesideTest.run() }
    // What `keep` starts, to end it.
    if command == "wait" { return KeepTest.waitForEver() }
    // What `conform` starts.
    if command == "fill" { return Conformance.fillShare() }
    return usage()
  }

  private static func usage() -> Int32 {
    Console.write(
      "placements: conform, crash, chain, managers [SEED] [KILLS], chaos [SEED] [STEPS], beside, keep, keys, or move [CALLS] [MOVES] [CLIENTS] [store|files|clock]\n"
    )
    return 2
  }

  private static func number(_ index: Int, or standard: UInt32) -> UInt32 {
    guard index < ProgramInformation.argumentCount, let value = ProgramInformation.argument(index).number else {
      return standard
    }
    return value
  }
}

extension ServicePlacement {
  static var all: [ServicePlacement] { [.server, .ring0Server, .linked] }

  var name: StaticString {
    switch self {
    case .server: "server"
    case .ring0Server: "ring0-server"
    case .linked: "linked"
    }
  }
}

/// Asks the manager; prints and returns false where it refuses.
func manage(_ operation: ManagerOperation, _ name: StaticString, _ placement: ServicePlacement = .server) -> Bool {
  do throws(SystemError) {
    guard let refusal = try ManagerClient.ask(operation, Bytes(name), placement: placement) else { return true }
    Console.write {
      $0.write("placements: ")
      $0.write(name)
      $0.write(" as ")
      $0.write(placement.name)
      $0.write(": ")
      $0.write(refusal)
      $0.write("\n")
    }
  } catch {
    Console.write {
      $0.write("placements: the manager: ")
      $0.write(error.sentence)
      $0.write("\n")
    }
  }
  return false
}
