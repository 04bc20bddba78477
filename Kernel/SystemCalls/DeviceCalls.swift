// System calls of drivers: interrupt lines, I/O ports, memory of devices. All need the right to the device, or a handle that was
// made with it.

import ABI
import DeviceClaims
import Devices
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct DeviceCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func interruptClaim(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = try driver(with: DeviceRights.needed(forLine: arguments.first))
    let bits = try HandleCalls(context).notificationBits(arguments.third)
    let notification = try HandleCalls(context).notification(of: arguments.second, needed: .write)
    try DeviceInterrupts(context).claim(arguments.first, notification, bits)
    do throws(SystemError) {
      return try process.value.handles.add(HandleTarget(.interrupt, object: arguments.first))
    } catch {
      DeviceInterrupts(context).release(arguments.first)
      throw error
    }
  }

  @inline(never)
  func interruptAcknowledge(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .write)
    guard target.kind == .interrupt else { throw .badHandle }
    DeviceInterrupts(context).acknowledge(target.object)
    return 0
  }

  @inline(never)
  func portsClaim(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = try driver(with: DeviceAccess(context).rights(forPorts: arguments.first, arguments.second))
    let owner = DeviceOwner.process(process.value.identity)
    try DevicePorts(context).claim(arguments.first, arguments.second, for: owner)
    do throws(SystemError) {
      return try process.value.handles.add(HandleTarget(.ports, object: arguments.first, detail: arguments.second))
    } catch {
      DevicePorts(context).release(arguments.first, arguments.second, of: owner)
      throw error
    }
  }

  @inline(never)
  func portRead(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let port = try port(arguments, needed: .read)
    let target = UserBuffer(address: arguments.third, length: arguments.fourth, in: context)
    unsafe try inChunks(of: target) { start, offset, count throws(SystemError) in
      for place in stride(from: 0, to: Int(count), by: Int(arguments.fifth)) {
        switch arguments.fifth {
        case 1: unsafe start.storeBytes(of: port_read8(port), toByteOffset: place, as: UInt8.self)
        case 2: unsafe start.storeBytes(of: port_read16(port), toByteOffset: place, as: UInt16.self)
        default: unsafe start.storeBytes(of: port_read32(port), toByteOffset: place, as: UInt32.self)
        }
      }
      unsafe try target.copyOut(from: start, offset: offset, count: count)
    }
    return 0
  }

  @inline(never)
  func portWrite(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let port = try port(arguments, needed: .write)
    let source = UserBuffer(address: arguments.third, length: arguments.fourth, in: context)
    let isSensitive = DeviceRights.isSensitive(UInt32(port), width: arguments.fifth)
    unsafe try inChunks(of: source) { start, offset, count throws(SystemError) in
      unsafe try source.copyIn(to: start, offset: offset, count: count)
      for place in stride(from: 0, to: Int(count), by: Int(arguments.fifth)) {
        if isSensitive { unsafe try checkValue(start + place, width: arguments.fifth, to: port) }
        switch arguments.fifth {
        case 1: unsafe port_write8(port, start.loadUnaligned(fromByteOffset: place, as: UInt8.self))
        case 2: unsafe port_write16(port, start.loadUnaligned(fromByteOffset: place, as: UInt16.self))
        default: unsafe port_write32(port, start.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        }
      }
    }
    return 0
  }

  /// Refuses what does more than drive the device behind the port, unless the caller has the right to that too.
  @inline(never) @unsafe
  private func checkValue(_ place: UnsafeRawPointer, width: UInt32, to port: UInt16) throws(SystemError) {
    var value: UInt32 = 0
    for index in 0..<width {
      value |= UInt32(unsafe place.load(fromByteOffset: Int(index), as: UInt8.self)) &<< (8 &* index)
    }
    let needed = DeviceRights.needed(toWrite: value, width: width, to: UInt32(port))
    guard context.currentProcess.value.rights.isSuperset(of: needed) else { throw .notPermitted }
  }

  /// Checks a caller's buffer and goes through it, at most 512 bytes at a time: `body` gets kernel memory for them, where
  /// in the buffer they are, and how many.
  @inline(__always)
  private func inChunks(
    of buffer: UserBuffer, _ body: (UnsafeMutableRawPointer, UInt32, UInt32) throws(SystemError) -> Void
  ) throws(SystemError) {
    try buffer.check()
    var values = InlineArray<128, UInt32>(repeating: 0)
    var done: UInt32 = 0
    while done < buffer.length {
      let count = min(512, buffer.length &- done)
      unsafe try withUnsafeMutableBytes(of: &values) { bytes throws(SystemError) in
        unsafe try body(bytes.baseAddress.unsafelyUnwrapped, done, count)
      }
      done &+= count
    }
  }

  @inline(never)
  func deviceMemory(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let ports = try ports(of: arguments.first, needed: .write)
    guard arguments.third <= 1 else { throw .badArgument }
    try DeviceMemory(context).add(
      port: ports.first, length: arguments.second, isLow: arguments.third == 1, to: arguments.fourth)
    return 0
  }

  @inline(never)
  func deviceSilent(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let ports = try ports(of: arguments.first, needed: .write)
    DeviceMemory(context).release(first: ports.first, count: ports.count)
    return 0
  }

  private func ports(
    of handle: UInt32, needed: HandleRights
  ) throws(SystemError) -> (first: UInt32, count: UInt32) {
    let target = try context.currentProcess.value.handles.target(of: handle, needed: needed)
    guard target.kind == .ports else { throw .badHandle }
    return (target.object, target.detail)
  }

  /// The port that an access names, checked against the handle.
  private func port(_ arguments: Arguments, needed: HandleRights) throws(SystemError) -> UInt16 {
    let (first, count) = try ports(of: arguments.first, needed: needed)
    let width = arguments.fifth
    guard width == 1 || width == 2 || width == 4, arguments.fourth & (width &- 1) == 0 else { throw .badArgument }
    guard arguments.fourth <= 65536 else { throw .tooLarge }
    // An access of several bytes goes to as many ports.
    guard arguments.second >= first, width <= count, arguments.second &- first <= count &- width else {
      throw .badArgument
    }
    return UInt16(truncatingIfNeeded: arguments.second)
  }

  @inline(never)
  func deviceMap(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    guard !process.value.rights.isDisjoint(with: .toDevices) else { throw .notPermitted }
    let permissions = MemoryPermissions(rawValue: arguments.third)
    guard permissions.isSubset(of: [.read, .write]), permissions.contains(.read) else { throw .badArgument }
    let first = arguments.first
    guard arguments.second > 0, arguments.second <= 0x1000_0000, first > 0, first < 0x10_0000 else {
      throw .badArgument
    }
    let count = pagesNeeded(arguments.second)
    guard count <= 0x10_0000 &- first else { throw .badArgument }
    guard let rights = DeviceAccess(context).rights(forFrames: first, count) else { throw .busy }
    guard process.value.rights.isSuperset(of: rights) else { throw .notPermitted }
    let start = try context.scheduler.current.value.space.addDevice(first: first, count: count, permissions)
    return Int32(bitPattern: start >> 12)
  }

  /// The caller's process, which may drive the devices that take these rights.
  private func driver(with rights: Rights) throws(SystemError) -> Reference<Process> {
    let process = context.currentProcess
    // What does not exist takes none: who may drive nothing is not told so.
    guard process.value.rights.isSuperset(of: rights), !process.value.rights.isDisjoint(with: .toDevices) else {
      throw .notPermitted
    }
    return process
  }
}
