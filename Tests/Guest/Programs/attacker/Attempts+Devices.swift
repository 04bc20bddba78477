// Attempts on devices, by themselves and by the services that drive them.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

extension Attempts {
  mutating func onDevices() {
    for (name, first, count, right) in [
      ("the keyboard's ports" as StaticString, 0x60 as UInt32, 1 as UInt32, .keyboard as Rights),
      ("the disk's ports", 0x1f0, 8, .disk), ("the clock's ports", 0x70, 2, .clock),
      ("the screen's ports", 0x3c0, 4, .screen), ("ports of any other device", 0x310, 1, .devices),
      ("the configuration of the PCI bus", 0xcf8, 8, .pci), ("the DMA controllers", 0x00, 16, .dma),
      ("where the DMA controllers write", 0x80, 16, .dma), ("the mode of the kernel's timer", 0x43, 1, .timer),
      ("the port that resets the processor", 0x92, 1, .reset), ("the port that calls the firmware", 0xb2, 2, .reset),
      ("a device with its neighbour", 0x60, 5, [.keyboard, .devices, .timer]),
      ("all ports", 0, 0x1_0000, .all),
    ] {
      // Whoever has the right may find that a service drives the device.
      attempt(name, needs: right) { SystemCalls.portsClaim(first, count) }
    }
    attempt("the ports of the clock that feeds the watchdog", [.notPermitted, .busy]) {
      SystemCalls.portsClaim(0x40, 4)
    }
    attempt("which lines are level-triggered", [.notPermitted, .busy]) { SystemCalls.portsClaim(0x4d0, 2) }
    for (name, line, right) in [
      ("the disk's interrupt line" as StaticString, 14 as UInt32, .disk as Rights),
      ("the keyboard's interrupt line", 1, .keyboard), ("the clock's interrupt line", 8, .clock),
      ("an interrupt line of the bus", 10, .devices),
    ] {
      attempt(name, needs: right) {
        let bits = SystemCalls.notificationCreate()
        defer { _ = SystemCalls.close(UInt32(bitPattern: bits)) }
        return SystemCalls.interruptClaim(line, UInt32(bitPattern: bits), 1)
      }
    }
    attempt("the screen's memory", needs: .screen) { SystemCalls.deviceMap(0xb8, 4096, [.read, .write]) }
    attempt("the firmware's memory", needs: .devices) { SystemCalls.deviceMap(0xf0, 4096, [.read]) }
    attempt("the kernel's memory as a device's", [.notPermitted, .busy]) {
      SystemCalls.deviceMap(0x100, 4096, [.read, .write])
    }
    attempt("the interrupt controllers", [.notPermitted, .busy]) { SystemCalls.deviceMap(0xfee00, 4096, [.read]) }
    onOwnPorts()
  }

  /// A device that one may drive is no way to the machine.
  private mutating func onOwnPorts() {
    for (name, first, count, port, value, width, right) in [
      (
        "a pulse of the reset line by the keyboard's controller" as StaticString, 0x64 as UInt32, 1 as UInt32,
        0x64 as UInt32, 0xfe as UInt32, 1 as UInt32, .reset as Rights
      ),
      ("all lines of the keyboard's controller", 0x64, 1, 0x64, 0xd1, 1, .reset),
      ("keeping the watchdog away by the clock", 0x70, 2, 0x70, 0x8f, 1, .timer),
      ("a reset by a port of the bus", 0xcf8, 8, 0xcf9, 0x06, 1, .reset),
      ("a reset by four bytes that begin at a port of the bus", 0xcf8, 8, 0xcf9, 0x06, 4, .reset),
    ] {
      let ports = SystemCalls.portsClaim(first, count)
      // Without the right to the device, or where a service drives it, there is no such way.
      guard ports >= 0 else { continue }
      attempt(name, needs: right) {
        unsafe withUnsafeBytes(of: value) {
          unsafe SystemCalls.portWrite(UInt32(bitPattern: ports), port, $0.baseAddress, width, width)
        }
      }
      _ = SystemCalls.close(UInt32(bitPattern: ports))
    }
  }

  /// What services do on behalf of who asks them.
  mutating func onDeviceServices() {
    refuse("setting the time", by: "clock", needs: .clock, [ClockFailure.notPermitted.rawValue]) {
      clock throws(SystemError) in
      try clock.call(ClockOperation.set.rawValue, [86400, 0])
    }
    let disk = DiskFailure.notPermitted.rawValue
    refuse("reading sectors", by: "disk", needs: .disk, [disk]) { disk throws(SystemError) in
      try disk.call(DiskOperation.read.rawValue, [0, 1])
    }
    refuse("writing sectors", by: "disk", needs: .disk, [disk]) { disk throws(SystemError) in
      try disk.call(DiskOperation.write.rawValue, [0], [UInt8](repeating: 0, count: DiskOperation.sectorSize))
    }
    refuse("reading what is typed", by: "keyboard", needs: .keyboard, [KeyboardFailure.notPermitted.rawValue]) {
      keys throws(SystemError) in
      try keys.call(KeyboardOperation.read.rawValue, [1])
    }
    guard !rights.contains(.tasks) else { return }
    guard OthersEntry.isThere() else { return judge("an entry of the store to attack", isRefused: false) }
    for operation in [StoreOperation.set, .add, .remove] {
      refuse("changing another one's entry of the store", by: "store", needs: .tasks, [storeRefusal]) {
        store throws(SystemError) in
        try store.call(operation.rawValue, [UInt32(OthersEntry.key.count), 1], OthersEntry.key)
      }
    }
    judge("an entry that others rely on", isRefused: OthersEntry.isWhole())
  }

  /// Asks a service, whose reply is to begin with one of these words.
  private mutating func refuse(
    _ what: StaticString, by service: StaticString, needs right: Rights, _ words: [UInt32],
    _ body: (ServiceClient) throws(SystemError) -> UInt32
  ) {
    if rights.isSuperset(of: right) { return }
    var isRefused = false
    do throws(SystemError) {
      let client = try ServiceClient(service)
      defer { client.close() }
      isRefused = words.contains(try body(client))
    } catch {}
    judge(what, isRefused: isRefused)
  }
}

extension ServiceClient {
  /// Returns the first word of the reply.
  fileprivate func call(
    _ operation: UInt32, _ words: [UInt32], _ data: [UInt8] = []
  ) throws(SystemError) -> UInt32 {
    var all = InlineArray<6, UInt32>(repeating: 0)
    for (index, word) in words.enumerated() { all[index] = word }
    var reply: [UInt8] = []
    return try call(operation, words: all, data: data, reply: &reply, capacity: 512, nanoseconds: 2_000_000_000)[0]
  }
}

/// An entry of the store that another process made, which has ended by now.
enum OthersEntry {
  static var key: [UInt8] { Bytes("others").copied }
  private static var value: [UInt8] { Bytes("rely on it").copied }

  static func leave() -> Int32 {
    guard let store = try? ServiceClient("store"),
      let answer = try? store.call(StoreOperation.set.rawValue, [UInt32(key.count)], key + value)
    else { return 2 }
    return answer == 0 ? 0 : 1
  }

  /// Has it made, where it is not there yet.
  static func isThere() -> Bool {
    _ = try? Attacker.start("keep")?.wait()
    return isWhole()
  }

  static func isWhole() -> Bool {
    guard let store = try? ServiceClient("store") else { return false }
    defer { store.close() }
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = UInt32(key.count)
    var reply: [UInt8] = []
    let answer = try? store.call(StoreOperation.get.rawValue, words: words, data: key, reply: &reply, capacity: 64)
    return answer?[0] == 1 && reply == value
  }
}
