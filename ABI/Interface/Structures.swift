// The structures that cross the system-call boundary. Every field is a 32-bit word or an array of bytes whose
// size is a multiple of four, so that Swift and C lay them out alike; 64-bit numbers are two words, low first.

public struct WordPair: BitwiseCopyable, Sendable {
  public var low: UInt32
  public var high: UInt32
  @inlinable public init(_ value: UInt64 = 0) {
    low = UInt32(truncatingIfNeeded: value)
    high = UInt32(truncatingIfNeeded: value &>> 32)
  }
  @inlinable public var value: UInt64 { UInt64(high) &<< 32 | UInt64(low) }
}

/// A name of at most 31 bytes, padded with zeros.
public struct Name: BitwiseCopyable, Sendable {
  public var bytes: InlineArray<32, UInt8>
  @inlinable public init() { bytes = InlineArray(repeating: 0) }
}

/// How a task is to run (`TaskMode`) and on which stack the kernel works for it.
public struct StartFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Run in Ring 0. Needs the right `Rights.ring0`.
  @inlinable public static var ring0: StartFlags { .init(rawValue: 1) }
  /// Ring 0 only: the kernel works on the task's own stack instead of a kernel stack.
  @inlinable public static var sharedStack: StartFlags { .init(rawValue: 2) }
  /// Ring 0 only: kernel memory is read-only to the task.
  @inlinable public static var guarded: StartFlags { .init(rawValue: 4) }
  /// Threads only: nobody waits for it.
  @inlinable public static var detached: StartFlags { .init(rawValue: 8) }
  /// Processes only: the starter reads with `traceRead` which calls it makes.
  @inlinable public static var traced: StartFlags { .init(rawValue: 16) }
  /// Processes only: it and what it starts are a job of their own, inside the starter's.
  @inlinable public static var ownJob: StartFlags { .init(rawValue: 32) }
  /// Processes only: arguments and environment are arrays of addresses, a 0 behind the last, of texts that end with a zero byte.
  /// Their counts mean nothing.
  @inlinable public static var zeroEnded: StartFlags { .init(rawValue: 64) }
  @inlinable public static var all: StartFlags { .init(rawValue: 127) }
}

/// A call of a traced process.
public struct TraceRecord: BitwiseCopyable, Sendable {
  public var task: UInt32 = 0
  /// 3 or 0.
  public var ring: UInt32 = 0
  /// A `SystemCall`, or what else EAX held.
  public var number: UInt32 = 0
  public var words = InlineArray<5, UInt32>(repeating: 0)
  /// 0 for a call that does not come back.
  public var hasResult: UInt32 = 0
  public var result: Int32 = 0
  /// The processor's time stamps between the call's beginning and end that were the task's own.
  public var instructions = WordPair()
  /// The first of the bytes that the call read.
  public var textLength: UInt32 = 0
  public var text = InlineArray<32, UInt8>(repeating: 0)
  @inlinable public init() {}
}

/// An argument or an environment entry: bytes without a final zero.
public struct TextSlice: BitwiseCopyable, Sendable {
  public var address: UInt32
  public var length: UInt32
  @inlinable public init(address: UInt32 = 0, length: UInt32 = 0) {
    self.address = address
    self.length = length
  }
}

public struct ProcessRequest: BitwiseCopyable, Sendable {
  /// The program: a file's path, or, where `imageLength` is not 0, an ELF image in the caller's memory.
  public var path = TextSlice()
  public var imageAddress: UInt32 = 0
  public var imageLength: UInt32 = 0
  /// An array of `argumentCount` TextSlices. By custom the first is the program's name.
  public var argumentsAddress: UInt32 = 0
  public var argumentCount: UInt32 = 0
  public var environmentAddress: UInt32 = 0
  public var environmentCount: UInt32 = 0
  public var flags = StartFlags(rawValue: 0)
  /// 1 to 31; 0: the caller's priority.
  public var priority: UInt32 = 0
  /// Rights the new process does not get.
  public var droppedRights = Rights(rawValue: 0)
  /// Where one sentence goes that explains a refusal; capacity 0: it goes to the log only.
  public var explanationAddress: UInt32 = 0
  public var explanationCapacity: UInt32 = 0
  /// With the flag `ownJob`: what the job may have at the most; 0: as much as the jobs around it.
  public var limits = JobAmounts()
  /// With the flag `ownJob`: the share of the processor's time that the job gets beside others, 1 to 1000; 0: 100. More than 100
  /// needs the right `tasks`. A job inside one that is not reserved has no share of its own.
  public var share: UInt32 = 0
  /// A `HandleSource` for each of the standard handles.
  public var standardHandles = InlineArray<3, HandleSource>(repeating: .inherited)
  /// A handle of the service that says what its system calls mean (Personality.swift); 0: they are native.
  public var personality: UInt32 = 0
  @inlinable public init() {}
}

/// What a job has, or may have at the most.
public struct JobAmounts: BitwiseCopyable, Equatable, Sendable {
  /// Pages of memory.
  public var pages: UInt32 = 0
  /// Bytes of kernel memory: records, kernel stacks, page tables.
  public var kernelBytes: UInt32 = 0
  /// Tasks, with those that have ended and that nobody has waited for.
  public var tasks: UInt32 = 0
  @inlinable public init() {}
}

/// A job: a process and what it starts, directly and through others.
public struct JobInformation: BitwiseCopyable, Sendable {
  public var job: UInt32 = 0
  /// The job around it; 0 for the first.
  public var parent: UInt32 = 0
  /// 1: it is not ended where memory runs out, and has the last pages.
  public var isReserved: UInt32 = 0
  /// What it has; where it is not reserved, with all jobs inside it.
  public var used = JobAmounts()
  /// `UInt32.max`: no limit of its own.
  public var limits = JobAmounts()
  /// Its share of the processor's time; 0: that of the job around it.
  public var share: UInt32 = 0
  @inlinable public init() {}
}

/// Which limit a task ran into.
public struct LimitRefusal: BitwiseCopyable, Sendable {
  /// The job whose limit it is; 0: the machine has no more.
  public var job: UInt32 = 0
  /// A `JobResource`: 0 pages, 1 bytes of kernel memory, 2 tasks.
  public var resource: UInt32 = 0
  /// At how much of it.
  public var limit: UInt32 = 0
  @inlinable public init() {}
}

public struct ThreadRequest: BitwiseCopyable, Sendable {
  /// A function of one argument, in the C calling convention; its return value is the exit status.
  public var entry: UInt32 = 0
  public var argument: UInt32 = 0
  public var flags = StartFlags(rawValue: 0)
  /// In bytes; 0: 64 KiB.
  public var stackSize: UInt32 = 0
  /// 1 to 31; 0: the caller's priority.
  public var priority: UInt32 = 0
  @inlinable public init() {}
}

public struct WaitFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Return wouldBlock instead of waiting.
  @inlinable public static var noWait: WaitFlags { .init(rawValue: 1) }
}

public enum OutcomeKind: UInt32, Sendable {
  /// It called exit or returned; `status` is what it gave.
  case exited = 0
  /// Another task ended it, or abort did; `status` is what that gave.
  case killed = 1
  /// The processor found a fault; `status` is the exception's vector, 8 also where a stack in Ring 0 could not be used.
  case faulted = 2
  /// It needed memory that was not there.
  case outOfMemory = 3
  /// It held the processor with interrupts off and was ended by the watchdog.
  case stuck = 4
  /// A check of its own failed: its code stopped itself with UD2; `status` is 6, the exception's vector.
  case checkFailed = 5
}

public struct TaskOutcome: BitwiseCopyable, Sendable {
  public var task: UInt32 = 0
  public var kind: UInt32 = 0
  public var status: Int32 = 0
  @inlinable public init() {}
}

public enum TaskState: UInt32, Sendable {
  case ready = 0
  case running = 1
  case sleeping = 2
  case waitingForTask = 3
  case waitingForInput = 4
  case waitingForWord = 5
  case waitingForMessage = 6
  case waitingForReply = 7
  case ended = 8
  case waitingForEvent = 9
  case waitingForLock = 10
  case waitingForNotification = 11
  case waitingForPipe = 12
  case stopped = 13
}

/// What a task can be told.
public enum EventKind: UInt32, Sendable {
  /// A child process of the task's process ended. Its outcome is taken with `wait`. Only a process's first task is told.
  case childEnded = 0
  /// Another task asks for the processor.
  case yieldAsked = 1
  /// Another task asks this one to finish its work and end.
  case stopAsked = 2
  /// The time given to `eventTimer` is over.
  case timer = 3
  /// Another task tells a process with a personality something, which its personality learns at once and no task by `eventWait`
  /// (Personality.swift).
  case told = 4
}

public struct EventKinds: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var childEnded: EventKinds { .init(rawValue: 1) }
  @inlinable public static var yieldAsked: EventKinds { .init(rawValue: 2) }
  @inlinable public static var stopAsked: EventKinds { .init(rawValue: 4) }
  @inlinable public static var timer: EventKinds { .init(rawValue: 8) }
  @inlinable public static var all: EventKinds { .init(rawValue: 15) }
}

/// An event of a task. A task has at most one of each kind pending: one that comes before it was taken is counted
/// in, so that nothing is lost and nothing grows.
public struct Event: BitwiseCopyable, Sendable {
  /// An `EventKind`.
  public var kind: UInt32 = 0
  /// How many times it happened since it was taken last; 1 or more.
  public var count: UInt32 = 0
  /// The task that caused the latest: the child that ended, or the task that asked; 0 for the timer.
  public var task: UInt32 = 0
  public var reserved: UInt32 = 0
  /// When the first of them happened, in nanoseconds since boot.
  public var time = WordPair()
  @inlinable public init() {}
}

/// Where segment GS of a new task begins: a block at the top of its stack.
public struct ThreadBlock: BitwiseCopyable, Sendable {
  /// The block's own address.
  public var address: UInt32 = 0
  /// The task's identity.
  public var task: UInt32 = 0
  /// Two words for the program's use; 0 at first.
  public var first: UInt32 = 0
  public var second: UInt32 = 0
  @inlinable public init() {}
}

public struct TaskInformation: BitwiseCopyable, Sendable {
  public var task: UInt32 = 0
  /// The identity of the process's first task.
  public var process: UInt32 = 0
  /// The parent process; 0 for the first process.
  public var parent: UInt32 = 0
  /// 3 or 0.
  public var ring: UInt32 = 3
  /// 1 for a thread, 0 for the first task of a process.
  public var isThread: UInt32 = 0
  public var flags = StartFlags(rawValue: 0)
  public var state: UInt32 = 0
  public var priority: UInt32 = 0
  /// Equal for tasks that share an address space, different for all others.
  public var addressSpace: UInt32 = 0
  public var stackStart: UInt32 = 0
  public var stackEnd: UInt32 = 0
  /// The stack the kernel works on for this task; 0 and 0 for a shared stack.
  public var kernelStackStart: UInt32 = 0
  public var kernelStackEnd: UInt32 = 0
  /// Pages of memory that the process holds.
  public var pages: UInt32 = 0
  public var rights = Rights(rawValue: 0)
  public var nanoseconds = WordPair()
  public var name = Name()
  /// The job that pays for it.
  public var job: UInt32 = 0
  @inlinable public init() {}
}

public struct ClockReading: BitwiseCopyable, Sendable {
  /// Nanoseconds since boot.
  public var sinceBoot = WordPair()
  /// Seconds since 1970 at boot, from the machine's clock; 0 where it has none.
  public var bootTime = WordPair()
  @inlinable public init() {}
}

public struct MemoryPermissions: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var read: MemoryPermissions { .init(rawValue: 1) }
  @inlinable public static var write: MemoryPermissions { .init(rawValue: 2) }
  @inlinable public static var execute: MemoryPermissions { .init(rawValue: 4) }
  @inlinable public static var all: MemoryPermissions { .init(rawValue: 7) }
}

public struct MemoryInformationFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Walk all structures and prove the counts.
  @inlinable public static var check: MemoryInformationFlags { .init(rawValue: 1) }
}

/// Counts in pages of 4,096 bytes.
public struct MemoryInformation: BitwiseCopyable, Sendable {
  public var total: UInt32 = 0
  public var free: UInt32 = 0
  public var kernelImage: UInt32 = 0
  public var bootArchive: UInt32 = 0
  public var frameRecords: UInt32 = 0
  public var pageTables: UInt32 = 0
  public var kernelHeap: UInt32 = 0
  public var kernelStacks: UInt32 = 0
  public var processMemory: UInt32 = 0
  public var shared: UInt32 = 0
  public var devices: UInt32 = 0
  public var modules: UInt32 = 0
  /// With `check`: the number of frames whose owner is wrong; 0 when all is well.
  public var discrepancies: UInt32 = 0
  @inlinable public init() {}
}

/// What one owner has in the kernel's heap.
public struct HeapInformation: BitwiseCopyable, Sendable {
  public var name = Name()
  /// The owner's tag, 1 to 255.
  public var tag: UInt32 = 0
  /// Bytes taken, rounded up to what the heap hands out.
  public var bytes: UInt32 = 0
  public var allocations: UInt32 = 0
  /// 1 where the heap watches for overruns and for use after free (the boot option `heap=guarded`).
  public var isGuarded: UInt32 = 0
  @inlinable public init() {}
}

/// What the call `kernelTest` does to the kernel.
public enum KernelTest: UInt32, Sendable {
  /// Lets the Nth allocation of a frame from now fail, once; N = 0: none. The result is what was left of an N before.
  case failFrame = 0
  /// The same for allocations from the kernel's heap.
  case failHeap = 1
  /// Gives back what the kernel keeps ready for later.
  case dropCaches = 2
  /// Reads a word at the address, as kernel code would by mistake.
  case read = 3
  /// Writes back the word at the address that it read.
  case write = 4
  /// Calls the address; 0: a function in the kernel's heap.
  case execute = 5
  /// Writes as many bytes as the argument says behind the end of 24 bytes of the kernel's heap, and gives them back:
  /// the machine stops with an explanation.
  case overrunHeap = 6
  /// Gives memory of the kernel's heap back twice: the machine stops with an explanation.
  case freeTwice = 7
  /// Lets a non-maskable interrupt come while the kernel handles the next double fault.
  case interruptDoubleFault = 8
}

public enum RegionPurpose: UInt32, Sendable {
  case text = 0
  case readOnlyData = 1
  case data = 2
  case mapping = 3
  case stack = 4
  case threadStack = 5
  case guardPage = 6
  case systemCallPage = 7
  case device = 8
  case shared = 9
  /// Where pages appear that callers lend to a server's task.
  case lent = 10
  /// Through which the kernel and a process's personality pass bytes.
  case exchange = 11
}

public struct RegionInformation: BitwiseCopyable, Sendable {
  public var start: UInt32 = 0
  public var length: UInt32 = 0
  public var permissions = MemoryPermissions(rawValue: 0)
  public var purpose: UInt32 = 0
  /// How many of its pages have memory behind them.
  public var residentPages: UInt32 = 0
  /// The task whose stack or guard page it is; 0: none.
  public var task: UInt32 = 0
  @inlinable public init() {}
}

public struct FileEntry: BitwiseCopyable, Sendable {
  public var size: UInt32 = 0
  /// 0: an ordinary file, 1: a folder, 2: something else.
  public var kind: UInt32 = 0
  public var pathLength: UInt32 = 0
  public var path = InlineArray<128, UInt8>(repeating: 0)
  @inlinable public init() {}
}

/// What the machine did since boot; each a pair of words.
public struct MachineCounters: BitwiseCopyable, Sendable {
  public var addressSpaceChanges = WordPair()
  public var taskSwitches = WordPair()
  public var tlbFlushes = WordPair()
  public var pageFaults = WordPair()
  public var bytesCopied = WordPair()
  /// Interrupts of devices and of the watchdog.
  public var interrupts = WordPair()
  /// The time stamp at the kernel's first instruction, and where the first process was about to run.
  public var entryStamp = WordPair()
  public var firstTaskStamp = WordPair()
  @inlinable public init() {}
}
