// What the lab stands on: descriptors, page tables with a hole below the stack, and text on the serial port. Nothing here is to
// be changed.

import Lab2Support

enum Selector {
  static var code: UInt32 { 0x08 }
  static var data: UInt32 { 0x10 }
  static var mainTask: UInt32 { 0x18 }
  static var doubleFaultTask: UInt32 { 0x20 }
}

enum Machine {
  static func start() {
    let descriptors = descriptor_table()!
    // Flat code and data of Ring 0 (Intel SDM Vol. 3, 3.4.5).
    descriptors[1] = 0x00cf_9a00_0000_ffff
    descriptors[2] = 0x00cf_9200_0000_ffff
    descriptors[3] = taskDescriptor(main_task())
    descriptors[4] = taskDescriptor(double_fault())
    mapAllBut(stack_guard_address())
    // Interrupt gates (6.11): the processor pushes on the stack that is in use.
    gate_table()![14] = interruptGate(page_fault_entry_address())
    gate_table()![8] = interruptGate(double_fault_entry_address())
    cure()
    load_tables(page_directory_address())
  }

  /// An available 32-bit task state of 104 bytes (8.2.2).
  private static func taskDescriptor(_ state: UnsafeMutablePointer<task_state>?) -> UInt64 {
    let base = UInt64(UInt(bitPattern: state))
    return 103 | (base & 0xff_ffff) << 16 | 0x89 << 40 | (base >> 24) << 56
  }

  static func interruptGate(_ address: UInt32) -> UInt64 {
    let offset = UInt64(address)
    return offset & 0xffff | UInt64(Selector.code) << 16 | 0x8e << 40 | (offset >> 16) << 48
  }

  /// The first 4 MiB, each address for itself, without one page.
  private static func mapAllBut(_ hole: UInt32) {
    for index in 0..<1024 {
      let address = UInt32(index) << 12
      table_entries()![index] = address == hole ? 0 : address | 3
    }
    directory_entries()![0] = page_table_address() | 3
  }

  /// Tells the emulator that all is done, and leaves it.
  static func stop() -> Never {
    write("status 0\n", to: 0x2f8)
    write_port(0xf4, 0x10)
    halt_forever()
    while true {}
  }
}

func write(_ text: StaticString, to port: UInt16 = 0x3f8) {
  for index in 0..<text.utf8CodeUnitCount { write_port(port, text.utf8Start[index]) }
}

func write(_ number: UInt32) {
  if number >= 10 { write(number / 10) }
  write_port(0x3f8, 0x30 + UInt8(number % 10))
}

func write(hexadecimal number: UInt32) {
  write("0x")
  for shift in stride(from: 28 as UInt32, through: 0, by: -4) {
    let digit = UInt8(number >> shift & 15)
    write_port(0x3f8, digit < 10 ? 0x30 + digit : 0x57 + digit)
  }
}
