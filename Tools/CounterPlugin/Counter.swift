// The plugin that QEMU loads where a run may execute so many instructions and no more: it ends the emulator there. A limit
// in seconds would depend on the host; this one ends the same run at the same place everywhere.
//
// Invariants:
// - QEMU calls with one processor only, so nothing here is locked.
// - The file has one line when the emulator has gone: `count N`, or `limit N` where the limit ended it.

import EmulatorPlugin

private nonisolated(unsafe) var executed: UInt64 = 0
private nonisolated(unsafe) var limit: UInt64 = .max
private nonisolated(unsafe) var descriptor: Int32 = -1

/// Writes the word and the count, and a line end.
private func report(_ word: StaticString) {
  // The longest word, a blank, 20 digits and the line end.
  var line = InlineArray<32, UInt8>(repeating: 0)
  var count = 0
  while count < word.utf8CodeUnitCount {
    line[count] = word.utf8Start[count]
    count += 1
  }
  line[count] = UInt8(ascii: " ")
  count += 1
  var divisor: UInt64 = 1
  while executed / divisor >= 10 { divisor *= 10 }
  while divisor > 0 {
    line[count] = UInt8(ascii: "0") + UInt8(executed / divisor % 10)
    count += 1
    divisor /= 10
  }
  line[count] = UInt8(ascii: "\n")
  count += 1
  line.span.withUnsafeBytes { _ = EmulatorPlugin.write(descriptor, $0.baseAddress, UInt(count)) }
}

/// A block begins. One that a fault or a device ends in the middle counts whole, in every run alike.
private func begins(_ size: UInt64) {
  executed &+= size
  guard executed > limit else { return }
  report("limit")
  leave_at_once()
}

/// The value in `KEY=VALUE`, where the key is one letter; nil for another key.
private func value(of key: UInt8, in word: UnsafePointer<CChar>) -> UnsafePointer<CChar>? {
  guard UInt8(bitPattern: word[0]) == key, UInt8(bitPattern: word[1]) == UInt8(ascii: "=") else { return nil }
  return word + 2
}

private func number(_ text: UnsafePointer<CChar>) -> UInt64? {
  var (number, index) = (UInt64(0), 0)
  while text[index] != 0 {
    let digit = UInt8(bitPattern: text[index]) &- UInt8(ascii: "0")
    guard digit < 10, number < UInt64.max / 10 - 1 else { return nil }
    number = number * 10 + UInt64(digit)
    index += 1
  }
  return index == 0 ? nil : number
}

/// What QEMU calls first: `f=FILE` is where the count goes, `n=NUMBER` how many instructions there may be.
@c(qemu_plugin_install)
public func install(
  identity: UInt64, information: UnsafeRawPointer?, argumentCount: Int32,
  arguments: UnsafePointer<UnsafePointer<CChar>?>?
) -> Int32 {
  for index in 0..<Int(argumentCount) {
    guard let word = arguments?[index] else { return 1 }
    if let path = value(of: UInt8(ascii: "f"), in: word) {
      descriptor = open_for_writing(path)
    } else if let text = value(of: UInt8(ascii: "n"), in: word), let most = number(text) {
      limit = most
    } else {
      return 1
    }
  }
  guard descriptor >= 0 else { return 1 }
  qemu_plugin_register_vcpu_tb_trans_cb(identity) { _, block in
    qemu_plugin_register_vcpu_tb_exec_cb(
      block, { _, size in begins(UInt64(UInt(bitPattern: size))) }, Int32(PLUGIN_NO_REGISTERS),
      UnsafeMutableRawPointer(bitPattern: UInt(qemu_plugin_tb_n_insns(block))))
  }
  qemu_plugin_register_atexit_cb(identity, { _, _ in report("count") }, nil)
  return 0
}
