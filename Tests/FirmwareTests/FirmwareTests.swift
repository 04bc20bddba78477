// The firmware's tables: what is read of whole ones, what a damaged one costs, and that nothing that tables can hold leads
// astray.

import Firmware
import TestSupport
import Testing

@Suite struct FirmwareTests {
  @Test func aMachineWithEverything() {
    var memory = TestMemory.machine()
    let (devices, problems) = memory.read()
    #expect(problems == [])
    #expect(devices.timerPort == 0x608)
    #expect(!devices.isTimerWide)
    #expect(devices.highPrecisionTimer == 0xfed0_0000)
    #expect(devices.ioapic == 0xfec0_0000)
    #expect(devices.intervalTimerPin == 2)
    #expect(devices.hasInterruptTable)
  }

  /// What reaches all of the machine is known, so that it can be kept from those who may drive some device.
  @Test func whatReachesAllOfTheMachine() {
    var memory = TestMemory.machine()
    #expect(memory.read().devices.sleepPort == nil && memory.read().devices.firmwarePort == nil)
    memory.write(0xb2, bytes: 4, at: TestMemory.fixed + 48)
    memory.write(0x604, bytes: 4, at: TestMemory.fixed + 64)
    memory.write(0x1_0000, bytes: 4, at: TestMemory.fixed + 68)
    memory.finishTable("FACP", at: TestMemory.fixed, length: 116)
    let devices = memory.read().devices
    #expect(devices.firmwarePort == 0xb2 && devices.sleepPort == 0x604 && devices.secondSleepPort == nil)
    #expect(devices.timerPort == 0x608)
  }

  @Test func theMemoryThatConfiguresTheBus() {
    func read(_ address: UInt64, _ first: UInt64, _ last: UInt64) -> (FirmwareDevices, [FirmwareProblem]) {
      var memory = TestMemory.machine()
      let table = 0x8_4000
      memory.write(address, bytes: 8, at: table + 44)
      memory.write(first, bytes: 1, at: table + 54)
      memory.write(last, bytes: 1, at: table + 55)
      memory.finishTable("MCFG", at: table, length: 60)
      memory.writeRoot([TestMemory.fixed, table])
      return memory.read()
    }
    let (devices, problems) = read(0xb000_0000, 0, 255)
    #expect(problems == [] && devices.configurationMemory == 0xb000_0000 && devices.configurationBuses == 256)
    for (address, first, last) in [(0, 0, 255), (0xb000_1000, 0, 255), (1 << 32, 0, 0), (0xb000_0000, 3, 2)] {
      let (devices, problems) = read(UInt64(address), UInt64(first), UInt64(last))
      #expect(devices.configurationMemory == nil)
      #expect(problems == [.unusablePlace(.configuration, space: 0, address: UInt64(address))])
    }
  }

  @Test func theBootLoadersPointer() {
    var memory = TestMemory.machine()
    let copy = Array(memory.bytes[TestMemory.pointer..<TestMemory.pointer + 20])
    memory.bytes.replaceSubrange(TestMemory.pointer..<TestMemory.pointer + 20, with: [UInt8](repeating: 0, count: 20))
    #expect(memory.read().problems == [.noRootPointer])
    memory.bytes.replaceSubrange(0x7_0008..<0x7_0008 + 20, with: copy)
    #expect(memory.read(pointer: 0x7_0008).devices.timerPort == 0x608)
  }

  @Test func thePointerInTheExtendedBiosData() {
    var memory = TestMemory.machine()
    let copy = Array(memory.bytes[TestMemory.pointer..<TestMemory.pointer + 20])
    memory.bytes[TestMemory.pointer] = 0
    memory.write(0x9fc0, bytes: 2, at: 0x40e)
    memory.bytes.replaceSubrange(0x9_fff0 - 0x20..<0x9_fff0 - 0x20 + 20, with: copy)
    #expect(memory.read().devices.timerPort == 0x608)
  }

  @Test func anExtendedRootTable() {
    var memory = TestMemory.machine()
    let root = 0x8_4000
    memory.write(UInt64(TestMemory.fixed), bytes: 8, at: root + 36)
    memory.finishTable("XSDT", at: root, length: 44)
    memory.write(2, bytes: 1, at: TestMemory.pointer + 15)
    memory.write(36, bytes: 4, at: TestMemory.pointer + 20)
    memory.write(UInt64(root), bytes: 8, at: TestMemory.pointer + 24)
    memory.settleSum(TestMemory.pointer, length: 20, place: TestMemory.pointer + 8)
    memory.settleSum(TestMemory.pointer, length: 36, place: TestMemory.pointer + 32)
    let (devices, problems) = memory.read()
    #expect(problems == [])
    #expect(devices.timerPort == 0x608)
    #expect(devices.highPrecisionTimer == nil)
    // With a second part that is damaged, the first one counts.
    memory.bytes[TestMemory.pointer + 33] ^= 1
    #expect(memory.read().devices.highPrecisionTimer == 0xfed0_0000)
  }

  @Test func aWideTimerAndOneWithoutPort() {
    var memory = TestMemory.machine()
    memory.writeFixed(flags: 1 << 8)
    #expect(memory.read().devices.isTimerWide)
    memory.writeFixed(port: 0)
    #expect(memory.read().devices.timerPort == nil)
    // A machine without the old hardware.
    memory.writeFixed(flags: 1 << 20)
    #expect(memory.read().devices.timerPort == nil)
    memory.writeFixed(port: 0xffff)
    #expect(memory.read().problems == [.unusablePlace(.fixed, space: 1, address: 0xffff)])
    // The longer form of the address counts; one in memory is not used.
    memory.write(0x20_0001, bytes: 4, at: TestMemory.fixed + 208)
    memory.write(0x1808, bytes: 8, at: TestMemory.fixed + 212)
    memory.writeFixed(length: 244)
    #expect(memory.read().devices.timerPort == 0x1808)
    memory.write(0, bytes: 1, at: TestMemory.fixed + 208)
    memory.writeFixed(length: 244)
    #expect(memory.read().problems == [.unusablePlace(.fixed, space: 0, address: 0x1808)])
  }

  @Test func aTableWithoutOverride() {
    var memory = TestMemory.machine()
    memory.writeInterrupts(Array(TestMemory.usualEntries.prefix(2)))
    #expect(memory.read().devices.intervalTimerPin == 0)
    // The second controller's pins begin at 24.
    memory.writeInterrupts([[1, 12, 0, 0, 0x00, 0x10, 0xc0, 0xfe, 24, 0, 0, 0]])
    #expect(memory.read().devices.ioapic == nil)
  }

  @Test(arguments: [[0, 0], [0, 1], [2, 255], [1]] as [[UInt8]])
  func entriesThatPassTheEnd(entry: [UInt8]) {
    var memory = TestMemory.machine()
    memory.writeInterrupts(TestMemory.usualEntries + [entry])
    let (devices, problems) = memory.read()
    #expect(problems == [.cutShort(.interrupts, address: UInt64(TestMemory.interrupts), offset: 74)])
    // What came before is believed, and so are the other tables.
    #expect(devices.ioapic == 0xfec0_0000)
    #expect(devices.highPrecisionTimer == 0xfed0_0000)
  }

  @Test func eachDamage() {
    var memory = TestMemory.machine()
    memory.bytes[TestMemory.precision + 44] ^= 0x10
    #expect(
      memory.read().problems == [.wrongSum(.highPrecisionTimer, address: UInt64(TestMemory.precision), sum: 0x10)])
    memory = .machine()
    memory.write(115, bytes: 4, at: TestMemory.fixed + 4)
    #expect(
      memory.read().problems.map(sentence) == [
        "ACPI table FADT at 0x00081000 says that it has 115 bytes; 116 to 65536 are believed"
      ])
    memory = .machine()
    memory.write(UInt64(UInt32.max), bytes: 4, at: TestMemory.root + 4)
    #expect(
      memory.read().problems.map(sentence) == [
        "ACPI table RSDT at 0x00080000 says that it has 4294967295 bytes; 36 to 65536 are believed"
      ])
    memory = .machine()
    memory.write(0xfff0_0000, bytes: 4, at: TestMemory.pointer + 16)
    memory.settleSum(TestMemory.pointer, length: 20, place: TestMemory.pointer + 8)
    #expect(memory.read().problems == [.unreachable(.root, address: 0xfff0_0000)])
    memory = .machine()
    memory.write("XXXX", at: TestMemory.root)
    #expect(memory.read().problems == [.wrongSignature(.root, address: UInt64(TestMemory.root))])
    // A table at the very end of what can be read.
    memory = .machine()
    memory.write("HPET", at: 0xf_fff8)
    memory.write(56, bytes: 4, at: 0xf_fffc)
    memory.writeRoot([0xf_fff8])
    #expect(memory.read().problems == [.unreachable(.highPrecisionTimer, address: 0xf_fff8)])
    #expect(memory.read(pointer: .max).problems == [.unreachable(.rootPointer, address: .max)])
  }

  @Test(arguments: [0xfed0_0001, 0x400, 0x1_fed0_0000, 0] as [UInt64])
  func placesWhereNoTimerIs(address: UInt64) {
    var memory = TestMemory.machine()
    memory.write(address, bytes: 8, at: TestMemory.precision + 44)
    memory.finishTable("HPET", at: TestMemory.precision, length: 56)
    let (devices, problems) = memory.read()
    #expect(devices.highPrecisionTimer == nil)
    #expect(problems == [.unusablePlace(.highPrecisionTimer, space: 0, address: address)])
  }

  /// Random bytes over whole tables, with sums that are made right again: no trap, no read without bound, and whatever is
  /// found is a place that the kernel can use.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func randomTables(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<25 {
      var memory = TestMemory.machine()
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let table = [
          TestMemory.root, TestMemory.fixed, TestMemory.interrupts, TestMemory.precision, TestMemory.pointer,
        ]
        .randomElement(using: &random)!
        memory.bytes[table + Int.random(in: 0..<120, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) {
        for (table, length) in [
          (TestMemory.root, 48), (TestMemory.fixed, 116), (TestMemory.interrupts, 74), (TestMemory.precision, 56),
        ] { memory.settleSum(table, length: length, place: table + 9) }
        memory.settleSum(TestMemory.pointer, length: 20, place: TestMemory.pointer + 8)
      }
      let (devices, problems) = memory.read()
      #expect(memory.readCount < 3_000_000)
      if let address = devices.highPrecisionTimer { #expect(address >= 1 << 20 && address <= 0xffff_fc00) }
      if let address = devices.ioapic { #expect(address & 0xfff == 0 && address >= 1 << 20) }
      for problem in problems { #expect(!sentence(problem).isEmpty) }
    }
  }

  private func sentence(_ problem: FirmwareProblem) -> String {
    var text = TextCollector()
    problem.describe(to: &text)
    return text.text
  }
}
