// Memory that a device reaches by itself: it outlives its driver, until somebody has silenced the device.

import ABI
import Primitives
import Runtime
import SDK

enum BufferChecks {
  /// Ports behind which there is nothing.
  private static var port: UInt32 { 0x310 }

  private static var devicePages: UInt32 { (try? Machine.memory())?.devices ?? .max }

  static func run(_ checks: inout Checklist) {
    let before = devicePages
    guard let ports = try? Ports(first: port, count: 4) else {
      checks.check(false, "ports of no device are claimed")
      return
    }
    var place = DeviceMemoryPlace()
    checks.check(
      unsafe SystemCalls.deviceMemory(0, 4096, 0, &place) == SystemError.badHandle.rawValue,
      "a device's memory needs its ports")
    for length in [0, 131_073, .max] as [UInt32] {
      checks.check(
        Handles.refusal { () throws(SystemError) in try DeviceBuffer(for: ports, length: length) } == .badArgument,
        "lengths that cannot be are refused")
    }
    guard let low = try? DeviceBuffer(for: ports, length: 69_632, isLow: true),
      let other = try? DeviceBuffer(for: ports, length: 1)
    else {
      checks.check(false, "a device gets memory")
      return
    }
    checks.check(
      low.physicalAddress & 4095 == 0 && low.physicalAddress <= 0x100_0000 - 69_632,
      "it lies below 16 MiB where it must")
    checks.check(devicePages == before + 18, "it belongs to devices")
    checks.check(isZeroAndWritable(low), "it is zero and can be written")
    try? DeviceBuffer.deviceIsSilent(ports)
    checks.check(devicePages == before + 18, "what is mapped stays")
    try? low.unmap()
    try? other.unmap()
    checks.check(devicePages == before + 18, "what is unmapped stays the device's")
    try? DeviceBuffer.deviceIsSilent(ports)
    checks.check(devicePages == before, "and is back when the device is silent")
    ports.handle.close()
    afterTheEnd(&checks, before)
  }

  private static func isZeroAndWritable(_ buffer: DeviceBuffer) -> Bool {
    for offset in stride(from: 0, to: buffer.length, by: 1024) {
      guard let word = unsafe UnsafeMutablePointer<UInt32>(bitPattern: UInt(buffer.address + offset)),
        unsafe word.pointee == 0
      else { return false }
      unsafe word.pointee = offset
      guard unsafe word.pointee == offset else { return false }
    }
    return true
  }

  /// A driver ends with its device at work.
  private static func afterTheEnd(_ checks: inout Checklist, _ before: UInt32) {
    let driver = Handles.start("--buffer")
    checks.check((try? driver?.wait()) == .exited(status: 0), "another driver gets memory and ends")
    checks.check(devicePages == before + 17, "its memory is the device's and no one else's")
    guard let beside = try? Ports(first: port + 4, count: 1), let ports = try? Ports(first: port, count: 4) else {
      checks.check(false, "the ports are free again")
      return
    }
    try? DeviceBuffer.deviceIsSilent(beside)
    checks.check(devicePages == before + 17, "who has other ports has no say in it")
    try? DeviceBuffer.deviceIsSilent(ports)
    checks.check(devicePages == before, "the next driver of the device gives it back")
    beside.handle.close()
    ports.handle.close()
  }

  static func takeAndEnd() -> Int32 {
    guard let ports = try? Ports(first: port, count: 4), (try? DeviceBuffer(for: ports, length: 69_632)) != nil else {
      return 1
    }
    return 0
  }
}
