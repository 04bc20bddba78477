// The state of this library, for whoever has the right to it.

import Platform

extension Context {
  package var memory: MemoryState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .memory)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .memory) }
  }
}
