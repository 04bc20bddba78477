// What the control registers are set for while a task runs.

/// SMEP and SMAP hold while the kernel works for Ring-3 tasks; Ring-0 tasks run code and data of user pages. For a guarded
/// task the kernel works with CR0.WP off, which the entry restores on the way out. CR0.TS is set unless the x87 and SSE
/// registers are the task's own.
public struct Protection: OptionSet, Sendable {
  public var rawValue: UInt32

  @inline(__always)
  public init(rawValue: UInt32 = 0) { self.rawValue = rawValue }

  public init(mode: TaskMode, isGuarded: Bool) {
    self.init()
    if mode.isRing0 { insert(.ring0) }
    if mode == .kernelSharedStack { insert(.sharedStack) }
    if isGuarded { insert(.guarded) }
  }

  public static var ring0: Protection { .init(rawValue: 1) }
  /// The platform knows this bit too (`Processor.protection`).
  public static var guarded: Protection { .init(rawValue: 2) }
  /// The x87 and SSE registers are the running task's.
  public static var float: Protection { .init(rawValue: 4) }
  /// The kernel works on the task's own stack; concerns no control register.
  public static var sharedStack: Protection { .init(rawValue: 8) }

  /// Whether a copy to the task's memory needs more than the processor's checks (UserBuffer.mayBeWritten).
  @inline(__always)
  public var checksCopies: Bool {
    rawValue & (Protection.guarded.rawValue | Protection.sharedStack.rawValue) != 0
  }
}
