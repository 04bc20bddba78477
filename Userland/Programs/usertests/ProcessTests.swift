// Processes: starting, refusing, waiting, killing, and what becomes of rights, orphans and memory.

import ABI
import SDK
import UserSupport

enum ProcessTests {
  static func run(in report: inout TestReport) {
    report.run("exit statuses arrive", statusesArrive)
    report.run("arguments longer than a page arrive, empty ones too", argumentsArrive)
    report.run("files and images that are no programs are refused", refusesBadImages)
    report.run("a request with bad pointers or flags is refused", refusesBadRequests)
    report.run("only children can be waited for, and each once", waitsOnlyForChildren)
    report.run("three spinners can be killed", spinnersCanBeKilled)
    report.run("abort in a thread ends the process") { outcome("abort") == .exited(status: 55) }
    report.run("an orphan goes to the first process and can be killed", orphanGoesToRoot)
    report.run("dropped rights are gone, in children too", rightsCanBeDropped)
    report.run("a process that takes all memory is ended or refused, and gives it back", survivesExhaustion)
    report.run("forty processes and forty threads leave no page behind", leavesNothingBehind)
  }

  private static func outcome(
    _ name: StaticString, _ number: UInt32 = 0, dropping rights: Rights = []
  ) -> Outcome? {
    guard let task = try? Child.start(name, number, dropping: rights) else { return nil }
    return try? task.wait()
  }

  private static func statusesArrive() -> Bool {
    for status in [0, 1, 255, 256, 0x7fff_ffff, 0xffff_ffff] as [UInt32] {
      guard outcome("exit", status) == .exited(status: Int32(bitPattern: status)) else { return false }
    }
    return true
  }

  private static func argumentsArrive() -> Bool {
    var arguments = WordList()
    for word in ["usertests", "--child", "words"] as [StaticString] { arguments.append(word) }
    var sum: Int32 = 0
    for length in [0, 1, 4095, 3000, 0, 5000] {
      arguments.append([UInt8](repeating: 0x78, count: length))
      sum += Int32(length)
    }
    guard let task = try? Child.start(arguments) else { return false }
    return (try? task.wait()) == .exited(status: sum)
  }

  private static func refusesBadImages() -> Bool {
    guard start(path: "/bin/no-such-program") == .notFound, start(path: "") != nil else { return false }
    let images: [[UInt8]] = [
      [0], [0x7f, 0x45, 0x4c, 0x46], [UInt8](repeating: 0, count: 52), [UInt8](repeating: 0xff, count: 8192),
    ]
    for image in images {
      let error = image.withUnsafeBufferPointer {
        start(image: UInt32(UInt(bitPattern: $0.baseAddress)), UInt32($0.count))
      }
      if error != .badExecutable { return false }
    }
    // Kernel bytes, nothing, and a range that wraps must not become a program.
    return start(image: 0xc010_0000, 4096) == .badAddress && start(image: 0x8000, 4096) == .badAddress
      && start(image: 0xffff_f000, 0x2000) != nil && start(image: text_start(), .max) != nil
  }

  private static func start(path: StaticString) -> SystemError? {
    do throws(Refusal) {
      _ = try Process.start(Bytes(path), arguments: WordList())
      return nil
    } catch {
      return error.error
    }
  }

  private static func start(image: UInt32, _ length: UInt32) -> SystemError? {
    var request = ProcessRequest()
    request.imageAddress = image
    request.imageLength = length
    return start(&request)
  }

  /// The error with which the kernel refuses `request`; nil where it does not.
  private static func start(_ request: inout ProcessRequest) -> SystemError? {
    let result = withUnsafePointer(to: &request) {
      megha_system_call2(
        SystemCall.processStart.rawValue, UInt32(UInt(bitPattern: $0)),
        UInt32(MemoryLayout<ProcessRequest>.size))
    }
    return result < 0 ? SystemError(rawValue: result) : nil
  }

  private static func refusesBadRequests() -> Bool {
    let path = Bytes("/bin/usertests")
    var good = ProcessRequest()
    good.path = TextSlice(address: UInt32(UInt(bitPattern: path.address)), length: UInt32(path.count))
    var requests: [ProcessRequest] = []
    func add(_ change: (inout ProcessRequest) -> Void) {
      var request = good
      change(&request)
      requests.append(request)
    }
    add { $0.path.address = 0 }
    add { $0.path.address = 0xc010_0000 }
    add { $0.path.length = .max }
    add {
      $0.argumentsAddress = 0xc010_0000
      $0.argumentCount = 1
    }
    add {
      $0.argumentsAddress = text_start()
      $0.argumentCount = .max
    }
    add {
      $0.argumentsAddress = 0xffff_fff8
      $0.argumentCount = 4
    }
    add {
      $0.environmentAddress = 0x8000
      $0.environmentCount = 1
    }
    add { $0.flags = StartFlags(rawValue: 0x8000_0000) }
    add { $0.flags = .sharedStack }
    add { $0.priority = 32 }
    for index in requests.indices where start(&requests[index]) == nil { return false }
    return true
  }

  private static func waitsOnlyForChildren() -> Bool {
    guard noChildIsLeft, waitFails(1, .noChild), waitFails(0x7fff_fff0, .noChild) else { return false }
    guard let sleeper = try? Child.start("sleep"), (try? sleeper.outcomeIfEnded()) == .some(nil),
      (try? sleeper.kill(status: 9)) != nil, (try? sleeper.wait()) == .killed(status: 9)
    else { return false }
    guard waitFails(sleeper.number, .noChild) else { return false }
    guard let one = try? Child.start("exit", 1), let two = try? Child.start("exit", 2),
      let first = try? TaskIdentity.waitForAnyChild(), let second = try? TaskIdentity.waitForAnyChild()
    else { return false }
    return first.task != second.task && (first.task == one || first.task == two)
      && (second.task == one || second.task == two) && noChildIsLeft
  }

  private static var noChildIsLeft: Bool { waitFails(0, .noChild) }

  private static func waitFails(_ task: UInt32, _ error: SystemError) -> Bool {
    UserTests.fails(error) { () throws(SystemError) in _ = try TaskIdentity(task).wait() }
  }

  private static func spinnersCanBeKilled() -> Bool {
    var spinners: [TaskIdentity] = []
    for _ in 0..<3 {
      guard let task = try? Child.start("spin") else { return false }
      spinners.append(task)
    }
    Thread.sleep(milliseconds: 30)
    for task in spinners {
      guard (try? task.kill(status: 5)) != nil, (try? task.wait()) == .killed(status: 5) else { return false }
    }
    return true
  }

  private static func orphanGoesToRoot() -> Bool {
    guard case .exited(let status) = outcome("orphan"), status > 0 else { return false }
    let orphan = TaskIdentity(UInt32(bitPattern: status))
    guard let information = try? orphan.information(), information.parent == 1 else { return false }
    guard (try? orphan.kill(status: 1)) != nil else { return false }
    for _ in 0..<100 {
      if (try? orphan.information()) == nil { return true }
      Thread.sleep(milliseconds: 10)
    }
    return false
  }

  private static func rightsCanBeDropped() -> Bool {
    guard outcome("without-rights") == .exited(status: 0) else { return false }
    // A child in Ring 0 cannot be started without the right to be there.
    if UserTests.isRing0 { return true }
    return outcome("without-rights", dropping: .all) == .exited(status: 0)
  }

  private static func survivesExhaustion() -> Bool {
    guard let before = try? Machine.memory() else { return false }
    let outcome = outcome("exhaust")
    guard outcome == .outOfMemory || outcome == .exited(status: 7) else { return false }
    return freePagesReturn(to: before.free)
  }

  private static func leavesNothingBehind() -> Bool {
    // Once before counting, so that what stays for good is there already.
    guard startMany(), let before = try? Machine.memory() else { return false }
    guard startMany() else { return false }
    return freePagesReturn(to: before.free)
  }

  private static func startMany() -> Bool {
    for number in 0..<(40 as UInt32) {
      guard outcome("exit", number) == .exited(status: Int32(number)),
        UserTests.outcome(of: { Int32(number) }) == .exited(status: Int32(number))
      else { return false }
    }
    return true
  }

  /// Whether as many pages are free as before; what ended is taken apart a moment after its end.
  private static func freePagesReturn(to count: UInt32) -> Bool {
    for _ in 0..<50 {
      if let memory = try? Machine.memory(), memory.free >= count { return true }
      Thread.sleep(milliseconds: 10)
    }
    return false
  }
}
