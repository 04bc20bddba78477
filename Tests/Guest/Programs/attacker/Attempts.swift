// Attempts by system call, and what came of them.

import ABI
import Primitives
import Runtime
import SDK

struct Attempts {
  let rights: Rights
  let name: StaticString
  private var refused: UInt32 = 0
  private var allowed: UInt32 = 0

  init(rights: Rights, name: StaticString) {
    self.rights = rights
    self.name = name
  }

  /// Says how an attempt went.
  mutating func judge(_ what: StaticString, isRefused: Bool) {
    if isRefused { refused += 1 } else { allowed += 1 }
    let name = name
    Console.write {
      $0.write(isRefused ? "refused " : "ALLOWED ")
      $0.write(name)
      $0.write(": ")
      $0.write(what)
      $0.write("\n")
    }
  }

  /// Makes an attempt for which `right` is needed, where it is missing. It is to end with one of these errors.
  mutating func attempt(
    _ what: StaticString, needs right: Rights? = nil, _ errors: [SystemError] = [.notPermitted], _ body: () -> Int32
  ) {
    if let right, rights.isSuperset(of: right) { return }
    let result = body()
    judge(what, isRefused: errors.contains { $0.rawValue == result })
  }

  /// The same for what the manager is asked: it refuses with a sentence.
  mutating func ask(
    _ what: StaticString, needs right: Rights, _ operation: ManagerOperation, _ service: StaticString,
    _ placement: ServicePlacement = .server
  ) {
    if rights.isSuperset(of: right) { return }
    var isRefused = false
    do throws(SystemError) {
      isRefused = try ManagerClient.ask(operation, Bytes(service), placement: placement) != nil
    } catch {}
    judge(what, isRefused: isRefused)
  }

  func finish() -> Int32 {
    Console.write {
      $0.write("attacker: with ")
      $0.write(name)
      $0.write(": ")
      $0.write(decimal: refused)
      $0.write(" refused, ")
      $0.write(decimal: allowed)
      $0.write(" allowed\n")
    }
    return allowed == 0 && refused > 0 ? 0 : 1
  }

  // MARK: The kernel

  mutating func onTheKernel() {
    Violations.tryAll(&self)
    let kernel = UnsafeMutableRawPointer(bitPattern: 0xc010_0000 as UInt)
    attempt("having the kernel write to itself", [.badAddress, .notPermitted]) {
      unsafe SystemCalls.logRead(0, kernel?.assumingMemoryBound(to: UInt8.self), 16)
    }
    attempt("having the kernel print itself", [.badAddress]) { unsafe SystemCalls.write(1, kernel, 16) }
    var room = InlineArray<64, UInt32>(repeating: 0)
    withUnsafeMutableBytes(of: &room) { bytes in
      let place = bytes.baseAddress
      attempt("reading the kernel's log", needs: .tasks) {
        unsafe SystemCalls.logRead(0, place?.assumingMemoryBound(to: UInt8.self), 16)
      }
      attempt("having all memory walked", needs: .tasks) {
        unsafe SystemCalls.memoryInformation(place?.assumingMemoryBound(to: MemoryInformation.self), .check)
      }
      attempt("looking at the first process's memory", needs: .tasks) {
        unsafe SystemCalls.memoryRegion(1, 0, place?.assumingMemoryBound(to: RegionInformation.self))
      }
      attempt("asking where the first process's kernel stack is", needs: .tasks) {
        let stack = (try? TaskIdentity(1).information().kernelStackStart) ?? 0
        // As an error that is none: no address was told.
        return stack == 0 ? SystemError.notPermitted.rawValue : 0
      }
    }
    attempt("running the kernel's tests of itself", needs: .ring0) { SystemCalls.kernelTest(0, 0) }
    attempt("loading a module", needs: .modules) {
      let path: StaticString = "/lib/services/frail.so"
      return unsafe SystemCalls.moduleLoad(path.utf8Start, UInt32(path.utf8CodeUnitCount), nil)
    }
    attempt("taking a module out", needs: .modules) {
      let name: StaticString = "store"
      return unsafe SystemCalls.moduleUnload(name.utf8Start, UInt32(name.utf8CodeUnitCount), nil, 0, [])
    }
    attempt("stopping the machine", needs: .power) { SystemCalls.powerOff(1) }
    for (name, flags) in [
      ("a process in Ring 0" as StaticString, [.ring0] as StartFlags),
      ("a process in Ring 0 on a shared stack", [.ring0, .sharedStack]),
      ("a guarded process in Ring 0", [.ring0, .guarded]),
    ] {
      attempt(name, needs: .ring0) { Self.startWaiter(flags) }
    }
    attempt("a thread in Ring 0", needs: .ring0) {
      do throws(SystemError) {
        _ = try Thread.start(StartOptions(flags: .ring0)) { 0 }.join()
        return 0
      } catch { return error.rawValue }
    }
    let rights = rights
    attempt("a child with more rights") {
      let child = Attacker.start("wait")
      let got = (try? child?.information().rights) ?? .all
      try? child?.kill(status: 0)
      _ = try? child?.wait()
      // As an error that is none: what it got beyond its parent's.
      return got.subtracting(rights).isEmpty ? SystemError.notPermitted.rawValue : 0
    }
  }

  private static func startWaiter(_ flags: StartFlags) -> Int32 {
    var words = WordList()
    words.append("attacker")
    words.append("wait")
    do throws(Refusal) {
      let task = try Process.start(Bytes("/extra/attacker"), arguments: words, options: StartOptions(flags: flags))
      try? task.kill(status: 1)
      return 0
    } catch { return error.error.rawValue }
  }

  // MARK: Tasks

  mutating func onTasks() {
    let manager = ServiceList.find(Bytes("manager"))?.owner ?? 0
    attempt("ending the first process") { SystemCalls.kill(1, 1) }
    attempt("ending the manager", needs: .tasks) { SystemCalls.kill(manager, 1) }
    attempt("the manager's priority", needs: .tasks) { SystemCalls.prioritySet(manager, 1) }
    attempt("more urgency than before", needs: .tasks) { SystemCalls.prioritySet(0, 31) }
    attempt("a more urgent child", needs: .tasks) {
      var options = StartOptions()
      options.priority = 31
      var words = WordList()
      words.append("attacker")
      words.append("wait")
      do throws(Refusal) {
        let child = try Process.start(Bytes("/extra/attacker"), arguments: words, options: options)
        try? child.kill(status: 1)
        return 0
      } catch { return error.error.rawValue }
    }
    attempt("memory in the manager", needs: .tasks) {
      let page = SystemCalls.memoryMap(0, 4096, [.read, .write])
      return SystemCalls.memoryShare(manager, UInt32(bitPattern: page) << 12, 4096, [.read])
    }
    attempt("asking the manager to stop", needs: .tasks) {
      SystemCalls.eventSend(manager, EventKind.stopAsked.rawValue, [], 0, 0)
    }
    attempt("the calls of another process", [.notPermitted, .noSuchTask, .badArgument]) {
      var record = TraceRecord()
      return unsafe SystemCalls.traceRead(manager, &record, 1)
    }
    attempt("another one's child", [.noChild]) { unsafe SystemCalls.wait(manager, .noWait, nil) }
    attempt("handles of others", [.badHandle]) {
      for number in 2..<200 as Range<UInt32> {
        var message = Message()
        let result = unsafe SystemCalls.receive(number, &message)
        if result != SystemError.badHandle.rawValue { return result }
      }
      return SystemError.badHandle.rawValue
    }
  }
}
