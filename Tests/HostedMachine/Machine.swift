// A machine in the process of a test: the face of Machine/include/machine_support.h, so that the kernel's own code runs here as it
// does on i686. Each test has a machine of its own, known to its thread; the functions that stand for instructions ask for it.
//
// - Flows of control (Flows.swift) are contexts with stacks of their own, and a switch goes from one to the other at once.
// - Memory (Memory.swift) lies at the addresses at which the kernel knows it; the host's own mappings are the translation cache.
// - Time stands still but for what reading it takes, and what the test adds.
//
// Invariant: only the thread that made a machine touches it.

import Foundation
@_exported import MachineLayout

/// One processor and its board.
public final class HostedMachine: @unchecked Sendable {
  // MARK: The processor

  /// Its area, at an address of the kernel's image where there is memory, else anywhere.
  public internal(set) var area: UnsafeMutablePointer<cpu_area>
  private let ownArea: UnsafeMutablePointer<cpu_area>
  /// Nanoseconds, and time stamps, since it was made.
  public var stamp: UInt64 = 0
  /// How much later it is with each look at the time.
  public var stampStep: UInt64 = 0
  public var controls: (cr0: UInt32, cr2: UInt32, cr3: UInt32, cr4: UInt32) = (0x8000_0011, 0, 0, 0x20)
  public var debugRegisters: (dr6: UInt32, dr7: UInt32) = (0, 0x400)
  var modelRegisters: [UInt32: UInt64] = [:]
  var segmentTable = descriptor_table(limit: 0, base: 0)
  var gateTable = descriptor_table(limit: 0, base: 0)
  public internal(set) var switches = 0

  // MARK: The board

  public internal(set) var memory: HostedMemory?
  public let local = LocalController()
  public let routing = RoutingController()
  public let serial = SerialDevice()
  public let hostSerial = SerialDevice()

  // MARK: What runs on it

  let flows = Flows()
  /// The kernel's own entries, which on i686 the assembly calls.
  /// Called where the kernel lets interrupts in, in the middle of its work.
  public var atPreemptionPoint: () -> Void = {}
  public var trapHandler: (UnsafeMutablePointer<trap_frame>) -> Void = { _ in }
  /// Ends a panic of the kernel, with its reason.
  public var panicHandler: (UnsafePointer<UInt8>?, UInt32) -> Never = { _, _ in
    fatalError("a panic before there is a kernel")
  }
  /// Runs a task's own code from its first registers on; never returns.
  public var enterTask: (trap_frame) -> Never = { _ in fatalError("a task began, and no test says what it does") }
  /// Runs the code of a linked module: function, argument.
  public var callModule: (UInt32, UInt32) -> UInt64 = { _, _ in fatalError("a module was called") }
  var moduleStackUser: UInt32 = 1
  var moduleData: UInt32 = 0
  var moduleAfterwards: UInt32 = 0

  /// - Parameter memory: nil for tests of a library that knows no addresses.
  public init(memory: HostedMemory? = nil) {
    ownArea = .allocate(capacity: 1)
    memset(ownArea, 0, MemoryLayout<cpu_area>.size)
    area = ownArea
    self.memory = memory
    if memory != nil {
      area = UnsafeMutablePointer(bitPattern: UInt(ImageAddress.area)).unsafelyUnwrapped
      // While the kernel boots it waits for clocks that are not there.
      stampStep = 10_000
    }
    area.pointee.kernel_directory = 1
    area.pointee.loaded_directory = 1
    select()
  }

  deinit {
    ownArea.deallocate()
    if Self.selected == Unmanaged.passUnretained(self).toOpaque() { pthread_setspecific(Self.key, nil) }
  }

  // MARK: The machine of this thread

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private static var selected: UnsafeMutableRawPointer? { pthread_getspecific(key) }

  /// What the kernel's code on this thread runs on from now on.
  public func select() { pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque()) }

  @inline(__always)
  public static var current: HostedMachine {
    Unmanaged<HostedMachine>.fromOpaque(selected.unsafelyUnwrapped).takeUnretainedValue()
  }

  // MARK: Time and interrupts

  /// Why a run ended.
  public enum End: Equatable, Sendable {
    /// All tasks wait, and no timer will wake any.
    case idle
    /// It was switched off, with this value at the port of its exit device.
    case stopped(UInt32)
  }

  public private(set) var end: End?

  /// Leaves whatever runs, for whoever called `run`.
  func finish(_ end: End) {
    self.end = end
    flows.goToMain()
  }

  /// Goes on with what runs, or with `boot` where nothing does yet, until that ends.
  public func run(_ boot: @escaping () -> Never) -> End {
    end = nil
    flows.run(boot)
    return end.unsafelyUnwrapped
  }

  /// Delivers the interrupts that have been requested, most urgent first.
  ///
  /// - Parameter frame: what is interrupted.
  public func deliverInterrupts(to frame: inout trap_frame) {
    local.update(stamp)
    while let vector = local.takeRequest() {
      frame.vector = UInt32(vector)
      withUnsafeMutablePointer(to: &frame) { trapHandler($0) }
      local.update(stamp)
    }
  }

  /// The kernel lets interrupts in, in the idle loop.
  func deliverInterruptsToKernel() {
    var frame = trap_frame()
    frame.cs = UInt32(SELECTOR_KERNEL_CODE)
    frame.eip = ImageAddress.text
    frame.eflags = 0x202
    deliverInterrupts(to: &frame)
  }

  /// Halts until an interrupt has come.
  func waitForInterrupt() {
    while true {
      local.update(stamp)
      if local.hasRequest { return deliverInterruptsToKernel() }
      if let moment = local.timerMoment {
        stamp = max(stamp, moment)
      } else {
        finish(.idle)
      }
    }
  }
}
