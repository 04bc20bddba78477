// The name space: which file systems lie where, over the files that came with the kernel.
//
// A file system is a service, named here and looked for when a path leads to it: it may be started later, end, move and come back
// under its mount.
//
// Invariant: no two mounts have the same path; of those that a path leads through, the deepest has it.

import ABI
import Files
import IPC
import Objects
import Platform
import Primitives
import VirtualMemory

package struct Mount: ~Copyable {
  /// First, where `text` finds them.
  /// Without the root's, which is the archives'.
  fileprivate var bytes = InlineArray<64, UInt8>(repeating: 0)
  /// How many bytes the path has.
  private(set) var count = 0
  package let service: Name
  package let flags: MountFlags

  /// The longest path, in bytes.
  static var pathLimit: Int { 64 }

  fileprivate init(path: Span<UInt8>, service: Name, flags: MountFlags) {
    for index in path.indices { bytes[index] = path[index] }
    count = path.count
    self.service = service
    self.flags = flags
  }

  fileprivate func information(isServed: Bool) -> MountInformation {
    var information = MountInformation()
    information.service = service
    information.flags = flags
    information.isServed = isServed ? 1 : 0
    information.pathLength = UInt32(count)
    for index in 0..<count { information.path[index] = bytes[index] }
    return information
  }
}

extension Reference where Value == Mount {
  /// Its path, where it lies.
  fileprivate var text: PathText {
    let start = unsafe UnsafeRawPointer(unsafePointer).assumingMemoryBound(to: UInt8.self)
    return unsafe PathText(start, count: value.count)
  }
}

/// The state of this library.
package struct MountState: ~Copyable {
  static var capacity: Int { 16 }
  fileprivate var entries = InlineArray<16, Reference<Mount>?>(repeating: nil)

  package init() {}
}

extension Context {
  fileprivate var mounts: MountState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .mounts)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .mounts) }
  }
}

package struct Mounts {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of what file systems have known.
  package static func enter(into kinds: inout ObjectTable) {
    ServedFiles.enter(into: &kinds)
    OpenDirectories.enter(into: &kinds)
  }

  /// The mount that a path leads to; nil: to the archives.
  package func mount(of path: PathText) -> Reference<Mount>? {
    var deepest: Reference<Mount>?
    for index in 0..<MountState.capacity {
      guard let mount = context.mounts.entries[index], path.isInside(mount.text) else { continue }
      if mount.value.count > deepest?.value.count ?? 0 { deepest = mount }
    }
    return deepest
  }

  /// Whether a mount's path is this one or below it: such a name cannot be taken away.
  package func isBusy(_ path: PathText) -> Bool {
    for index in 0..<MountState.capacity {
      guard let mount = context.mounts.entries[index] else { continue }
      if mount.text.isInside(path) { return true }
    }
    return false
  }

  package func add(
    _ path: PathText, service: Name, flags: MountFlags
  ) throws(SystemError) {
    guard !path.isRoot else { throw .badArgument }
    guard path.count <= Mount.pathLimit else { throw .tooLarge }
    var free: Int?
    for index in 0..<MountState.capacity {
      guard let other = context.mounts.entries[index] else {
        if free == nil { free = index }
        continue
      }
      if other.value.count == path.count, path.isInside(other.text) { throw .alreadyExists }
    }
    guard let free else { throw .limitReached }
    let pointer: UnsafeMutablePointer<Mount> = try unsafe KernelHeap(context).allocateUncharged(tag: .service)
    unsafe pointer.initialize(to: Mount(path: path.span, service: service, flags: flags))
    context.mounts.entries[free] = unsafe Reference(pointer)
  }

  package func remove(_ path: PathText) throws(SystemError) {
    for index in 0..<MountState.capacity {
      guard let mount = context.mounts.entries[index], mount.value.count == path.count, path.isInside(mount.text) else {
        continue
      }
      context.mounts.entries[index] = nil
      unsafe mount.unsafePointer.deinitialize(count: 1)
      unsafe KernelHeap(context).free(mount.unsafePointer)
      return
    }
    throw .notFound
  }

  /// The mount of this number among those that there are.
  package func information(at number: UInt32) -> MountInformation? {
    var left = number
    for index in 0..<MountState.capacity {
      guard let mount = context.mounts.entries[index] else { continue }
      if left == 0 { return mount.value.information(isServed: isServed(mount)) }
      left &-= 1
    }
    return nil
  }

  private func isServed(_ mount: Reference<Mount>) -> Bool {
    guard let service = Services(context).find(mount.value.service) else { return false }
    if case .nobody = service.value.server { return false }
    return true
  }

  /// Calls `body` with the name of the first mount after `position` whose path is one name below `directory`. Returns the
  /// position after it; nil where there is none.
  func name(
    after position: Int, in directory: PathText, _ body: (Span<UInt8>) -> Void
  ) -> Int? {
    var index = position
    while index < MountState.capacity {
      defer { index &+= 1 }
      guard let mount = context.mounts.entries[index] else { continue }
      guard mount.text.isInside(directory) else { continue }
      let rest = mount.text.rest(below: directory.count)
      if rest.count == 0 || rest.span.contains(0x2f) { continue }
      body(rest.span)
      return index &+ 1
    }
    return nil
  }
}

extension Span<UInt8> {
  fileprivate func contains(_ byte: UInt8) -> Bool {
    for index in indices where self[index] == byte { return true }
    return false
  }
}
