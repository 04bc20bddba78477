// What is handed down through the kernel from wherever it was entered: the right to its state, and the CPU that runs.
//
// Each library keeps its state in one value, at a fixed place of the image (`KernelPart`), and reaches it through the context as
// the libraries below do: `context.memory`, `context.scheduler`. No library can reach the state of one above it, because it has no
// name for it.
//
// Invariants:
// - Only an entry of the kernel makes a context (`@_spi(Entry)`): interrupts are off, and nobody else is in the kernel. With more
//   CPUs it stands for the kernel's lock.
// - It has no contents, so that passing it, and keeping it in a record of the kernel's, costs nothing.
// - A part of the state is not borrowed across a switch of tasks: another task changes it meanwhile.

import MachineSupport

/// The right to touch the kernel's state.
public struct Context: BitwiseCopyable, Sendable {
  @_spi(Entry) @inline(__always) public init() {}

  /// The CPU that runs this code.
  @inline(__always) public var processor: Processor { Processor() }
}

/// The libraries that have state, each above those before it.
public enum KernelPart: UInt32, CaseIterable, Sendable {
  case platform, consoles, scheduling, memory, objects, messages, mounts, devices, processes, faultReports, modules
  case traps

  /// How far from the beginning of the kernel's storage its state begins, and how much room it has, in bytes.
  @inline(__always) public var offset: UInt32 { offsetOf32 &* UInt32(MemoryLayout<Int>.size / 4) }

  /// The same for pointers of 32 bits.
  @inline(__always) private var offsetOf32: UInt32 {
    switch self {
    case .platform: UInt32(KERNEL_PART_PLATFORM)
    case .consoles: UInt32(KERNEL_PART_CONSOLES)
    case .scheduling: UInt32(KERNEL_PART_SCHEDULING)
    case .memory: UInt32(KERNEL_PART_MEMORY)
    case .objects: UInt32(KERNEL_PART_OBJECTS)
    case .messages: UInt32(KERNEL_PART_MESSAGES)
    case .mounts: UInt32(KERNEL_PART_MOUNTS)
    case .devices: UInt32(KERNEL_PART_DEVICES)
    case .processes: UInt32(KERNEL_PART_PROCESSES)
    case .faultReports: UInt32(KERNEL_PART_FAULT_REPORTS)
    case .modules: UInt32(KERNEL_PART_MODULES)
    case .traps: UInt32(KERNEL_PART_TRAPS)
    }
  }

  @inline(__always) public var end: UInt32 {
    KernelPart(rawValue: rawValue &+ 1)?.offset ?? kernel_storage_size()
  }
}

extension Context {
  /// Where a library keeps its state. Each library asks for its own part, as its own type.
  @inline(__always)
  public func place<State: ~Copyable>(of part: KernelPart, as type: State.Type = State.self) -> UnsafeMutablePointer<
    State
  > {
    UnsafeMutablePointer(bitPattern: UInt(address_of_kernel_storage() &+ part.offset)).unsafelyUnwrapped
  }

  /// Gives a library its first state.
  @inline(__always)
  public func start<State: ~Copyable>(_ part: KernelPart, _ state: consuming State) {
    guard MemoryLayout<State>.size <= Int(part.end &- part.offset) else {
      panic("a part of the kernel has outgrown its place")
    }
    place(of: part).initialize(to: state)
  }
}

/// What the machine can do, and what happened on it since boot.
public struct PlatformState {
  public var features = ProcessorFeatures()
  public var counters = Counters()
  public init() {}
}

/// What the machine did since boot; what the scheduler did, it counts itself.
public struct Counters {
  public var tlbFlushes: UInt64 = 0
  public var pageFaults: UInt64 = 0
  public var bytesCopied: UInt64 = 0
  public var interrupts: UInt64 = 0
  /// The time stamp where the first process was about to run.
  public var firstTaskStamp: UInt64 = 0
}

extension Context {
  @inline(__always) private var platform: UnsafeMutablePointer<PlatformState> { place(of: .platform) }

  /// What the processor can do.
  public var features: ProcessorFeatures {
    @inline(__always) get { platform.pointee.features }
    @inline(__always) nonmutating set { platform.pointee.features = newValue }
  }

  public var counters: Counters {
    @inline(__always) unsafeAddress { UnsafePointer(withUnsafeMutablePointer(to: &platform.pointee.counters) { $0 }) }
    @inline(__always) nonmutating unsafeMutableAddress {
      withUnsafeMutablePointer(to: &platform.pointee.counters) { $0 }
    }
  }
}
