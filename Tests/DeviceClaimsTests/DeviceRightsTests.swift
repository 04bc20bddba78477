// Which rights ports, lines and memory take, against a list of what lies where in a PC.

import ABI
import Testing

@testable import DeviceClaims

@Suite struct DeviceRightsTests {
  private static let places: [(ports: ClosedRange<UInt32>, right: Rights)] = [
    (0x00...0x0f, .dma), (0x80...0x8f, .dma), (0xc0...0xdf, .dma), (0x40...0x43, .timer), (0x61...0x61, .timer),
    (0x60...0x60, .keyboard), (0x64...0x64, .keyboard), (0x70...0x73, .clock), (0x92...0x92, .reset),
    (0xb2...0xb3, .reset), (0x170...0x177, .disk), (0x1f0...0x1f7, .disk), (0x376...0x376, .disk),
    (0x3f6...0x3f6, .disk), (0x3b0...0x3df, .screen), (0xcf8...0xcff, .pci),
  ]

  private static func right(of port: UInt32) -> Rights { places.first { $0.ports.contains(port) }?.right ?? .devices }

  @Test func everyPortTakesTheRightToItsDevice() {
    for port in 0...0xffff as ClosedRange<UInt32> {
      #expect(DeviceRights.needed(forPorts: port, 1) == Self.right(of: port), "port \(port)")
    }
  }

  /// A claim takes the rights to all that it reaches: nobody gets a device with its neighbour.
  @Test func rangesTakeThemAll() {
    for first in 0..<0x500 as Range<UInt32> {
      var rights: Rights = []
      for count in 1...80 as ClosedRange<UInt32> {
        rights.formUnion(Self.right(of: first + count - 1))
        #expect(DeviceRights.needed(forPorts: first, count) == rights)
      }
    }
    #expect(DeviceRights.needed(forPorts: 0, 0x1_0000) == .toDevices)
    #expect(DeviceRights.needed(forPorts: 0xcf0, .max).isEmpty && DeviceRights.needed(forPorts: 0xffff, 2).isEmpty)
    #expect(DeviceRights.needed(forPorts: 0x1_0000, 1).isEmpty && DeviceRights.needed(forPorts: .max, .max).isEmpty)
    #expect(DeviceRights.needed(forPorts: 0x60, 0).isEmpty)
  }

  @Test func lines() {
    for line in 0..<40 as Range<UInt32> {
      let expected: Rights =
        switch line {
        case 1, 12: .keyboard
        case 8: .clock
        case 14, 15: .disk
        default: .devices
        }
      #expect(DeviceRights.needed(forLine: line) == expected)
    }
  }

  @Test func memory() {
    #expect(DeviceRights.needed(forFrames: 0xa0, 32) == .screen)
    #expect(DeviceRights.needed(forFrames: 0xb8, 1) == .screen)
    #expect(DeviceRights.needed(forFrames: 0x9f, 2) == [.screen, .devices])
    #expect(DeviceRights.needed(forFrames: 0xbf, 2) == [.screen, .devices])
    #expect(DeviceRights.needed(forFrames: 0xc0, 64) == .devices)
    #expect(DeviceRights.needed(forFrames: 0x9f, 1) == .devices)
  }

  /// What does more than drive the device takes another right, however wide the access is that brings it there.
  @Test func valuesThatReachAllOfTheMachine() {
    func needed(_ value: UInt32, _ width: UInt32, _ port: UInt32) -> Rights {
      let rights = DeviceRights.needed(toWrite: value, width: width, to: port)
      if !rights.isEmpty { #expect(DeviceRights.isSensitive(port, width: width)) }
      return rights
    }
    for value in 0...255 as ClosedRange<UInt32> {
      // Pulses of the reset line, and the output port as a whole.
      let resets = value >= 0xf0 && value & 1 == 0 || value == 0xd1
      #expect(needed(value, 1, 0x64) == (resets ? .reset : []))
      #expect(needed(value << 8, 2, 0x63) == (resets ? .reset : []))
      #expect(needed(value << 24, 4, 0x61) == (resets ? .reset : []))
      #expect(needed(value, 1, 0x70) == (value & 0x80 != 0 ? .timer : []))
      #expect(needed(value << 8 | value, 2, 0x6f) == (value & 0x80 != 0 ? .timer : []))
      #expect(needed(value, 1, 0xcf9) == .reset && needed(value, 2, 0xcf8) == .reset)
      #expect((1...4).allSatisfy { needed(value, $0, 0xcf9) == .reset } && needed(value, 4, 0xcf7) == .reset)
      #expect(needed(value, 4, 0xcf8).isEmpty && needed(value, 1, 0xcfc).isEmpty)
      #expect(needed(value, 1, 0x60).isEmpty && needed(value, 1, 0x71).isEmpty && needed(value, 1, 0x1f7).isEmpty)
    }
  }
}
