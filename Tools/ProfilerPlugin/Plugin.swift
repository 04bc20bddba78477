// The plugin that QEMU loads for `megha profile`: it writes what the processor does to a pipe, as words of the form that
// Tools/Profiler/TraceFormat.swift describes. What it means is left to the reader.
//
// How many instructions a block executes is known only when the next one begins, since a fault or a device may end it in
// the middle: each instruction adds one to a counter, inside the translated code, and each block reads it.
//
// Invariant: QEMU calls with one processor only, so nothing here is locked; and nothing is allocated after the start.

import EmulatorPlugin

/// The words that wait to be written.
private struct Output {
  private static let capacity = 1 << 13

  private var words: UnsafeMutablePointer<UInt64>?
  private var count = 0
  private var descriptor: Int32 = -1

  /// - Returns: whether `path` could be opened.
  mutating func open(_ path: UnsafePointer<CChar>) -> Bool {
    words = .allocate(capacity: Self.capacity)
    descriptor = open_for_writing(path)
    return descriptor >= 0
  }

  mutating func write(_ word: UInt64) {
    guard let words else { return }
    words[count] = word
    count += 1
    if count == Self.capacity { flush() }
  }

  mutating func flush() {
    var left = count * 8
    guard let words else { return }
    var start = UnsafeRawPointer(words)
    while left > 0 {
      let written = EmulatorPlugin.write(descriptor, start, UInt(left))
      // The reader has gone: the run is being given up.
      guard written > 0 else { break }
      start += written
      left -= written
    }
    count = 0
  }
}

private nonisolated(unsafe) var output = Output()
private nonisolated(unsafe) var blockCount: UInt32 = 0
/// Where translated code counts the instructions that were executed, and how many of them have been reported.
private nonisolated(unsafe) var executed: UnsafeMutablePointer<UInt64>?
private nonisolated(unsafe) var reported: UInt64 = 0

/// The block that was begun last, while nothing was reported of its last instruction. QEMU 7.2 also reports what the
/// processor itself reads and writes between a return and the next block, such as descriptors: that is no use of a stack.
private nonisolated(unsafe) var openBlock: UInt32?

/// What a callback is told besides what QEMU says: a number, in place of an address.
private func context(_ number: UInt) -> UnsafeMutableRawPointer? { .init(bitPattern: number) }
private func number(_ context: UnsafeMutableRawPointer?) -> UInt { UInt(bitPattern: context) }

/// What an instruction does with a return address. Far calls and interrupts are none of these: they enter and leave the
/// kernel.
private enum StackUse {
  case none, call, `return`

  /// - Parameter bytes: the instruction, in 32-bit code.
  init(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index < bytes.count, Self.isPrefix(bytes[index]) { index += 1 }
    guard index < bytes.count else {
      self = .none
      return
    }
    switch bytes[index] {
    case 0xe8: self = .call
    case 0xc2, 0xc3: self = .return
    // Group 5; its second operation is the near call.
    case 0xff where index + 1 < bytes.count && bytes[index + 1] >> 3 & 7 == 2: self = .call
    default: self = .none
    }
  }

  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26, 0x2e, 0x36, 0x3e, 0x64...0x66, 0xf2, 0xf3: true
    default: false
    }
  }
}

private func translated(_ block: OpaquePointer?) {
  let address = UInt32(truncatingIfNeeded: qemu_plugin_tb_vaddr(block))
  output.write(TraceWord.define(address: address).encoded)
  var hash: UInt64 = 0
  if let first = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(block, 0)) {
    // Where the emulator keeps the guest's page.
    hash = TracePage.hash(first - Int(address % UInt32(TracePage.size)))
  }
  output.write(hash)
  qemu_plugin_register_vcpu_tb_exec_cb(
    block, { _, block in begins(UInt32(number(block))) }, Int32(PLUGIN_NO_REGISTERS), context(UInt(blockCount)))
  for index in 0..<qemu_plugin_tb_n_insns(block) {
    let instruction = qemu_plugin_tb_get_insn(block, index)
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, Int32(PLUGIN_ADD), executed, 1)
    let use = StackUse(.init(start: qemu_plugin_insn_data(instruction), count: qemu_plugin_insn_size(instruction)))
    guard use != .none else { continue }
    // QEMU 7.2 takes one direction for the other here, so both are asked for and told apart later.
    qemu_plugin_register_vcpu_mem_cb(
      instruction,
      { _, information, address, context in
        let isCall = number(context) & 1 == 1
        guard qemu_plugin_mem_is_store(information) == isCall, openBlock == UInt32(number(context) >> 1) else { return }
        openBlock = nil
        report(UInt32(truncatingIfNeeded: address), isCall: isCall, page: qemu_plugin_get_hwaddr(information, address))
      }, Int32(PLUGIN_NO_REGISTERS), Int32(PLUGIN_READ_OR_WRITE),
      context(UInt(blockCount) << 1 | (use == .call ? 1 : 0)))
  }
  blockCount += 1
}

private func begins(_ block: UInt32) {
  guard let now = executed?.pointee else { return }
  output.write(TraceWord.begin(block: block, executed: UInt32(now - reported)).encoded)
  reported = now
  openBlock = block
}

private func report(_ pointer: UInt32, isCall: Bool, page place: OpaquePointer?) {
  let page = UInt32(truncatingIfNeeded: qemu_plugin_hwaddr_phys_addr(place) / UInt64(TracePage.size))
  let word: TraceWord =
    isCall ? .call(stackPointer: pointer, page: page) : .return(stackPointer: pointer, page: page)
  output.write(word.encoded)
}

/// What QEMU calls first. The arguments are `KEY=VALUE`; there is one, the path of the pipe.
@c(qemu_plugin_install)
public func install(
  identity: UInt64, information: UnsafeRawPointer?, argumentCount: Int32,
  arguments: UnsafePointer<UnsafePointer<CChar>?>?
) -> Int32 {
  guard argumentCount == 1, var path = arguments?[0] else { return 1 }
  while path.pointee != 0, path.pointee != CChar(bitPattern: UInt8(ascii: "=")) { path += 1 }
  guard path.pointee != 0 else { return 1 }
  guard output.open(path + 1) else { return 1 }
  executed = .allocate(capacity: 1)
  executed?.pointee = 0
  qemu_plugin_register_vcpu_tb_trans_cb(identity) { _, block in translated(block) }
  qemu_plugin_register_atexit_cb(identity, { _, _ in output.flush() }, nil)
  return 0
}
