// Terminals: the console, and pseudo-terminals, whose screen and keyboard are a program. What is typed goes through a line
// discipline (Kernel/Terminals) to the job in the foreground; the console's screen is Kernel/Consoles, a pseudo-terminal's a
// ring of bytes that its master reads.
//
// Invariants:
// - A pseudo-terminal's record and its memory stay while a handle stands for one of its sides or a task waits in here; the
//   console's stay for good.
// - Bytes are taken only once they are the reader's.
// - Whatever can make a wait come to its end wakes all who wait for it, and they look themselves.

import ABI
import Consoles
import Jobs
import Platform
import Primitives
import Scheduling
import Terminals
import VirtualMemory

package struct Terminal: ~Copyable {
  var discipline: LineDiscipline
  let isConsole: Bool
  /// Of the console nobody has it.
  var master: TerminalMaster
  /// Who pays for it; nil: the kernel's own.
  let job: Reference<Job>?
  /// The address of its bytes.
  let memory: UInt32
  var columns: UInt32 = 0
  var rows: UInt32 = 0
  /// Handles of the terminal's own side.
  var handles: UInt32 = 1
  /// Tasks that wait in here, whose handle another thread may close meanwhile.
  var waiting: UInt32 = 0
  /// The job that reads what is typed; nil: the first process's for the console, and else whoever has a handle.
  var foreground: Reference<Job>?
  var watchers = TerminalWatchers()
  var readers = TaskQueue()
  var writers = TaskQueue()
  var listeners = ListenerList()

  fileprivate init(memory: UInt32, for job: Reference<Job>?, isConsole: Bool) {
    let capacity = Int(TerminalLimits.capacity)
    unsafe discipline = LineDiscipline(
      arrived: ByteQueue(storage: Self.bytes(memory), capacity: capacity),
      line: ByteQueue(storage: Self.bytes(memory &+ TerminalLimits.capacity), capacity: capacity))
    self.memory = memory
    self.job = job
    self.isConsole = isConsole
    master = unsafe TerminalMaster(
      output: isConsole
        ? ByteQueue(storage: Self.bytes(memory), capacity: 0)
        : ByteQueue(
          storage: Self.bytes(memory &+ 2 &* TerminalLimits.capacity), capacity: Int(TerminalLimits.output)))
  }

  /// The bytes of a console's terminal, and of a pseudo-terminal.
  fileprivate static var consoleSize: UInt32 { 2 &* TerminalLimits.capacity }
  fileprivate static var size: UInt32 { consoleSize &+ TerminalLimits.output }

  @unsafe
  private static func bytes(_ address: UInt32) -> UnsafeMutablePointer<UInt8> {
    unsafe UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }

  var isHungUp: Bool { !isConsole && master.handles == 0 }

  fileprivate var isUnused: Bool { handles | waiting == 0 && isHungUp }
}

/// The side of a pseudo-terminal that types and looks.
struct TerminalMaster: ~Copyable {
  var handles: UInt32 = 1
  var output: ByteQueue
  var readers = TaskQueue()
  var writers = TaskQueue()
  var listeners = ListenerList()

  init(output: consuming ByteQueue) { self.output = output }
}

package struct Terminals {
  let context: Context

  package init(_ context: Context) { self.context = context }

  static func enter(into kinds: inout ObjectTable) {
    var terminal = ObjectOperations()
    terminal.isStream = true
    terminal.retain = { context, target in Terminals(context).record(target).value.handles &+= 1 }
    terminal.close = { context, target, process in
      let terminals = Terminals(context)
      terminals.close(terminals.record(target), by: process)
    }
    terminal.read = { (context, target, buffer) throws(SystemError) in
      let terminals = Terminals(context)
      return try terminals.read(terminals.record(target), into: buffer)
    }
    terminal.write = { (context, target, buffer) throws(SystemError) in
      let terminals = Terminals(context)
      return try terminals.write(buffer, to: terminals.record(target))
    }
    terminal.prepare = { context, target in
      let terminals = Terminals(context)
      let terminal = terminals.record(target)
      return terminals.advance(terminal, for: max(Int(terminal.value.discipline.settings.minimum), 1))
    }
    terminal.states = { context, target in
      let terminals = Terminals(context)
      return terminals.states(of: terminals.record(target))
    }
    terminal.listeners = { context, target in reference(to: &Terminals(context).record(target).value.listeners) }
    kinds.enter(.terminal, terminal)
    enterMaster(into: &kinds)
  }

  /// The terminal that a handle stands for, or whose master it is. The console's has no address of its own.
  func record(_ target: HandleTarget) -> Reference<Terminal> {
    target.object == 0 ? console : unsafe Reference(DirectMap.pointer(target.object))
  }

  // MARK: The console's

  /// The console's terminal.
  var console: Reference<Terminal> {
    guard let console = context.objects.console else { panic("a terminal is used before there is one") }
    return console
  }

  /// Makes the console's terminal, for good. Before it nothing is read.
  package func startConsole() {
    let size = MemoryLayout<Terminal>.stride
    let place = KernelMemory(context).permanent(size)
    let memory = KernelMemory(context).permanent(Int(Terminal.consoleSize))
    let pointer = unsafe UnsafeMutablePointer<Terminal>(bitPattern: UInt(place)).unsafelyUnwrapped
    unsafe pointer.initialize(to: Terminal(memory: memory, for: nil, isConsole: true))
    let console = unsafe Reference(pointer)
    (console.value.columns, console.value.rows) = (80, 25)
    context.objects.console = console
  }

  // MARK: Life

  /// Makes a pseudo-terminal, with one handle of each side counted.
  package func make(for job: Reference<Job>) throws(SystemError) -> (master: HandleTarget, terminal: HandleTarget) {
    let pointer: UnsafeMutablePointer<Terminal> = try unsafe KernelHeap(context).allocate(tag: .terminal, for: job)
    let memory: UInt32
    do throws(SystemError) {
      memory = try KernelHeap(context).allocateBytes(Terminal.size, alignment: 16, tag: .terminal, for: job)
    } catch {
      unsafe KernelHeap(context).free(pointer, of: job)
      throw error
    }
    unsafe pointer.initialize(to: Terminal(memory: memory, for: job, isConsole: false))
    let object = UInt32(UInt(bitPattern: pointer))
    return (HandleTarget(.terminalMaster, object: object), HandleTarget(.terminal, object: object))
  }

  /// Gives up a side for which no handle could be made.
  package func abort(_ target: HandleTarget) {
    let terminal = record(target)
    if target.kind == .terminal { closeTerminalSide(of: terminal) } else { closeMaster(of: terminal) }
    freeIfUnused(terminal)
  }

  private func close(_ terminal: Reference<Terminal>, by process: Reference<Process>) {
    if process.value.hasEnded { endWatches(of: process, at: terminal) }
    closeTerminalSide(of: terminal)
    freeIfUnused(terminal)
  }

  /// One handle of the terminal's side less. With the last, the master's reads have an end.
  private func closeTerminalSide(of terminal: Reference<Terminal>) {
    terminal.value.handles &-= 1
    if terminal.value.handles == 0 { wakeMaster(of: terminal) }
  }

  /// Frees a pseudo-terminal that nobody has any more.
  func freeIfUnused(_ terminal: Reference<Terminal>) {
    guard terminal.value.isUnused, let job = terminal.value.job else { return }
    endAllWatches(at: terminal)
    if let foreground = terminal.value.foreground { JobRecords(context).release(foreground) }
    KernelHeap(context).freeBytes(at: terminal.value.memory, Terminal.size, of: job)
    unsafe terminal.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(terminal.unsafePointer, of: job)
  }

  // MARK: Settings

  package func information(of target: HandleTarget) throws(SystemError) -> TerminalInformation {
    let terminal = try checked(target)
    var information = TerminalInformation()
    information.settings = terminal.value.discipline.settings
    information.columns = terminal.value.columns
    information.rows = terminal.value.rows
    information.foreground = foreground(of: terminal)?.value.number ?? 0
    information.readable = UInt32(terminal.value.discipline.available)
    information.isHungUp = terminal.value.isHungUp ? 1 : 0
    return information
  }

  /// The terminal of a handle of either side.
  package func checked(_ target: HandleTarget) throws(SystemError) -> Reference<Terminal> {
    guard target.kind == .terminal || target.kind == .terminalMaster else { throw .unsupported }
    return record(target)
  }

  /// Changes what is wanted; all of it is looked at before.
  package func change(
    _ target: HandleTarget, _ changes: TerminalChanges, to information: TerminalInformation
  ) throws(SystemError) {
    let terminal = try checked(target)
    if changes.contains(.settings), !information.settings.isValid { throw .badArgument }
    if changes.contains(.size), max(information.columns, information.rows) > TerminalLimits.size { throw .badArgument }
    if target.kind == .terminal { try waitForForeground(of: terminal) }
    if changes.contains(.dropInput) { dropInput(of: terminal) }
    if changes.contains(.settings) { set(information.settings, of: terminal) }
    if changes.contains(.size), (terminal.value.columns, terminal.value.rows) != (information.columns, information.rows)
    {
      (terminal.value.columns, terminal.value.rows) = (information.columns, information.rows)
      raise(.resized, at: terminal)
    }
  }

  func set(_ settings: TerminalSettings, of terminal: Reference<Terminal>) {
    terminal.value.discipline.change(settings)
    if terminal.value.isConsole {
      context.consoles.console.setLineFeedReturns(settings.modes.contains(.lineFeedReturns))
    }
    inputChanged(at: terminal)
    outputChanged(at: terminal)
  }

  func dropInput(of terminal: Reference<Terminal>) {
    terminal.value.discipline.dropInput()
    if terminal.value.isConsole { context.consoles.console.dropInput() }
    wakeMasterForRoom(of: terminal)
  }

  // MARK: Waking

  /// What is read may have changed.
  func inputChanged(at terminal: Reference<Terminal>) {
    context.scheduler.wakeAll(reference(to: &terminal.value.readers))
    context.scheduler.wakeListeners(terminal.value.listeners)
  }

  /// What is written may go on.
  func outputChanged(at terminal: Reference<Terminal>) {
    context.scheduler.wakeAll(reference(to: &terminal.value.writers))
    context.scheduler.wakeListeners(terminal.value.listeners)
  }

  func states(of terminal: Reference<Terminal>) -> PollStates {
    var states: PollStates = []
    if terminal.value.isHungUp { return [.readable, .writable, .hungUp] }
    if isForeground(context.currentProcess, of: terminal),
      terminal.value.discipline.readable(for: Int(TerminalLimits.capacity)) != nil
    {
      states.insert(.readable)
    }
    if canWrite(to: terminal) { states.insert(.writable) }
    return states
  }
}
