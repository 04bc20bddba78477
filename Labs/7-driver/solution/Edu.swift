// Lab 7: a driver for QEMU's device `edu`, as a process. It serves the name `edu`.
//
//     operation 0   word 0 is the identification register, at 0
//     operation 1   word 0 goes to the register at 4; the reply's word 0 is what that holds then
//     operation 2   word 0 is the factorial of the request's word 0, computed by the device
//     operation 3   has the device interrupt, with the request's word 0 in the register at 0x60. The reply's word 0 is what
//                   the register at 0x24 said in the interrupt, and word 1 how many interrupts there have been.

import ABI
import Primitives
import SDK
import ServiceSupport
import UserSupport

@main
struct Edu: Program {
  static func run() -> Int32 {
    do throws(SystemError) {
      guard let place = try PciBus().find(vendor: 0x1234, device: 0x11e8) else {
        Console.write("edu: there is no such device\n")
        return 1
      }
      var device = try EduDevice(place)
      var server = try ServiceServer("edu")
      while true {
        try server.answerNext { request in
          do throws(SystemError) { try device.answer(&request) } catch { request.reply[0] = 0 }
        }
      }
    } catch {
      Console.write {
        $0.write("edu: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }
}

/// The device: its registers, and the line that it raises.
private struct EduDevice {
  private enum Register {
    static var identification: UInt32 { 0x00 }
    static var liveness: UInt32 { 0x04 }
    static var factorial: UInt32 { 0x08 }
    static var status: UInt32 { 0x20 }
    static var interruptStatus: UInt32 { 0x24 }
    static var raise: UInt32 { 0x60 }
    static var acknowledge: UInt32 { 0x64 }
  }

  private let registers: DeviceMemory
  private let notification: Notification
  private let line: ClaimedLine
  private var interrupts: UInt32 = 0

  init(_ place: PciBus.Place) throws(SystemError) {
    registers = try DeviceMemory(at: place.baseAddress, length: 0x1000)
    notification = try Notification()
    line = try ClaimedLine(place.line, sets: 1, of: notification)
    // A driver that ended in the middle of an interrupt left the line up.
    write(Register.acknowledge, read(Register.interruptStatus))
    try line.acknowledge()
  }

  mutating func answer(_ request: inout Request) throws(SystemError) {
    switch request.operation {
    case 0: request.reply[0] = read(Register.identification)
    case 1:
      write(Register.liveness, request.words[0])
      request.reply[0] = read(Register.liveness)
    case 2:
      write(Register.factorial, request.words[0])
      // Bit 0: it computes.
      while read(Register.status) & 1 != 0 { Thread.sleep(milliseconds: 1) }
      request.reply[0] = read(Register.factorial)
    case 3:
      write(Register.raise, request.words[0])
      request.reply[0] = try awaitInterrupt()
      request.reply[1] = interrupts
    default: request.reply[0] = unknownOperation
    }
  }

  /// Waits until the device interrupts, makes it silent, and opens the line again: in this order, for a line that is still up
  /// would interrupt at once.
  private mutating func awaitInterrupt() throws(SystemError) -> UInt32 {
    while true {
      _ = try notification.wait(nanoseconds: 1_000_000_000)
      let status = read(Register.interruptStatus)
      write(Register.acknowledge, status)
      try line.acknowledge()
      // Another device may have raised the same line.
      guard status != 0 else { continue }
      interrupts += 1
      return status
    }
  }

  private func read(_ offset: UInt32) -> UInt32 { volatile_read(registers.address + offset) }
  private func write(_ offset: UInt32, _ value: UInt32) { volatile_write(registers.address + offset, value) }
}
