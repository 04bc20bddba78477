// Which right it takes to drive what: I/O ports, interrupt lines and memory that lie at the same places in every PC. What the
// firmware tells of this machine comes on top (Kernel/Devices/DeviceAccess.swift).
//
// Invariant: every port and line takes exactly one right, that of its device; what has none of its own takes `devices`. Some ports
// of a device do more than drive it: the values that do are named here, and take a right besides.

import ABI

public enum DeviceRights {
  /// The rights to all devices that have some of these ports; none where not all of them exist, which is
  /// another mistake.
  public static func needed(forPorts first: UInt32, _ count: UInt32) -> Rights {
    guard first < portLimit, count <= portLimit &- first else { return [] }
    let end = first &+ count
    var rights: Rights = []
    var port = first
    while port < end {
      let place = place(of: port)
      rights.formUnion(place.right)
      port = place.end
    }
    return rights
  }

  private static var portLimit: UInt32 { 0x1_0000 }

  /// The right to a port, and the end of the ports from there on that take the same.
  private static func place(of port: UInt32) -> (right: Rights, end: UInt32) {
    switch port {
    case ..<0x10: (.dma, 0x10)  // 8237, channels 0 to 3
    case ..<0x40: (.devices, 0x40)
    case ..<0x44: (.timer, 0x44)  // 8254, whose mode register is that of the kernel's channel too
    case ..<0x60: (.devices, 0x60)
    case 0x60: (.keyboard, 0x61)
    case 0x61: (.timer, 0x62)  // channel 2 of the timer, the speaker, and causes of NMIs
    case ..<0x64: (.devices, 0x64)
    case 0x64: (.keyboard, 0x65)
    case ..<0x70: (.devices, 0x70)
    case ..<0x74: (.clock, 0x74)
    case ..<0x80: (.devices, 0x80)
    case ..<0x90: (.dma, 0x90)  // where in memory each channel works
    case 0x92: (.reset, 0x93)  // system control port A: fast reset, A20
    case ..<0xb2: (.devices, port < 0x92 ? 0x92 : 0xb2)
    case ..<0xb4: (.reset, 0xb4)  // calls the firmware's system management mode
    case ..<0xc0: (.devices, 0xc0)
    case ..<0xe0: (.dma, 0xe0)  // 8237, channels 4 to 7
    case ..<0x170: (.devices, 0x170)
    case ..<0x178: (.disk, 0x178)
    case ..<0x1f0: (.devices, 0x1f0)
    case ..<0x1f8: (.disk, 0x1f8)
    case 0x376: (.disk, 0x377)
    case ..<0x3b0: (.devices, port < 0x376 ? 0x376 : 0x3b0)
    case ..<0x3e0: (.screen, 0x3e0)  // VGA
    case 0x3f6: (.disk, 0x3f7)
    case ..<0xcf8: (.devices, port < 0x3f6 ? 0x3f6 : 0xcf8)
    case ..<0xd00: (.pci, 0xd00)  // and between them the reset control register: `neededToWrite`
    default: (.devices, portLimit)
    }
  }

  /// The right to the device on an interrupt line.
  public static func needed(forLine line: UInt32) -> Rights {
    switch line {
    case 1, 12: .keyboard
    case 8: .clock
    case 14, 15: .disk
    default: .devices
    }
  }

  /// The rights to memory of devices, by pages.
  public static func needed(forFrames first: UInt32, _ count: UInt32) -> Rights {
    let end = first &+ count
    let overlapsScreen = first < 0xc0 && end > 0xa0
    let isInside = first >= 0xa0 && end <= 0xc0
    return isInside ? .screen : overlapsScreen ? [.screen, .devices] : .devices
  }

  /// Whether a value that is written to a port, `width` bytes wide, may be one of those that take a right besides the claim.
  public static func isSensitive(_ port: UInt32, width: UInt32) -> Bool {
    func reaches(_ place: UInt32) -> Bool { port <= place && place &- port < width }
    return reaches(0x64) || reaches(0x70) || reaches(0xcf9)
  }

  /// The rights that it takes to write a value to a port that is claimed.
  public static func needed(toWrite value: UInt32, width: UInt32, to port: UInt32) -> Rights {
    var rights: Rights = []
    for place in 0..<width {
      let byte = UInt8(truncatingIfNeeded: value &>> (8 &* place))
      switch port &+ place {
      // 8042: pulses low bits of the output port, of which the lowest is the reset line; or sets all of it with the next byte.
      case 0x64 where byte & 0xf1 == 0xf0 || byte == 0xd1: rights.insert(.reset)
      // The highest bit keeps NMIs away, by which the watchdog looks.
      case 0x70 where byte & 0x80 != 0: rights.insert(.timer)
      // An access of four bytes at 0xcf8 is to the PCI bus, any other reaches the reset control register.
      case 0xcf9 where port != 0xcf8 || width < 4: rights.insert(.reset)
      default: break
      }
    }
    return rights
  }
}
