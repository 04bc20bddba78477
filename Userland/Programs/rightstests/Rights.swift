// What a process may do with its rights, and that what it gave up stays given up.
//
//     rightstests          with all rights: uses them, gives them up in a child, and checks that child
//     rightstests --none   without any: everything that needs a right must be refused

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

@main
struct RightsCheck: Program {
  static func run() -> Int32 {
    var checks = Checklist("rightstests")
    let role = ProgramInformation.argumentCount > 1 ? ProgramInformation.argument(1) : Bytes("")
    if role == "--none" {
      nothingIsAllowed(&checks)
    } else if role == "--drop" {
      checks.check(ring0Thread() == nil, "with the right, a thread starts in Ring 0")
      checks.check(Process.drop(.all).isEmpty, "all rights are given up")
      nothingIsAllowed(&checks)
      checks.check(startItself("--none") == .exited(status: 0), "a child of it has no rights either")
    } else {
      checks.check(startItself("--drop") == .exited(status: 0), "a Ring-3 process that gives its rights up")
      checks.check(
        startItself("--drop", .ring0) == .exited(status: 0), "a Ring-0 process that gives its rights up")
      checks.check(
        startItself("--none", dropping: .all) == .exited(status: 0), "a process that was given no rights")
    }
    return checks.conclude()
  }

  private static func nothingIsAllowed(_ checks: inout Checklist) {
    for flags: StartFlags in [.ring0, [.ring0, .sharedStack], [.ring0, .guarded]] {
      checks.check(error(starting: flags) == .notPermitted, "a Ring-0 process is refused")
      checks.check(ring0Thread(flags) == .notPermitted, "a Ring-0 thread is refused")
    }
    servicesAreClosed(&checks)
    // A path gives no right: neither where the file lies nor what it is called matters.
    checks.check(error(starting: .ring0, path: "/bin/shell") == .notPermitted, "also for the shell's file")
    let path: StaticString = "/bin/rightstests"
    let load = unsafe SystemCalls.moduleLoad(path.utf8Start, UInt32(path.utf8CodeUnitCount), nil)
    checks.check(load == SystemError.notPermitted.rawValue, "loading a module is refused")
    let name: StaticString = "rights-test"
    let publish = unsafe SystemCalls.servicePublish(name.utf8Start, UInt32(name.utf8CodeUnitCount))
    checks.check(publish == SystemError.notPermitted.rawValue, "publishing a service is refused")
    checks.check(SystemCalls.powerOff(1) == SystemError.notPermitted.rawValue, "stopping the machine is refused")
    let parent = (try? TaskIdentity.current.information())?.parent ?? 0
    checks.check(
      SystemCalls.kill(parent, 1) == SystemError.notPermitted.rawValue, "ending a process that is no child is refused")
    checks.check(
      SystemCalls.eventSend(parent, EventKind.stopAsked.rawValue, [], 0, 0) == SystemError.notPermitted.rawValue,
      "asking one to stop is refused")
    checks.check(
      SystemCalls.prioritySet(0, 31) == SystemError.notPermitted.rawValue, "being more urgent than before is refused")
    checks.check(SystemCalls.prioritySet(0, 15) == 0, "being less urgent is allowed")
    checks.check(
      SystemCalls.prioritySet(0, 16) == SystemError.notPermitted.rawValue, "and is for good")
  }

  /// What the manager may do is no way to what the caller may not.
  private static func servicesAreClosed(_ checks: inout Checklist) {
    for placement: ServicePlacement in [.server, .ring0Server, .linked] {
      let sentence = try? ManagerClient.ask(.start, Bytes("echo"), placement: placement)
      checks.check(sentence?.isEmpty == false, "the manager starts nothing for it")
    }
    checks.check(ServiceList.find(Bytes("echo")) == nil, "and nothing has been started")
    guard let store = try? ServiceClient("store") else { return }
    defer { store.close() }
    for operation in [CommonOperation.save, CommonOperation.restore] {
      for first: UInt32 in [0, 0x8000_0000, .max] {
        var words = InlineArray<6, UInt32>(repeating: 0)
        words[0] = first
        words[1] = first
        var reply: [UInt8] = []
        let result = try? store.call(operation, words: words, data: [], reply: &reply, capacity: 256)
        checks.check(result == nil && reply.isEmpty, "a service gives nobody its state but who moves it")
      }
    }
    let sentence = try? ManagerClient.ask(.stop, Bytes("store"))
    checks.check(sentence?.isEmpty == false && ServiceList.find(Bytes("store")) != nil, "and goes on")
  }

  /// Tries to start a thread in Ring 0. Returns the error, or nil where it ran.
  private static func ring0Thread(_ flags: StartFlags = .ring0) -> SystemError? {
    do throws(SystemError) {
      _ = try Thread.start(StartOptions(flags: flags)) { 0 }.join()
      return nil
    } catch { return error }
  }

  private static func error(starting flags: StartFlags, path: StaticString = "/bin/hello") -> SystemError? {
    var words = WordList()
    words.append("hello")
    do throws(Refusal) {
      let task = try Process.start(Bytes(path), arguments: words, options: StartOptions(flags: flags))
      try? task.kill(status: 1)
      return nil
    } catch { return error.error }
  }

  private static func startItself(
    _ role: StaticString, _ flags: StartFlags = [], dropping: Rights = []
  ) -> Outcome? {
    var words = WordList()
    words.append("rights")
    words.append(role)
    var options = StartOptions(flags: flags)
    options.droppedRights = dropping
    let child = try? Process.start(Bytes("/bin/rightstests"), arguments: words, options: options)
    return try? child?.wait()
  }
}
