// The handles of a process: small numbers that stand for open files, devices and services.
//
// Invariant: a handle says what it stands for by itself; closing it never touches another.

import ABI
import Primitives

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
  private var targets = InlineArray<32, HandleTarget>(repeating: .none)

  init() {
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

  mutating func add(_ target: HandleTarget) throws(SystemError) -> Int32 {
    for index in 0..<Self.capacity {
      if case .none = targets[index] {
        targets[index] = target
        return Int32(index)
      }
    }
    throw .limitReached
  }

  mutating func replace(_ handle: UInt32, with target: HandleTarget) { targets[Int(handle)] = target }

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
