// The kernels that can be built from the same sources: the standard one, one for debuggers, and those for tests that need a
// kernel without something, to show what that something is for.

public enum KernelVariant: String, Sendable, CaseIterable {
  case standard
  /// Changes address spaces in the middle of system calls: the control of the two-cures test.
  case earlyChange = "early-change"
  /// Forgets the interrupts that a double fault swallowed.
  case forgetInterrupts = "forget-interrupts"
  /// Not optimized, so that a debugger finds every function and local variable.
  case debuggable

  /// The linked image.
  public var image: String { self == .standard ? "build/kernel.elf" : "build/kernel-\(rawValue).elf" }

  /// Where what belongs to this variant alone is made.
  var folder: String { self == .standard ? "build/kernel" : "build/kernel-\(rawValue)" }

  /// Conditions that the sources of Image are compiled with.
  var conditions: [String] {
    switch self {
    case .standard: []
    case .debuggable: ["-D", "DEBUGGABLE"]
    case .earlyChange: ["-D", "EARLY_CHANGE"]
    case .forgetInterrupts: ["-D", "FORGET_INTERRUPTS"]
    }
  }

  /// Whether all that it is linked from is compiled for it alone, without optimizing.
  var isDebuggable: Bool { self == .debuggable }
}
