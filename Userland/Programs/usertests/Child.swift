// What the tests' child processes do: `usertests --child NAME [NUMBER]`.

import ABI
import Primitives
import SDK
import UserSupport

enum Child {
  static func run(_ name: Bytes) -> Int32 {
    let number = ProgramInformation.argumentCount > 3 ? ProgramInformation.argument(3).number ?? 0 : 0
    if name == "exit" { return Int32(bitPattern: number) }
    if name == "spin" { while opaque(1) == 1 { spin_hint() } }
    if name == "sleep" { while true { Thread.sleep(milliseconds: 3_600_000) } }
    if name == "orphan" { return leaveOrphan() }
    if name == "without-rights" { return withoutRights() }
    if name == "exhaust" { exhaustMemory() }
    if name == "words" { return countWords() }
    if name == "abort" { return abortFromThread() }
    return 99
  }

  /// Starts this program as a child that does `name`, in the ring of the caller.
  static func start(_ name: StaticString, _ number: UInt32 = 0, dropping rights: Rights = [])
    throws(SystemError)
    -> TaskIdentity
  {
    var arguments = WordList()
    arguments.append("usertests")
    arguments.append("--child")
    arguments.append(name)
    var digits = ByteWriter()
    digits.write(decimal: number)
    arguments.append(digits.bytes)
    return try start(arguments, dropping: rights)
  }

  static func start(_ arguments: WordList, dropping rights: Rights = []) throws(SystemError) -> TaskIdentity {
    var options = StartOptions(flags: UserTests.ownFlags)
    options.droppedRights = rights
    do throws(Refusal) {
      return try Process.start(Bytes("/bin/usertests"), arguments: arguments, options: options)
    } catch {
      throw error.error
    }
  }

  /// Starts a child that sleeps and leaves it behind. The exit status is its identity.
  private static func leaveOrphan() -> Int32 {
    guard let task = try? start("sleep") else { return -1 }
    return Int32(bitPattern: task.number)
  }

  /// Drops the rights and sees that nothing works any more that needs them.
  private static func withoutRights() -> Int32 {
    if Process.drop(.all) != [] { return 1 }
    let refusesThread = UserTests.fails(.notPermitted) { () throws(SystemError) in
      _ = try Thread.start(StartOptions(flags: .ring0)) { 0 }
    }
    let refusesPower = SystemCall.powerOff.rawValue
    guard megha_system_call1(refusesPower, 0) == SystemError.notPermitted.rawValue else { return 3 }
    return refusesThread ? 0 : 2
  }

  /// Maps and touches memory until there is none.
  private static func exhaustMemory() -> Never {
    while let address = try? Memory.map(1 << 20, [.read, .write]) {
      for page in 0..<(256 as UInt32) { volatile_write(address + page * 4096, 1) }
    }
    Process.exit(7)
  }

  /// Returns the sum of the lengths of the arguments from the fourth on.
  private static func countWords() -> Int32 {
    var sum: Int32 = 0
    for index in 3..<ProgramInformation.argumentCount {
      sum += Int32(ProgramInformation.argument(index).count)
    }
    return sum
  }

  /// A thread ends the process while the first thread sleeps.
  private static func abortFromThread() -> Int32 {
    guard (try? Thread.start(body: { Process.abort(55) })) != nil else { return 1 }
    Thread.sleep(milliseconds: 10_000)
    return 2
  }
}
