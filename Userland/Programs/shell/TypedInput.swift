// What is typed at the console, taken from the kernel by a thread of its own: so the shell can wait for a program and
// for a key at the same time, and sees Ctrl-C while something runs.
//
// The kernel gives every byte to one reader, of the job that owns the console. While a program in the foreground waits for input
// itself, the thread is ended, and its job is the owner; the thread begins anew when the program has ended.
//
// Invariants: bytes are taken in the order in which they were typed; Ctrl-C while commands run is no byte but an
// interrupt, and what was typed before it is dropped, as terminals do. Ctrl-Z is no byte then either.

import ABI
import Primitives
import SDK

enum TypedInput {
  private struct Queue {
    var bytes: [UInt8] = []
    /// Where the next byte is taken from.
    var first = 0
    /// Whether commands run, so that Ctrl-C interrupts them.
    var isRunning = false
    var wasInterrupted = false
    /// Whether Ctrl-Z was typed while they did.
    var wasStopped = false
    var hasEnded = false

    var count: Int { bytes.count - first }
  }

  /// How many bytes are kept at the most while nobody takes them; the serial line waits meanwhile. While commands run it is
  /// more, since Ctrl-C comes behind what was typed before it.
  private static var capacity: (waiting: Int, running: Int) { (4096, 65536) }
  private static let queue = Mutex(Queue())
  /// The thread that reads; 0: none.
  private static let reader = Mutex<UInt32>(0)
  /// The shell's first thread, which is told of what comes.
  private static let owner = Mutex<UInt32>(0)

  /// The console, also while a command has another input.
  private static let console = Mutex<UInt32>(StandardHandle.input)

  static var isReading: Bool { reader.withLock { $0 != 0 } }

  /// Begins to read; the calling thread is told of what comes, by the event `yieldAsked`.
  static func begin() {
    guard !isReading, !queue.withLock({ $0.hasEnded }) else { return }
    // Where somebody else has it who is not of this shell's job, the thread waits until it is given.
    try? TaskIdentity.current.giveConsole()
    if owner.withLock({ $0 == 0 }), let task = try? TaskIdentity.current.information().task {
      owner.withLock { $0 = task }
    }
    console.withLock { if $0 == StandardHandle.input, let own = try? Handle.input.duplicate(.read) { $0 = own.number } }
    guard
      let thread = try? Thread.start(body: { () -> Int32 in
        while readOnce() {}
        return 0
      })
    else { return }
    reader.withLock { $0 = thread.task.number }
  }

  /// Leaves the console to others.
  static func end() {
    let task = TaskIdentity(reader.withLock { $0 })
    guard task.number != 0 else { return }
    reader.withLock { $0 = 0 }
    // It may have ended by itself meanwhile.
    try? task.kill(status: 0)
    _ = try? task.wait()
  }

  /// Takes what the kernel has. Returns false at the end of the input.
  private static func readOnce() -> Bool {
    while queue.withLock({ $0.count > ($0.isRunning ? capacity.running : capacity.waiting) }) {
      Thread.sleep(milliseconds: 10)
    }
    var input = InlineArray<64, UInt8>(repeating: 0)
    let count = (try? Handle(console.withLock { $0 }).read(into: &input)) ?? 0
    queue.withLock { queue in
      if count == 0 { queue.hasEnded = true }
      for index in 0..<count {
        if input[index] == 0x03, queue.isRunning {
          queue.wasInterrupted = true
          queue.bytes = []
          queue.first = 0
        } else if input[index] == 0x1a, queue.isRunning {
          queue.wasStopped = true
        } else {
          queue.bytes.append(input[index])
        }
      }
    }
    try? TaskIdentity(owner.withLock { $0 }).askToYield()
    return count > 0
  }

  // MARK: For the shell's first thread

  /// From now on Ctrl-C interrupts commands, or is a byte for the line editor.
  static func commandsRun(_ isRunning: Bool) {
    queue.withLock {
      $0.isRunning = isRunning
      $0.wasInterrupted = false
      $0.wasStopped = false
    }
  }

  /// Whether Ctrl-C was typed since this was last asked.
  static func takeInterrupt() -> Bool {
    queue.withLock {
      let was = $0.wasInterrupted
      $0.wasInterrupted = false
      return was
    }
  }

  /// Whether Ctrl-Z was typed since this was last asked.
  static func takeStop() -> Bool {
    queue.withLock {
      let was = $0.wasStopped
      $0.wasStopped = false
      return was
    }
  }

  /// Ctrl-C came to whoever reads a line.
  static func interrupt() { queue.withLock { $0.wasInterrupted = true } }

  /// Whether Ctrl-C was typed; leaves it to be taken.
  static var isInterrupted: Bool { queue.withLock { $0.wasInterrupted } }

  /// The next byte, if there is one.
  static func takeByte() -> UInt8? {
    queue.withLock { queue in
      guard queue.first < queue.bytes.count else { return nil }
      let byte = queue.bytes[queue.first]
      queue.first += 1
      if queue.first == queue.bytes.count {
        queue.bytes = []
        queue.first = 0
      }
      return byte
    }
  }

  /// Waits for a byte.
  /// - Parameter nanoseconds: the longest wait.
  /// - Returns: nil at the end of the input, when the time is over, and at Ctrl-C while commands run.
  static func waitForByte(within nanoseconds: UInt64 = .max) -> UInt8? {
    let start = Clock.sinceBoot
    while true {
      if let byte = takeByte() { return byte }
      let passed = Clock.sinceBoot &- start
      guard passed < nanoseconds, !isInterrupted, !queue.withLock({ $0.hasEnded }) else { return nil }
      _ = try? Events.next(.yieldAsked, within: nanoseconds == .max ? .max : nanoseconds - passed)
    }
  }

  static var hasEnded: Bool { queue.withLock { $0.hasEnded && $0.count == 0 } }

  /// Waits, at most until Ctrl-C.
  static func sleep(milliseconds: UInt32) {
    guard isReading else { return Thread.sleep(milliseconds: milliseconds) }
    let nanoseconds = UInt64(milliseconds) * 1_000_000
    let start = Clock.sinceBoot
    while !isInterrupted {
      let passed = Clock.sinceBoot &- start
      guard passed < nanoseconds else { return }
      _ = try? Events.next(.yieldAsked, within: nanoseconds - passed)
    }
  }
}
