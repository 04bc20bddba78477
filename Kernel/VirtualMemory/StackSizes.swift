// How large the stacks are that tasks get without saying.

/// The sizes of stacks, in bytes.
package enum StackSizes {
  /// A Ring-0 process's first stack: committed at once, because the processor cannot take a page fault on the page
  /// that it needs to push the fault's frame.
  package static var ring0: UInt32 { 32 * 1024 }
  /// The same of a process of another system, whose programs were not written for so little.
  package static var foreignRing0: UInt32 { 256 * 1024 }
  /// A thread's stack where the starter does not say.
  package static var thread: UInt32 { 64 * 1024 }
  package static var ring0Thread: UInt32 { 32 * 1024 }
  package static var threadLimit: UInt32 { 16 * 1024 * 1024 }
  package static var ring0ThreadMinimum: UInt32 { 20 * 1024 }
}
