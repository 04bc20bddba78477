// Tables of a firmware in an array, as a machine would have them, and ways to damage them.

import Firmware

/// Physical memory of one MiB. What lies beyond it cannot be read.
struct TestMemory: FirmwareMemory {
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  var readCount = 0

  mutating func byte(at address: UInt64) -> UInt8? {
    readCount += 1
    return address < UInt64(bytes.count) ? bytes[Int(address)] : nil
  }

  mutating func write(_ text: String, at address: Int) {
    for (index, byte) in text.utf8.enumerated() { bytes[address + index] = byte }
  }

  mutating func write(_ value: UInt64, bytes count: Int, at address: Int) {
    for index in 0..<count { bytes[address + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8)) }
  }

  /// Makes `length` bytes sum up to 0 by the byte at `place`.
  mutating func settleSum(_ address: Int, length: Int, place: Int) {
    bytes[place] = 0
    let sum = bytes[address..<address + length].reduce(UInt8(0), &+)
    bytes[place] = 0 &- sum
  }

  /// A table's head over what is already there.
  mutating func finishTable(_ signature: String, at address: Int, length: Int) {
    write(signature, at: address)
    write(UInt64(length), bytes: 4, at: address + 4)
    settleSum(address, length: length, place: address + 9)
  }

  /// A machine with everything: RSDP, RSDT, FADT, MADT and HPET.
  static func machine() -> TestMemory {
    var memory = TestMemory()
    memory.writeFixed()
    memory.writeInterrupts(Self.usualEntries)
    memory.write(1, bytes: 1, at: Self.precision + 40 + 12)
    memory.write(0xfed0_0000, bytes: 8, at: Self.precision + 44)
    memory.finishTable("HPET", at: Self.precision, length: 56)
    memory.writeRoot([Self.fixed, Self.interrupts, Self.precision])
    return memory
  }

  static let pointer = 0xf_5b30
  static let root = 0x8_0000
  static let fixed = 0x8_1000
  static let interrupts = 0x8_2000
  static let precision = 0x8_3000

  mutating func writeRoot(_ tables: [Int]) {
    for (index, table) in tables.enumerated() { write(UInt64(table), bytes: 4, at: Self.root + 36 + index * 4) }
    finishTable("RSDT", at: Self.root, length: 36 + tables.count * 4)
    write("RSD PTR ", at: Self.pointer)
    write(UInt64(Self.root), bytes: 4, at: Self.pointer + 16)
    settleSum(Self.pointer, length: 20, place: Self.pointer + 8)
  }

  mutating func writeFixed(port: UInt64 = 0x608, length: Int = 116, flags: UInt64 = 0) {
    write(port, bytes: 4, at: Self.fixed + 76)
    write(4, bytes: 1, at: Self.fixed + 91)
    write(flags, bytes: 4, at: Self.fixed + 112)
    finishTable("FACP", at: Self.fixed, length: length)
  }

  /// A local APIC, an I/O APIC, and line 0 on pin 2.
  static let usualEntries: [[UInt8]] = [
    [0, 8, 0, 0, 1, 0, 0, 0],
    [1, 12, 0, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0],
    [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
  ]

  mutating func writeInterrupts(_ entries: [[UInt8]]) {
    var offset = 44
    for entry in entries {
      for (index, byte) in entry.enumerated() { bytes[Self.interrupts + offset + index] = byte }
      offset += entry.count
    }
    finishTable("APIC", at: Self.interrupts, length: offset)
  }

  /// What is found, and the problems on the way, as sentences.
  mutating func read(pointer: UInt64? = nil) -> (devices: FirmwareDevices, problems: [FirmwareProblem]) {
    var problems: [FirmwareProblem] = []
    let devices = FirmwareDevices.read(&self, rootPointer: pointer) { problems.append($0) }
    return (devices, problems)
  }
}
