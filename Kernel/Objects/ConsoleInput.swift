// What is typed at the console, on its way to its terminal (Terminal.swift); and whose it is: the terminal's foreground is called the
// console's owner. At first that is the first process's job; it gives the input on to the shell, and the shell to what it runs in the
// foreground. Whoever else reads waits, so nobody gets a line that was typed for another.
//
// Invariants:
// - There is an owner from the first process on, and it has tasks: where its last one has ended, the job around it is the owner.
// - The owner whom the attention key interrupted is kept, and has the input again, and the terminal as it had set it, when the
//   shell that came by the key has ended.
// - What the terminal has no room for stays in the console's ring, whose sender waits; a key that is a signal is looked for there too.

import ABI
import Consoles
import Jobs
import Platform
import Primitives
import Scheduling
import Terminals
import VirtualMemory

/// Who has the console's input.
struct ConsoleOwners: ~Copyable {
  /// Who had it when the attention key was pressed, and with which settings.
  var interrupted: Reference<Job>?
  var interruptedSettings = TerminalSettings()
  /// The task that waits for the attention key.
  var watchers = TaskQueue()
  /// When the attention key was pressed that nobody has seen to yet.
  var attentionAsked: UInt64?
  /// What the serial line brings before this moment is dropped: a sender had kept it back when attention was asked for.
  var silentUntil: UInt64 = 0
}

package struct ConsoleInput {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  // MARK: Interrupts

  package func receiveKeyboard() {
    context.consoles.console.receiveKeyboard()
    _ = takeAttention()
    Terminals(context).takeTyped()
  }

  package func receiveSerial() {
    context.consoles.console.receiveSerial()
    let now = context.scheduler.now
    // What was typed on the keyboard meanwhile is in the terminal, and stays.
    let isAsked = takeAttention()
    if isAsked || now < context.objects.consoleOwners.silentUntil {
      context.objects.consoleOwners.silentUntil = now &+ Self.pause
      context.consoles.console.dropInput()
    }
    if isAsked { Terminals(context).dropInput(of: Terminals(context).console) }
    Terminals(context).takeTyped()
  }

  /// How long the serial line has to be silent after it asked for attention, in nanoseconds: less than anybody takes to type on.
  private static var pause: UInt64 { 50_000_000 }

  /// Returns whether somebody asked for attention.
  private func takeAttention() -> Bool {
    let isAsked = context.consoles.console.takeAttention()
    if isAsked {
      context.objects.consoleOwners.attentionAsked = context.scheduler.now
      context.scheduler.wakeAll(reference(to: &context.objects.consoleOwners.watchers))
    }
    return isAsked
  }

  // MARK: Calls

  /// Waits for the attention key. The first process, which calls this, is the owner then. Returns when it was pressed.
  package func waitForAttention() throws(SystemError) -> UInt64 {
    guard let root = context.objects.root, context.currentProcess == root else { throw .notPermitted }
    while true {
      if let asked = context.objects.consoleOwners.attentionAsked {
        context.objects.consoleOwners.attentionAsked = nil
        takeConsole(for: root)
        return asked
      }
      let reason = context.scheduler.block(
        .waitingForInput, on: reference(to: &context.objects.consoleOwners.watchers))
      if reason == .cancelled { throw .cancelled }
    }
  }

  private func takeConsole(for root: Reference<Process>) {
    let interrupted = owner
    if context.objects.consoleOwners.interrupted == nil && interrupted != root.value.job {
      JobRecords(context).retain(interrupted)
      context.objects.consoleOwners.interrupted = interrupted
      context.objects.consoleOwners.interruptedSettings = terminals.console.value.discipline.settings
    }
    terminals.set(TerminalSettings(), of: terminals.console)
    replace(root.value.job)
  }

  private var terminals: Terminals { Terminals(context) }

  /// The owner; where the one that was has no tasks any more, the one that follows it.
  var owner: Reference<Job> {
    guard let root = context.objects.root?.value.job else { panic("there is no first process, and somebody reads") }
    let console = terminals.console
    while let present = console.value.foreground, present.value.used.tasks == 0 {
      let around = present.value.parent ?? root
      if around == root, let interrupted = context.objects.consoleOwners.interrupted {
        context.objects.consoleOwners.interrupted = nil
        terminals.replaceForeground(of: console, with: interrupted)
        terminals.set(context.objects.consoleOwners.interruptedSettings, of: console)
        JobRecords(context).release(interrupted)
      } else {
        terminals.replaceForeground(of: console, with: around)
      }
    }
    return console.value.foreground ?? root
  }

  private func replace(_ owner: Reference<Job>) { terminals.replaceForeground(of: terminals.console, with: owner) }
}

extension Terminals {
  /// Takes what was typed at the console, as far as there is room for it.
  func takeTyped() {
    let console = console
    var isChanged = false
    while console.value.discipline.hasRoom, let byte = context.consoles.console.takeInput() {
      _ = arrive(byte, at: console)
      isChanged = true
    }
    if context.consoles.console.hasInput, serveSignalInRing() { isChanged = true }
    if isChanged { inputChanged(at: console) }
  }

  /// A key that is a signal behind more than the terminal has room for: drops what is in front of it.
  private func serveSignalInRing() -> Bool {
    let console = console
    let heard = heard(at: console)
    let isFound = context.consoles.console.dropInput { byte in
      console.value.discipline.signal(of: byte).map { heard.contains($0) } ?? false
    }
    guard isFound, let byte = context.consoles.console.takeInput() else { return false }
    return arrive(byte, at: console)
  }
}
