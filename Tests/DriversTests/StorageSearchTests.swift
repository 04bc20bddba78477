// Controllers of disks without a driver, found on a PCI bus that is a table.

import Drivers
import Primitives
import TestSupport
import Testing

@Suite struct StorageSearchTests {
  /// Functions with their class and subclass; those that end in 0 say that there are more of their device.
  private func search(_ functions: [UInt32: UInt32], limit: Int = 3) -> (found: [UndrivenController], reads: Int) {
    let recorder = Recorder()
    var place: UInt32 = 0
    recorder.onWrite = { port, value in
      #expect(port == 0xcf8)
      place = value
    }
    recorder.onRead = { port in
      #expect(port == 0xcfc && place & 0x8000_0000 != 0)
      guard let kind = functions[place >> 8 & 0xffff] else { return .max }
      return switch place & 0xff {
      case 0x00: 0x2922_8086
      case 0x08: kind << 16 | 0x0102
      case 0x0c: 0x80_0000
      default: 0
      }
    }
    return recorder.run { recorder in
      (ConfigurationSpace<FakePorts>.undrivenControllers(limit: limit), recorder.accessCount / 2)
    }
  }

  private func text(_ controller: UndrivenController) -> String {
    var collector = TextCollector()
    controller.describe(to: &collector)
    return collector.text
  }

  @Test func theControllerOfAQ35IsNamed() {
    let (found, reads) = search([0: 0x0600, 0x8: 0x0300, 0xf8: 0x0601, 0xfa: 0x0106, 0xfb: 0x0c05])
    #expect(found.map(text) == ["AHCI controller at 00:1f.2: no driver"])
    #expect(reads < 9_000)
  }

  @Test func kindsAndPlacesAreTold() {
    let (found, _) = search([0x0100: 0x0108, 0x2ef8: 0x0601, 0x2eff: 0x0100, 0x3000: 0x0180])
    #expect(
      found.map(text) == [
        "NVMe controller at 01:00.0: no driver", "SCSI or virtio controller at 2e:1f.7: no driver",
        "controller of mass storage at 30:00.0: no driver",
      ])
  }

  @Test func whatIsDrivenAndWhatIsNoDiskIsPassedOver() {
    #expect(search([0x09: 0x0101, 0x08: 0x0601, 0x10: 0x0102, 0x18: 0x0200]).found.isEmpty)
    #expect(search([:]).found.isEmpty)
  }

  @Test func aLimitEndsTheSearch() {
    let (found, reads) = search([0x00: 0x0106, 0x08: 0x0106, 0xfff8: 0x0106], limit: 2)
    #expect(found.count == 2)
    #expect(reads < 60)
  }
}

@Suite struct BusSearchTests {
  /// A bus with functions whose registers are listed; all others read as ones.
  private func classOf(_ first: UInt32, _ count: UInt32, on functions: [UInt32: [UInt32: UInt32]]) -> UInt32? {
    let recorder = Recorder()
    var place: UInt32 = 0x1234_5678
    recorder.onWrite = { port, value in
      // Looking changes nothing but which register is looked at.
      #expect(port == 0xcf8)
      place = value
    }
    recorder.onRead = { port in
      if port == 0xcf8 { return place }
      guard let function = functions[place >> 8 & 0xffff] else { return .max }
      return function[place & 0xff] ?? 0
    }
    let kind = recorder.run { _ in ConfigurationSpace<FakePorts>.classOfDevice(withPorts: first, count) }
    // Somebody may be in the middle of an access.
    #expect(place == 0x1234_5678)
    return kind
  }

  /// A bridge, a controller of disks with a bus master, a network card, and a card with memory only.
  private static let machine: [UInt32: [UInt32: UInt32]] = [
    0x00: [0x00: 0x1237_8086, 0x08: 0x0600_0002],
    0x09: [0x00: 0x7010_8086, 0x08: 0x0101_8000, 0x20: 0xc041],
    0x18: [0x00: 0x100e_8086, 0x08: 0x0200_0003, 0x10: 0xfeb8_0000, 0x14: 0xc001],
    0x20: [0x00: 0x1111_1234, 0x08: 0x0300_0002, 0x10: 0xfd00_0008],
    0x28: [0x00: 0x0001_8086, 0x08: 0x0604_0000, 0x0c: 0x0001_0000, 0x10: 0xc051],
  ]

  @Test func portsBelongToTheDeviceThatBeginsLastBeforeThem() {
    #expect(classOf(0xc040, 8, on: Self.machine) == 1)
    #expect(classOf(0xc048, 8, on: Self.machine) == 1)
    #expect(classOf(0xc000, 64, on: Self.machine) == 2)
    #expect(classOf(0xc03f, 1, on: Self.machine) == 2)
  }

  @Test func whatIsNoOnesOrOfSeveralIsOfNone() {
    #expect(classOf(0xbfff, 1, on: Self.machine) == nil)
    #expect(classOf(0xc03f, 2, on: Self.machine) == nil)
    #expect(classOf(0xc140, 1, on: Self.machine) == nil)
    #expect(classOf(0xc13f, 2, on: Self.machine) == nil)
    #expect(classOf(0xc13f, 1, on: Self.machine) == 1)
    #expect(classOf(0xc040, 8, on: [:]) == nil)
  }
}
