// The handles of a process: small numbers that stand for open files, devices, services and notifications.
//
// Invariants:
// - A handle says what it stands for by itself; closing it never touches another.
// - `doors` goes with `slots`: `replace` is the only way to change what a handle stands for.
// - What a handle allows only becomes less on the way from one handle to the next.
// - The first three are the standard handles: nothing but `place` puts anything there, so that a program whose output was
//   closed does not write into what it opens next.

import ABI
import MachineSupport
import Platform
import Primitives
import Scheduling

package struct HandleTable: ~Copyable {
  static var capacity: Int { 32 }

  /// A handle: what it stands for, and what it allows. 16 bytes.
  private struct Slot {
    var target = HandleTarget.none
    var rights: UInt32 = 0
  }

  // The first two are where module_door.S expects them.
  /// For each handle the address of its service's door; of a door that is always closed where it is no service.
  private var doors = InlineArray<32, UInt32>(repeating: address_of_closed_door())
  /// The identity of the process: what services get as the sender of a request.
  private var sender: UInt32
  private var slots = InlineArray<32, Slot>(repeating: Slot())

  init(owner: TaskIdentity) { sender = owner.value }

  /// A handle where it lies: read as a part of the value, the whole table would be copied first.
  @inline(__always)
  private mutating func slot(_ handle: UInt32) -> UnsafeMutablePointer<Slot> {
    unsafe withUnsafeMutablePointer(to: &slots) {
      unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: Slot.self) + Int(handle)
    }
  }

  /// What a handle stands for, where it allows what is `needed`.
  @inline(__always)
  package mutating func target(of handle: UInt32, needed: HandleRights = []) throws(SystemError) -> HandleTarget {
    guard handle < UInt32(Self.capacity) else { throw .badHandle }
    let slot = unsafe slot(handle)
    guard unsafe slot.pointee.rights & needed.rawValue == needed.rawValue else { throw .badHandle }
    let target = unsafe slot.pointee.target
    if target.kind == .none { throw .badHandle }
    return target
  }

  /// The object that a handle stands for, where it is of this kind and the handle allows what is `needed`; nil for anything else.
  @inline(__always)
  package mutating func object(of handle: UInt32, _ kind: ObjectKind, needed: HandleRights) -> UInt32? {
    guard handle < UInt32(Self.capacity) else { return nil }
    let slot = unsafe slot(handle)
    guard unsafe slot.pointee.rights & needed.rawValue == needed.rawValue else { return nil }
    return unsafe slot.pointee.target.kind == kind ? slot.pointee.target.object : nil
  }

  /// The second word of what a handle stands for, which is one.
  @inline(__always)
  package mutating func detail(of handle: UInt32) -> UInt32 { unsafe slot(handle).pointee.target.detail }

  /// Whether module_door.S and ipc.S find what they look for in this process.
  package static func isPlacedAsExpected(in process: Reference<Process>) -> Bool {
    let start = process.address
    return reference(to: &process.value.handles.doors).address == start
      && reference(to: &process.value.handles.sender).address == start + 128
      && isSlotPlacedAsExpected(in: process)
  }

  private static func isSlotPlacedAsExpected(in process: Reference<Process>) -> Bool {
    #if arch(i386)
      let start = process.address &+ UInt(PROCESS_SLOTS)
      guard MemoryLayout<Slot>.stride == Int(SLOT_SIZE), reference(to: &process.value.handles.slots).address == start
      else { return false }
      var slot = Slot()
      slot.target = HandleTarget(.endpoint, object: 0x1234_5678, detail: 0x8765_4321)
      return unsafe withUnsafeBytes(of: &slot) { bytes in
        unsafe bytes.load(fromByteOffset: Int(SLOT_OBJECT), as: UInt32.self) == 0x1234_5678
          && bytes.load(fromByteOffset: Int(SLOT_DETAIL), as: UInt32.self) == 0x8765_4321
          && bytes[Int(SLOT_KIND)] == UInt8(KIND_ENDPOINT)
      }
    #else
      return true
    #endif
  }

  /// The same with all that the handle allows.
  package mutating func entry(
    of handle: UInt32, needed: HandleRights = []
  ) throws(SystemError) -> (target: HandleTarget, rights: HandleRights) {
    let target = try target(of: handle, needed: needed)
    return (target, HandleRights(rawValue: unsafe slot(handle).pointee.rights))
  }

  /// Makes a new handle. One function for all who call it: inlined it would be half a kilobyte each.
  @inline(never)
  package mutating func add(_ target: HandleTarget, _ allowed: HandleRights = .all) throws(SystemError) -> Int32 {
    var handle = StandardHandle.count
    while handle < UInt32(Self.capacity) {
      if unsafe slot(handle).pointee.target.kind == .none {
        place(handle, target, allowed)
        return Int32(bitPattern: handle)
      }
      handle &+= 1
    }
    throw .limitReached
  }

  /// Fills a handle that stands for nothing.
  mutating func place(_ handle: UInt32, _ target: HandleTarget, _ allowed: HandleRights) {
    unsafe slot(handle).pointee.rights = allowed.rawValue
    replace(handle, with: target)
  }

  /// Changes what a handle stands for; it allows what it did.
  @inline(never)
  package mutating func replace(_ handle: UInt32, with target: HandleTarget) {
    unsafe slot(handle).pointee.target = target
    if target.kind == .service, unsafe slot(handle).pointee.rights & HandleRights.call.rawValue != 0 {
      doors[Int(handle)] = target.detail
    } else {
      doors[Int(handle)] = address_of_closed_door()
    }
  }
}

/// What handles have in common whatever they stand for.
package struct Handles {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// What a handle stands for and allows, where another handle may stand for it too.
  package func copy(
    of handle: UInt32, needed: HandleRights, in process: Reference<Process>
  ) throws(SystemError) -> (target: HandleTarget, rights: HandleRights) {
    let entry = try process.value.handles.entry(of: handle, needed: needed)
    guard context.objects.kinds.isCopyable(entry.target) else { throw .unsupported }
    return entry
  }

  /// Counts one more handle for what `target` names.
  package func retain(_ target: HandleTarget) { context.objects.kinds.retain(target, context) }

  /// Counts one less, which was `process`'s.
  package func release(_ target: HandleTarget, of process: Reference<Process>) {
    context.objects.kinds.close(target, of: process, context)
  }

  /// Makes a standard handle stand for what `handle` does.
  package func place(_ handle: UInt32, at place: UInt32, of process: Reference<Process>) throws(SystemError) {
    guard place < StandardHandle.count else { throw .badArgument }
    let entry = try copy(of: handle, needed: .duplicate, in: process)
    guard handle != place else { return }
    retain(entry.target)
    do throws(SystemError) { try close(place, of: process) } catch {}
    process.value.handles.place(place, entry.target, entry.rights)
  }

  package func close(_ handle: UInt32, of process: Reference<Process>) throws(SystemError) {
    let target = try process.value.handles.target(of: handle)
    process.value.handles.replace(handle, with: .none)
    release(target, of: process)
  }

  /// Gives a new process all handles of another one's that more than one may have, under the same numbers.
  package func copyAll(of process: Reference<Process>, to copy: Reference<Process>) {
    for handle in 0..<UInt32(HandleTable.capacity) {
      guard let entry = try? self.copy(of: handle, needed: [], in: process) else { continue }
      retain(entry.target)
      copy.value.handles.place(handle, entry.target, entry.rights)
    }
  }

  package func closeAll(of process: Reference<Process>) {
    for handle in 0..<UInt32(HandleTable.capacity) {
      do throws(SystemError) { try close(handle, of: process) } catch {}
    }
  }
}
