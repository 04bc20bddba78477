// The handles of a process: small numbers that stand for open files, devices and services.
//
// Invariants:
// - A handle says what it stands for by itself; closing it never touches another.
// - `doors` goes with `targets`: `replace` is the only way to change either.

import ABI
import MachineSupport
import Primitives
import Tasks

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
}

struct HandleTable: ~Copyable {
  static var capacity: Int { 32 }
  // The first two are where module_call.S expects them.
  /// For each handle the address of its service's door; of a door that is always closed where it is no service.
  private var doors = InlineArray<32, UInt32>(repeating: address_of_closed_door())
  /// The identity of the process: what services get as the sender of a request.
  private var sender: UInt32
  private var targets = InlineArray<32, HandleTarget>(repeating: .none)

  init(owner: TaskIdentity) {
    sender = owner.value
    targets[Int(StandardHandle.input)] = .consoleInput
    targets[Int(StandardHandle.output)] = .consoleOutput
  }

  /// Looked up in place: read as a part of the value, the whole table would be copied first.
  @inline(__always)
  mutating func target(of handle: UInt32) throws(SystemError) -> HandleTarget {
    guard handle < UInt32(Self.capacity) else { throw .badHandle }
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

  mutating func add(_ target: HandleTarget) throws(SystemError) -> Int32 {
    for index in 0..<Self.capacity {
      if case .none = targets[index] {
        replace(UInt32(index), with: target)
        return Int32(index)
      }
    }
    throw .limitReached
  }

  mutating func replace(_ handle: UInt32, with target: HandleTarget) {
    targets[Int(handle)] = target
    if case .service(let service) = target {
      doors[Int(handle)] = UInt32(service.door.address)
    } else {
      doors[Int(handle)] = address_of_closed_door()
    }
  }

  static func close(_ handle: UInt32, of process: Reference<Process>) throws(SystemError) {
    let target = try process.value.handles.target(of: handle)
    process.value.handles.replace(handle, with: .none)
    switch target {
    case .service(let service): Services.release(service)
    case .endpoint(let service, let term): Services.withdraw(service, term: term)
    default: break
    }
  }

  static func closeAll(of process: Reference<Process>) {
    for handle in 0..<UInt32(capacity) {
      do throws(SystemError) { try close(handle, of: process) } catch {}
    }
  }
}
