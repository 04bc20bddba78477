// The handles of a process: small numbers that stand for open files, devices, services and notifications.
//
// Invariants:
// - A handle says what it stands for by itself; closing it never touches another.
// - `doors` goes with `targets` and `rights`: `replace` is the only way to change any.
// - What a handle allows only becomes less on the way from one handle to the next.

import ABI
import DeviceClaims
import MachineSupport
import Messages
import Primitives
import Scheduling

/// What a handle stands for.
enum HandleTarget {
  case none
  case consoleInput
  case consoleOutput
  /// The null device: reads end at once, writes vanish.
  case nullDevice
  /// A file of a boot archive, by the kernel address of its bytes.
  case file(address: UInt32, length: UInt32, position: UInt32)
  /// A service opened for calls, and an endpoint held by the server of one.
  case service(Reference<Service>)
  case endpoint(Reference<Service>, term: UInt32)
  case notification(Reference<NotificationRecord>)
  /// An interrupt line, and I/O ports, that the process has claimed.
  case interrupt(line: UInt32)
  case ports(first: UInt32, count: UInt32)
}

struct HandleTable: ~Copyable {
  static var capacity: Int { 32 }
  // The first two are where module_call.S expects them.
  /// For each handle the address of its service's door; of a door that is always closed where it is no service.
  private var doors = InlineArray<32, UInt32>(repeating: address_of_closed_door())
  /// The identity of the process: what services get as the sender of a request.
  private var sender: UInt32
  private var targets = InlineArray<32, HandleTarget>(repeating: .none)
  private var rights = InlineArray<32, UInt8>(repeating: 0)

  init(owner: TaskIdentity) {
    sender = owner.value
    targets[Int(StandardHandle.input)] = .consoleInput
    targets[Int(StandardHandle.output)] = .consoleOutput
    rights[Int(StandardHandle.input)] = UInt8(HandleRights.all.rawValue)
    rights[Int(StandardHandle.output)] = UInt8(HandleRights.all.rawValue)
  }

  /// What a handle stands for, where it allows what is `needed`. Looked up in place: read as a part of the value, the
  /// whole table would be copied first.
  @inline(__always)
  mutating func target(of handle: UInt32, needed: HandleRights = []) throws(SystemError) -> HandleTarget {
    guard handle < UInt32(Self.capacity) else { throw .badHandle }
    if !needed.isEmpty {
      let held = withUnsafeMutablePointer(to: &rights) {
        UnsafeRawPointer($0).load(fromByteOffset: Int(handle), as: UInt8.self)
      }
      guard UInt32(held) & needed.rawValue == needed.rawValue else { throw .badHandle }
    }
    let target = withUnsafeMutablePointer(to: &targets) {
      UnsafeRawPointer($0).assumingMemoryBound(to: HandleTarget.self)[Int(handle)]
    }
    if case .none = target { throw .badHandle }
    return target
  }

  /// Whether module_call.S finds what it looks for in this process.
  static func isPlacedAsExpected(in process: Reference<Process>) -> Bool {
    let start = process.address
    return reference(to: &process.value.handles.doors).address == start
      && withUnsafePointer(to: &process.value.handles.sender) { UInt(bitPattern: $0) } == start + 128
  }

  /// The same with all that the handle allows.
  mutating func entry(
    of handle: UInt32, needed: HandleRights
  ) throws(SystemError) -> (target: HandleTarget, rights: HandleRights) {
    let target = try target(of: handle, needed: needed)
    guard Self.isCopyable(target) else { throw .unsupported }
    return (target, HandleRights(rawValue: UInt32(rights[Int(handle)])))
  }

  mutating func add(_ target: HandleTarget, _ allowed: HandleRights = .all) throws(SystemError) -> Int32 {
    for index in 0..<Self.capacity {
      if case .none = targets[index] {
        rights[index] = UInt8(truncatingIfNeeded: allowed.rawValue)
        replace(UInt32(index), with: target)
        return Int32(index)
      }
    }
    throw .limitReached
  }

  /// Changes what a handle stands for; it allows what it did.
  mutating func replace(_ handle: UInt32, with target: HandleTarget) {
    targets[Int(handle)] = target
    if case .service(let service) = target, UInt32(rights[Int(handle)]) & HandleRights.call.rawValue != 0 {
      doors[Int(handle)] = UInt32(service.door.address)
    } else {
      doors[Int(handle)] = address_of_closed_door()
    }
  }

  /// Whether two handles may stand for it. One process at a time serves an endpoint and drives a device.
  private static func isCopyable(_ target: HandleTarget) -> Bool {
    switch target {
    case .endpoint, .interrupt, .ports: false
    default: true
    }
  }

  /// Counts one more handle for what `target` names.
  static func retain(_ target: HandleTarget) {
    switch target {
    case .service(let service): Services.retain(service)
    case .notification(let notification): Notifications.retain(notification)
    default: break
    }
  }

  static func close(_ handle: UInt32, of process: Reference<Process>) throws(SystemError) {
    let target = try process.value.handles.target(of: handle)
    process.value.handles.replace(handle, with: .none)
    switch target {
    case .service(let service): Services.release(service)
    case .endpoint(let service, let term): Services.withdraw(service, term: term)
    case .notification(let notification): Notifications.close(notification, by: process)
    case .interrupt(let line): DeviceInterrupts.release(line)
    case .ports(let first, let count): DevicePorts.release(first, count, of: .process(process.value.identity))
    case .none, .consoleInput, .consoleOutput, .nullDevice, .file: break
    }
  }

  static func closeAll(of process: Reference<Process>) {
    for handle in 0..<UInt32(capacity) {
      do throws(SystemError) { try close(handle, of: process) } catch {}
    }
  }
}
