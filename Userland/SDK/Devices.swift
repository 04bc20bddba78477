// What a driver needs of the kernel: I/O ports, interrupt lines, memory of devices. All of it needs the right to the device.

import ABI
import Runtime

/// I/O ports that this process has claimed; nobody else drives what is behind them meanwhile.
public struct Ports: Sendable {
  public let handle: Handle

  public init(first: UInt32, count: UInt32) throws(SystemError) {
    handle = Handle(try checked(SystemCalls.portsClaim(first, count)))
  }

  public func read8(_ port: UInt32) throws(SystemError) -> UInt8 { try read(port, UInt8(0)) }
  public func read16(_ port: UInt32) throws(SystemError) -> UInt16 { try read(port, UInt16(0)) }
  public func read32(_ port: UInt32) throws(SystemError) -> UInt32 { try read(port, UInt32(0)) }
  public func write(_ value: UInt8, to port: UInt32) throws(SystemError) { try writeOne(value, port) }
  public func write(_ value: UInt16, to port: UInt32) throws(SystemError) { try writeOne(value, port) }
  public func write(_ value: UInt32, to port: UInt32) throws(SystemError) { try writeOne(value, port) }

  /// Reads words of 16 bits from one port until `range` of `bytes`, an even number of them, is full.
  public func read16(
    _ port: UInt32, into bytes: inout MutableSpan<UInt8>, _ range: Range<Int>
  ) throws(SystemError) {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { throw .badArgument }
    let result = unsafe bytes.withUnsafeMutableBytes {
      unsafe SystemCalls.portRead(
        handle.number, port, $0.baseAddress.map { unsafe $0 + range.lowerBound }, UInt32(range.count), 2)
    }
    _ = try checked(result)
  }

  /// Writes an even number of bytes, as words of 16 bits, to one port.
  public func write16(_ bytes: Span<UInt8>, to port: UInt32) throws(SystemError) {
    let result = unsafe bytes.withUnsafeBytes {
      unsafe SystemCalls.portWrite(handle.number, port, $0.baseAddress, UInt32($0.count), 2)
    }
    _ = try checked(result)
  }

  private func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _ port: UInt32, _ initial: Value
  ) throws(SystemError) -> Value {
    var value = initial
    let size = UInt32(MemoryLayout<Value>.size)
    let result = unsafe withUnsafeMutablePointer(to: &value) {
      unsafe SystemCalls.portRead(handle.number, port, UnsafeMutableRawPointer($0), size, size)
    }
    _ = try checked(result)
    return value
  }

  private func writeOne<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, _ port: UInt32
  ) throws(SystemError) {
    let size = UInt32(MemoryLayout<Value>.size)
    let result = unsafe withUnsafePointer(to: value) {
      unsafe SystemCalls.portWrite(handle.number, port, UnsafeRawPointer($0), size, size)
    }
    _ = try checked(result)
  }
}

/// An interrupt line that sets bits of a notification.
public struct ClaimedLine: Sendable {
  public let handle: Handle

  public init(_ line: UInt32, sets bits: UInt32, of notification: Notification) throws(SystemError) {
    handle = Handle(try checked(SystemCalls.interruptClaim(line, notification.handle.number, bits)))
  }

  /// The device has been seen to: the line may interrupt again.
  public func acknowledge() throws(SystemError) {
    _ = try checked(SystemCalls.interruptAcknowledge(handle.number))
  }
}

/// Memory for a device to read and write by itself. It is the device's until that has been reset, also when this process
/// ends before.
public struct DeviceBuffer: Sendable {
  public let address: UInt32
  /// As the device names it.
  public let physicalAddress: UInt32
  public let length: UInt32

  /// - Parameters:
  ///   - ports: the device's.
  ///   - isLow: below 16 MiB, which the ISA bus reaches.
  public init(for ports: Ports, length: UInt32, isLow: Bool = false) throws(SystemError) {
    var place = DeviceMemoryPlace()
    _ = try checked(unsafe SystemCalls.deviceMemory(ports.handle.number, length, isLow ? 1 : 0, &place))
    address = place.address
    physicalAddress = place.physicalAddress
    self.length = length
  }

  /// Takes it out of this address space. It stays the device's.
  public func unmap() throws(SystemError) { try Memory.unmap(address, length) }

  /// The device behind `ports` has been reset and uses no memory: gives back what nobody has mapped of what drivers had for
  /// it.
  public static func deviceIsSilent(_ ports: Ports) throws(SystemError) {
    _ = try checked(SystemCalls.deviceSilent(ports.handle.number))
  }
}

/// Memory of a device, mapped here.
public struct DeviceMemory: Sendable {
  public let address: UInt32
  public let length: UInt32

  /// - Parameter physicalAddress: a multiple of 4,096, below 4 GiB.
  public init(
    at physicalAddress: UInt32, length: UInt32, _ permissions: MemoryPermissions = [.read, .write]
  ) throws(SystemError) {
    guard physicalAddress & 4095 == 0 else { throw .badArgument }
    address = try checked(SystemCalls.deviceMap(physicalAddress >> 12, length, permissions)) << 12
    self.length = length
  }

  public func unmap() throws(SystemError) { try Memory.unmap(address, length) }
}
