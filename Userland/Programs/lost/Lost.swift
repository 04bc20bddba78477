// Provokes interrupts that the processor accepts but cannot deliver: a Ring-0 task stands at the very end of its stack
// when the timer and the keyboard interrupt. The kernel must end the task, and both devices must go on to work.
//
//     lost [--stack shared]
//
// Somebody has to press a key when the program asks for it. The key is still there afterwards, for whoever reads next.

import ABI
import SDK
import UserSupport

@main
struct Lost: Program {
  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 2, ProgramInformation.argument(1) == "--commit" { commit() }
    var flags: StartFlags = .ring0
    if ProgramInformation.argumentCount == 3, ProgramInformation.argument(2) == "shared" { flags.insert(.sharedStack) }
    var words = WordList()
    words.append("lost")
    words.append("--commit")
    let options = StartOptions(flags: flags)
    guard let task = try? Process.start(Bytes("/bin/lost"), arguments: words, options: options) else { return 2 }
    // Each sleep sets the timer: it comes while the other task is at the end of its stack, and this one waits for it.
    while (try? task.outcomeIfEnded()) == .some(nil) { Thread.sleep(milliseconds: 10) }
    return 0
  }

  private static func commit() -> Never {
    guard let task = try? TaskIdentity.current.information() else { Process.exit(1) }
    Console.write("lost: press a key\n")
    LocalController.hold()
    while !LocalController.isPending(timer) || !LocalController.isPending(keyboard) { spin_hint() }
    // Nothing is pushed before the first interrupt is taken.
    accept_interrupts_at(task.stackStart, LocalController.taskPriority)
    Process.exit(1)
  }

  /// The vectors of the two devices.
  private static var timer: UInt32 { 0x30 }
  private static var keyboard: UInt32 { 0x31 }
}

/// The processor's local interrupt controller, where the kernel maps its registers (Intel SDM Vol. 3, chapter 10).
private enum LocalController {
  private static var base: UInt32 { 0xffe0_0000 }
  /// TPR: interrupts of this class and below wait.
  static var taskPriority: UInt32 { base + 0x80 }
  /// IRR: a bit for each vector that waits, 32 in each register.
  private static var requests: UInt32 { base + 0x200 }

  /// Lets all interrupts wait, though the processor's own flag lets them through.
  static func hold() { volatile_write(taskPriority, 0xf0) }

  static func isPending(_ vector: UInt32) -> Bool {
    volatile_read(requests + (vector >> 5) << 4) & 1 << (vector & 31) != 0
  }
}
