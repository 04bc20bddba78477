// System calls of drivers: interrupt lines, I/O ports, memory of devices. All need the right `devices`, or a handle that
// was made with it.

import ABI
import DeviceClaims
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

enum DeviceCalls {
  @inline(never)
  static func interruptClaim(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = try driver()
    let bits = try HandleCalls.notificationBits(arguments.third)
    let notification = try HandleCalls.notification(of: arguments.second, needed: .write)
    try DeviceInterrupts.claim(arguments.first, notification, bits)
    do throws(SystemError) {
      return try process.value.handles.add(.interrupt(line: arguments.first))
    } catch {
      DeviceInterrupts.release(arguments.first)
      throw error
    }
  }

  @inline(never)
  static func interruptAcknowledge(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard
      case .interrupt(let line) =
        try kernel.scheduler.current.value.process.value.handles.target(of: arguments.first, needed: .write)
    else { throw .badHandle }
    DeviceInterrupts.acknowledge(line)
    return 0
  }

  @inline(never)
  static func portsClaim(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = try driver()
    let owner = DeviceOwner.process(process.value.identity)
    try DevicePorts.claim(arguments.first, arguments.second, for: owner)
    do throws(SystemError) {
      return try process.value.handles.add(.ports(first: arguments.first, count: arguments.second))
    } catch {
      DevicePorts.release(arguments.first, arguments.second, of: owner)
      throw error
    }
  }

  @inline(never)
  static func portRead(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let port = try port(arguments, needed: .read)
    let target = UserBuffer(address: arguments.third, length: arguments.fourth)
    try inChunks(of: target) { start, offset, count throws(SystemError) in
      for place in stride(from: 0, to: Int(count), by: Int(arguments.fifth)) {
        switch arguments.fifth {
        case 1: start.storeBytes(of: port_read8(port), toByteOffset: place, as: UInt8.self)
        case 2: start.storeBytes(of: port_read16(port), toByteOffset: place, as: UInt16.self)
        default: start.storeBytes(of: port_read32(port), toByteOffset: place, as: UInt32.self)
        }
      }
      try target.copyOut(from: start, offset: offset, count: count)
    }
    return 0
  }

  @inline(never)
  static func portWrite(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let port = try port(arguments, needed: .write)
    let source = UserBuffer(address: arguments.third, length: arguments.fourth)
    try inChunks(of: source) { start, offset, count throws(SystemError) in
      try source.copyIn(to: start, offset: offset, count: count)
      for place in stride(from: 0, to: Int(count), by: Int(arguments.fifth)) {
        switch arguments.fifth {
        case 1: port_write8(port, start.loadUnaligned(fromByteOffset: place, as: UInt8.self))
        case 2: port_write16(port, start.loadUnaligned(fromByteOffset: place, as: UInt16.self))
        default: port_write32(port, start.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        }
      }
    }
    return 0
  }

  /// Checks a caller's buffer and goes through it, at most 512 bytes at a time: `body` gets kernel memory for them, where
  /// in the buffer they are, and how many.
  @inline(__always)
  private static func inChunks(
    of buffer: UserBuffer, _ body: (UnsafeMutableRawPointer, UInt32, UInt32) throws(SystemError) -> Void
  ) throws(SystemError) {
    try buffer.check()
    var values = InlineArray<128, UInt32>(repeating: 0)
    var done: UInt32 = 0
    while done < buffer.length {
      let count = min(512, buffer.length &- done)
      try withUnsafeMutableBytes(of: &values) { bytes throws(SystemError) in
        try body(bytes.baseAddress.unsafelyUnwrapped, done, count)
      }
      done &+= count
    }
  }

  @inline(never)
  static func deviceMemory(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let ports = try ports(of: arguments.first, needed: .write)
    guard arguments.third <= 1 else { throw .badArgument }
    try DeviceMemory.add(
      port: ports.first, length: arguments.second, isLow: arguments.third == 1, to: arguments.fourth)
    return 0
  }

  @inline(never)
  static func deviceSilent(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let ports = try ports(of: arguments.first, needed: .write)
    DeviceMemory.release(first: ports.first, count: ports.count)
    return 0
  }

  private static func ports(
    of handle: UInt32, needed: HandleRights
  ) throws(SystemError) -> (first: UInt32, count: UInt32) {
    guard
      case .ports(let first, let count) =
        try kernel.scheduler.current.value.process.value.handles.target(of: handle, needed: needed)
    else { throw .badHandle }
    return (first, count)
  }

  /// The port that an access names, checked against the handle.
  private static func port(_ arguments: Arguments, needed: HandleRights) throws(SystemError) -> UInt16 {
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
  static func deviceMap(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = try driver()
    let permissions = MemoryPermissions(rawValue: arguments.third)
    guard permissions.isSubset(of: [.read, .write]), permissions.contains(.read) else { throw .badArgument }
    let first = arguments.first
    guard arguments.second > 0, arguments.second <= 0x1000_0000, first > 0, first < 0x10_0000 else {
      throw .badArgument
    }
    let count = pagesNeeded(arguments.second)
    guard count <= 0x10_0000 &- first else { throw .badArgument }
    for frame in first..<first &+ count where !isDeviceMemory(frame) { throw .busy }
    guard let space = process.value.space else { throw .cancelled }
    let start = try space.addDevice(first: first, count: count, permissions)
    return Int32(bitPattern: start >> 12)
  }

  /// Whether a frame is neither memory nor an interrupt controller of the kernel's.
  private static func isDeviceMemory(_ frame: UInt32) -> Bool {
    if frame == 0xfee00 || frame == 0xfec00 { return false }
    switch kernel.memory.frames.owner(of: FrameNumber(frame)) {
    case .absent, .reserved: return true
    default: return false
    }
  }

  /// The caller's process, which may drive devices.
  private static func driver() throws(SystemError) -> Reference<Process> {
    let process = kernel.scheduler.current.value.process
    guard process.value.rights.contains(.devices) else { throw .notPermitted }
    return process
  }
}
