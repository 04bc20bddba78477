// What handles stand for, and what can be done with it whatever it is.
//
// Each kind of object has its operations, which the library that keeps such objects enters into one table at boot. Nobody has to
// know all kinds: a handle is read, written, duplicated and closed by the table.
//
// Invariants:
// - An operation is a plain function: it captures nothing, as there is no memory for that yet when it is entered.
// - An operation is called for a handle of its own kind only.

import ABI
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// An object as a handle names it.
package struct HandleTarget {
  /// The address of its record, or a number that its kind gives a meaning.
  package let object: UInt32
  /// More of the same.
  package let detail: UInt32
  package let kind: ObjectKind

  package init(_ kind: ObjectKind, object: UInt32 = 0, detail: UInt32 = 0) {
    self.kind = kind
    self.object = object
    self.detail = detail
  }

  package static var none: HandleTarget { HandleTarget(.none) }
}

/// What can be done with the objects of one kind.
package struct ObjectOperations {
  /// Whether several handles may stand for one object. If not, one process at a time has it.
  package var isCopyable = true
  /// Whether bytes are read from it or written to it: what a process may get as a standard handle without being named.
  package var isStream = false
  /// Counts one more handle.
  package var retain: (Context, HandleTarget) -> Void = { _, _ in }
  /// A process gives up its handle.
  package var close: (Context, HandleTarget, Reference<Process>) -> Void = { _, _, _ in }
  /// Each moves at most as many bytes as the buffer has, and returns how many.
  package var read: (Context, HandleTarget, UserBuffer) throws(SystemError) -> UInt32 = Self.refuse
  package var write: (Context, HandleTarget, UserBuffer) throws(SystemError) -> UInt32 = Self.refuse
  /// Sets where the next read begins.
  package var seek: (Context, HandleTarget, UInt32) throws(SystemError) -> Void = Self.refuse
  /// Where that is; 0 where it has no meaning.
  package var position: (HandleTarget) -> UInt32 = { _ in 0 }

  /// Does what has to be done before its states are asked for. Returns whether there was something: others may have run.
  package var prepare: (Context, HandleTarget) -> Bool = { _, _ in false }
  /// What could be done now without waiting; nil: nobody can wait for that.
  package var states: ((Context, HandleTarget) -> PollStates)?
  /// Who has to be woken when the states change; nil: they never do.
  package var listeners: ((Context, HandleTarget) -> Reference<ListenerList>)?

  package init() {}

  /// States of what is always ready.
  package static var ready: (Context, HandleTarget) -> PollStates { { _, _ in [.readable, .writable] } }

  private static func refuse(_: Context, _: HandleTarget, _: UserBuffer) throws(SystemError) -> UInt32 {
    throw .unsupported
  }

  private static func refuse(_: Context, _: HandleTarget, _: UInt32) throws(SystemError) { throw .unsupported }
}

/// The operations of all kinds. They are called where they lie.
package struct ObjectTable: ~Copyable {
  private var kinds = InlineArray<15, ObjectOperations>(repeating: ObjectOperations())

  init() {}

  package mutating func enter(_ kind: ObjectKind, _ operations: consuming ObjectOperations) {
    kinds[Int(kind.rawValue)] = operations
  }

  /// The operations of a kind, where they lie: read as a part of the value, the whole table would be copied first.
  @inline(__always)
  private mutating func operations(of target: HandleTarget) -> UnsafeMutablePointer<ObjectOperations> {
    unsafe withUnsafeMutablePointer(to: &kinds) {
      unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: ObjectOperations.self) + Int(target.kind.rawValue)
    }
  }

  mutating func isCopyable(_ target: HandleTarget) -> Bool { unsafe operations(of: target).pointee.isCopyable }

  mutating func isStream(_ target: HandleTarget) -> Bool { unsafe operations(of: target).pointee.isStream }

  mutating func retain(_ target: HandleTarget, _ context: Context) {
    unsafe operations(of: target).pointee.retain(context, target)
  }

  mutating func close(_ target: HandleTarget, of process: Reference<Process>, _ context: Context) {
    unsafe operations(of: target).pointee.close(context, target, process)
  }

  package mutating func read(_ target: HandleTarget, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    try unsafe operations(of: target).pointee.read(buffer.context, target, buffer)
  }

  package mutating func write(_ buffer: UserBuffer, to target: HandleTarget) throws(SystemError) -> UInt32 {
    try unsafe operations(of: target).pointee.write(buffer.context, target, buffer)
  }

  package mutating func seek(_ target: HandleTarget, to position: UInt32, _ context: Context) throws(SystemError) {
    try unsafe operations(of: target).pointee.seek(context, target, position)
  }

  package mutating func position(of target: HandleTarget) -> UInt32 {
    unsafe operations(of: target).pointee.position(target)
  }

  mutating func canBePolled(_ target: HandleTarget) -> Bool { unsafe operations(of: target).pointee.states != nil }

  mutating func prepare(_ target: HandleTarget, _ context: Context) -> Bool {
    unsafe operations(of: target).pointee.prepare(context, target)
  }

  mutating func states(of target: HandleTarget, _ context: Context) -> PollStates {
    unsafe operations(of: target).pointee.states?(context, target) ?? []
  }

  mutating func listeners(of target: HandleTarget, _ context: Context) -> Reference<ListenerList>? {
    unsafe operations(of: target).pointee.listeners?(context, target)
  }
}
