// Handles with fewer rights, handles in messages, notifications, and what drivers claim.
//
//     handles             all checks
//     handles --client    the client of this program's service, in a process of its own
//     handles --driver    claims a line and ports and ends without giving them back
//     handles --buffer    gets memory for a device and ends

import ABI
import Primitives
import SDK

@main
struct Handles: Program {
  static func run() -> Int32 {
    let role = ProgramInformation.argumentCount > 1 ? ProgramInformation.argument(1) : Bytes("")
    if role == "--client" { return PassingClient.run() }
    if role == "--driver" { return DeviceChecks.claimAndEnd() }
    if role == "--buffer" { return BufferChecks.takeAndEnd() }
    var checks = Checklist("handles")
    let before = (try? Machine.memory())?.free ?? 0
    RightsChecks.run(&checks)
    NotificationChecks.run(&checks)
    PassingChecks.run(&checks)
    DeviceChecks.run(&checks)
    BufferChecks.run(&checks)
    let after = (try? Machine.memory())?.free ?? 1
    // The heap of this program may have grown by a few pages, which are its own.
    checks.check(after &+ 16 >= before && after <= before, "the memory is back")
    return checks.conclude()
  }

  /// Starts this program in another role.
  static func start(_ role: StaticString, _ options: StartOptions = StartOptions()) -> TaskIdentity? {
    var words = WordList()
    words.append("handles")
    words.append(role)
    return try? Process.start(Bytes("/bin/handles"), arguments: words, options: options)
  }

  /// What `body` is refused with; nil where it is not.
  static func refusal<Value>(_ body: () throws(SystemError) -> Value) -> SystemError? {
    do throws(SystemError) {
      _ = try body()
      return nil
    } catch { return error }
  }
}
