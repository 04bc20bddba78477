// The machine as the kernel's libraries see it. Its instructions are those of i686, or in a test process those of
// Tests/HostedMachine (docs/decisions/0038-the-kernel-in-a-test-process.md).
//
// Invariant: nothing here decides. Each function is one or a few instructions, or one field of the CPU's area.

import Drivers
import MachineSupport

/// The CPU that runs this code. Its state lies in its area, at a fixed address, so that the value itself is empty.
public struct Processor: Sendable {
  /// Where the registers of the local interrupt controller are mapped, and the vector of its timer.
  public static var controller: UInt32 { 0xffe0_0000 }
  public static var timerVector: UInt8 { 0x30 }

  public init() {}

  @inline(__always)
  private var area: UnsafeMutablePointer<cpu_area> { current_cpu_area().unsafelyUnwrapped }

  /// The address of the task whose registers the processor holds.
  public var currentTask: UInt {
    @inline(__always) get { UInt(area.pointee.current_task) }
    @inline(__always) nonmutating set { area.pointee.current_task = UInt32(newValue) }
  }

  /// What is to be seen to before the task's own code goes on.
  public var pendingWork: UInt32 {
    @inline(__always) get { area.pointee.pending_work }
    @inline(__always) nonmutating set { area.pointee.pending_work = newValue }
  }

  /// The time stamp now (`RDTSC`).
  @inline(__always)
  public var stamp: UInt64 { read_time_stamp() }

  /// A number that nobody knows beforehand: the time stamp, and one of the processor's own random numbers where it makes any.
  public func unpredictableNumber(_ features: ProcessorFeatures) -> UInt64 {
    stamp ^ (features.hasRandomNumbers ? UInt64(random_number()) << 32 | UInt64(random_number()) : 0)
  }

  /// Lets the interrupts in that wait, in the middle of the kernel's work.
  public func letInterruptsIn() { allow_interrupts() }

  /// Sets the timer to interrupt once after `ticks`.
  public func setTimer(ticks: UInt32) {
    LocalAPIC<MachineMemory>(base: Self.controller)
      .startOneShot(vector: Self.timerVector, divider: .by1, count: ticks)
  }

  // MARK: The parts of a switch

  /// Where the kernel is entered for the next task: the end of its kernel stack, 0 where it shares the task's own.
  @inline(__always)
  public func setEntry(stackEnd: UInt32, directEntry: UInt32) {
    area.pointee.state.esp0 = stackEnd
    area.pointee.direct_entry = directEntry
  }

  /// The stack pointers on which the kernel works for a task with a shared stack.
  @inline(__always)
  public func setSharedStack(floor: UInt32, end: UInt32) {
    area.pointee.shared_stack_floor = floor
    area.pointee.shared_stack_end = end
  }

  /// Points GS at a thread's own data.
  @inline(__always)
  public func setThreadSegment(_ descriptor: UInt64) {
    withUnsafeMutablePointer(to: &area.pointee.descriptors) { tuple in
      UnsafeMutableRawPointer(tuple).assumingMemoryBound(to: UInt64.self)[6] = descriptor
    }
    load_thread_segment()
  }

  /// Loads GS again, into which a task may have loaded another selector.
  @inline(__always)
  public func reloadThreadSegment() { load_thread_segment() }

  /// DR7 with every breakpoint off (Intel SDM Vol. 3, 17.2.4).
  private static var noBreakpoints: UInt32 { 0x400 }

  /// Turns off the breakpoints that a Ring-0 task has set: they are no other task's.
  @inline(__always)
  public func clearBreakpoints() { if read_dr7() != Self.noBreakpoints { writeNoBreakpoints() } }

  @inline(never)
  private func writeNoBreakpoints() {
    write_dr7(Self.noBreakpoints)
    write_dr6(0)
  }

  /// CR3 of the kernel's own address space, and CR3 now.
  @inline(__always)
  public var kernelDirectory: UInt32 { area.pointee.kernel_directory }
  @inline(__always)
  public var loadedDirectory: UInt32 { area.pointee.loaded_directory }

  /// Loads the directory that is the kernel's own from now on, here and in the task states of faults.
  public func setKernelDirectory(_ root: UInt32) {
    area.pointee.kernel_directory = root
    area.pointee.loaded_directory = root
    area.pointee.double_fault.cr3 = root
    area.pointee.nmi.cr3 = root
    write_cr3(root)
  }

  /// Whether the current task is guarded.
  @inline(__always)
  public var isGuarded: Bool { area.pointee.protection & 2 != 0 }

  /// The stack pointer with which a task called that has too little stack left, and the lowest that would do.
  public var savedStackPointer: UInt32 { area.pointee.saved_stack_pointer }
  public var sharedStackFloor: UInt32 { area.pointee.shared_stack_floor }

  /// Makes the flow that a task gate interrupted go on at an address of the kernel's, on the reaper stack. Nothing leads back to
  /// what it was doing.
  public func goOn(at address: UInt32, inKernelDirectory: Bool) {
    if inKernelDirectory { area.pointee.loaded_directory = area.pointee.kernel_directory }
    area.pointee.state.eip = address
    area.pointee.state.esp = area.pointee.reaper_stack_end
    area.pointee.state.cs = UInt32(SELECTOR_KERNEL_CODE)
    area.pointee.state.ss = UInt32(SELECTOR_KERNEL_DATA)
    area.pointee.state.ds = UInt32(SELECTOR_USER_DATA)
    area.pointee.state.es = UInt32(SELECTOR_USER_DATA)
    area.pointee.state.fs = 0
    area.pointee.state.gs = UInt32(SELECTOR_THREAD_DATA)
    area.pointee.state.ldt = 0
    area.pointee.state.eflags = 2
    area.pointee.state.cr3 = area.pointee.loaded_directory
  }

  /// Lets the current task use the x87 and SSE registers from now on.
  public func allowFloat() {
    clear_task_switched()
    area.pointee.next_control_0 &= ~ControlBits.taskSwitched
  }

  /// The descriptor of a thread's own data that begin at `base` (Intel SDM Vol. 3, 3.4.5).
  public static func threadSegment(base: UInt32) -> UInt64 {
    segment(base: base, limit: 0xf_ffff, access: 0xf3, flags: 0xc)
  }

  /// A segment descriptor.
  public static func segment(base: UInt32, limit: UInt32, access: UInt64, flags: UInt64) -> UInt64 {
    let base = UInt64(base)
    let limit = UInt64(limit)
    return (limit & 0xffff) | (base & 0xff_ffff) << 16 | access << 40 | ((limit >> 16) | flags << 4) << 48
      | (base >> 24) << 56
  }

  /// What CR0 and CR4 were last set for: three bits that choose their values, of which bit 1 says that the kernel works with
  /// CR0.WP off, and others that no control register goes by.
  public var protection: UInt32 {
    @inline(__always) get { area.pointee.protection }
    @inline(__always) nonmutating set { area.pointee.protection = newValue }
  }

  /// Sees to it that the switch loads CR0 and CR4 as `wanted` says. Returns 1 where they change, else 0.
  @inline(__always)
  public func changeProtection(to wanted: UInt32) -> UInt32 {
    if wanted == protection { return 0 }
    protection = wanted
    setControls(for: wanted)
    return 1
  }

  /// Puts what CR0 and CR4 are to be where the switch loads them from.
  @inline(__always)
  public func setControls(for wanted: UInt32) {
    let values = controls(for: wanted)
    area.pointee.next_control_0 = values[0]
    area.pointee.next_control_4 = values[1]
  }

  /// Remembers what CR0 and CR4 are to be for `wanted`.
  public func prepareControls(for wanted: UInt32, control0: UInt32, control4: UInt32) {
    let values = controls(for: wanted)
    values[0] = control0
    values[1] = control4
  }

  /// The values of CR0 and CR4 for `wanted`, in the CPU's area.
  @inline(__always)
  private func controls(for wanted: UInt32) -> UnsafeMutablePointer<UInt32> {
    withUnsafeMutablePointer(to: &area.pointee.controls) { tuple in
      UnsafeMutableRawPointer(tuple).assumingMemoryBound(to: UInt32.self) + Int(wanted & 7) &* 2
    }
  }

  /// Loads CR0 and CR4 as the last change of the protection says, without a switch.
  public func loadControls() {
    write_cr4(area.pointee.next_control_4)
    write_cr0(area.pointee.next_control_0)
  }

  /// The last step of a switch: leaves the stack pointer at `place` and goes on where another task's was left. Comes back
  /// when the task runs again. `directory` is 0 where the address space stays, `changesProtection` where CR0 and CR4 do.
  @inline(__always)
  public func switchTask(
    saving place: UnsafeMutablePointer<UInt32>, to stackPointer: UInt32, directory: UInt32, changesProtection: UInt32
  ) {
    before_switch(directory)
    switch_context(place, stackPointer, directory, changesProtection)
  }

  /// The same for a flow that is over.
  public func resumeTask(at stackPointer: UInt32, directory: UInt32, changesProtection: UInt32) -> Never {
    resume_context(stackPointer, directory, changesProtection)
  }
}

/// The memory-mapped registers of devices, at the virtual addresses where the kernel maps them.
public enum MachineMemory: MemoryAccess {
  @inline(__always) public static func read32(_ address: UInt32) -> UInt32 { memory_read32(address) }
  @inline(__always) public static func write32(_ address: UInt32, _ value: UInt32) { memory_write32(address, value) }
}
