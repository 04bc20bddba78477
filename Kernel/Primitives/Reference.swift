// The kernel's long-lived objects (tasks, processes, address spaces) live at fixed addresses in kernel
// memory and are named by `Reference`s: plain pointers with a safe face. Swift classes would cost an
// atomic reference count on each use, on the hottest paths of the system.
//
// Invariant: the owner of the object (a table, a pool) ends it, and only after every `Reference` to it
// has left the run queues, wait queues and lists; the kernel's invariant checker proves that.

/// A name for a value of fixed address and manually managed lifetime.
@safe @frozen
public struct Reference<Value: ~Copyable>: Equatable {
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  @inlinable @inline(__always)
  public init(_ pointer: UnsafeMutablePointer<Value>) { unsafe self.pointer = unsafe pointer }

  /// The value, in place.
  @inlinable
  public var value: Value {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
  }

  @inlinable @inline(__always)
  public var address: UInt { UInt(bitPattern: unsafe pointer) }

  /// The raw pointer, for the pool that ends the value.
  @inlinable @inline(__always)
  public var unsafePointer: UnsafeMutablePointer<Value> { unsafe pointer }

  @inlinable @inline(__always)
  public static func == (left: Self, right: Self) -> Bool { left.address == right.address }
}

/// The address of a value that does not move, as a Reference.
@inlinable @inline(__always)
public func reference<Value: ~Copyable>(to value: inout Value) -> Reference<Value> {
  unsafe withUnsafeMutablePointer(to: &value) { unsafe Reference($0) }
}
