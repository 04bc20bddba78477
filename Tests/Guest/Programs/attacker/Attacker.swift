// Tries what a program without a right, or with one, must not be able to do, and says of each attempt whether it was refused.
//
//     attacker                with each right alone, and with none; `store`, `clock`, `keyboard` and `disk` are to run
//     attacker try            with the rights that it has: for `sandbox`
//     attacker servers        attacks nobody: says which rights servers have
//
// What it starts itself: `attacker fault NAME` commits one violation, `attacker hijack` wants a name that is moved, `attacker wait`
// is somebody to attack, `attacker keep` leaves an entry in the store.
//
// Invariant: an attempt that a right allows is made only where that right is missing, so nothing is broken by one that succeeds.

import ABI
import Primitives
import SDK

@main
struct Attacker: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 1 else { return tryAllRights() }
    let action = ProgramInformation.argument(1)
    if action == "try" { return tryOwnRights() }
    if action == "servers" { return tellServers() }
    if action == "fault", ProgramInformation.argumentCount > 2 {
      return Violations.commit(ProgramInformation.argument(2))
    }
    if action == "hijack" { return Hijack.wantName() }
    if action == "keep" { return OthersEntry.leave() }
    if action == "wait" {
      Thread.sleep(milliseconds: 600_000)
      return 0
    }
    return 2
  }

  static var named: [(name: StaticString, right: Rights)] {
    [("none", [])] + Rights.named
  }

  private static func tryAllRights() -> Int32 {
    var failed: Int32 = 0
    for (_, right) in named {
      let child = start("try", dropping: Rights.all.subtracting(right))
      guard let child, (try? child.wait()) == .exited(status: 0) else {
        failed += 1
        continue
      }
    }
    if !Hijack.isRefused() { failed += 1 }
    Console.write {
      $0.write("attacker: ")
      $0.write(decimal: Int(failed))
      $0.write(" of ")
      $0.write(decimal: named.count + 1)
      $0.write(" roles got what was not given\n")
    }
    return failed
  }

  private static func tellServers() -> Int32 {
    var index: UInt32 = 0
    while let service = ServiceList.information(index) {
      index += 1
      guard service.placement != ServicePlacement.linked.rawValue,
        let rights = try? TaskIdentity(service.owner).information().rights
      else { continue }
      let server = service.name.withBytes { $0.copied }
      Console.write {
        $0.write("rights of ")
        $0.write(server)
        $0.write(":")
        for (name, right) in named where !right.isEmpty && rights.contains(right) {
          $0.write(" ")
          $0.write(name)
        }
        $0.write("\n")
      }
    }
    return 0
  }

  private static func tryOwnRights() -> Int32 {
    let own = (try? TaskIdentity.current.information().rights) ?? []
    var name: StaticString = "several"
    for (word, right) in named where right == own { name = word }
    var attempts = Attempts(rights: own, name: name)
    attempts.onTheKernel()
    attempts.onTasks()
    attempts.onDevices()
    attempts.onDeviceServices()
    attempts.onServices()
    attempts.onTheManager()
    return attempts.finish()
  }

  /// Starts this program in another role.
  static func start(_ words: StaticString..., dropping: Rights = []) -> TaskIdentity? {
    var list = WordList()
    list.append("attacker")
    for word in words { list.append(word) }
    var options = StartOptions()
    options.droppedRights = dropping
    return try? Process.start(Bytes("/extra/attacker"), arguments: list, options: options)
  }
}
