// Mistakes that no exception tells of: what a module does with its memory, and how it asks the kernel.

import LabSupport
import ModuleInterface
import ModuleSupport

/// Pieces of memory are allocated, and one is written past its end: by 16 bytes, or up to the bytes of the next piece, over
/// what the kernel keeps between the two. The kernel finds it when they are given back. Between two pieces as close as these
/// lies nobody else's memory.
@inline(never) func writePastTheEnd(overRecords: Bool) {
  var pieces = InlineArray<32, UInt32>(repeating: 0)
  for index in 0..<32 { pieces[index] = UInt32(UInt(bitPattern: allocateForMistakes())) }
  for index in 1..<32 where pieces[index] > pieces[index - 1] && pieces[index] - pieces[index - 1] < 256 {
    let end = overRecords ? pieces[index] : pieces[index - 1] + 116
    for address in pieces[index - 1]..<opaque(end) { volatile_write8(address, 0x41) }
    break
  }
  for index in 0..<32 { KernelMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(pieces[index]))) }
}

/// From the beginning of the page on, where the books of the heap begin.
@inline(never) func writeBeforeTheBeginning() {
  let piece = UInt32(UInt(bitPattern: allocateForMistakes()))
  for address in (piece & ~4095)..<opaque(piece) { volatile_write8(address, 0x41) }
  _ = allocateForMistakes()
}

/// The piece before last: the last one's record leads to it.
@inline(never) func writeBeforeAPiece(_ count: UInt32) {
  let piece = allocateForMistakes()
  let last = allocateForMistakes()
  let end = UInt32(UInt(bitPattern: piece))
  for address in (end &- opaque(count))..<end { volatile_write8(address, 0x41) }
  KernelMemory.free(piece)
  KernelMemory.free(last)
}

/// 16 MiB, should nothing be in the way.
@inline(never) func writeOn(from start: UInt32) {
  for address in start..<(start &+ opaque(0x100_0000)) { volatile_write8(address, 0x41) }
}

@inline(never) func allocateForMistakes() -> UnsafeMutableRawPointer? { KernelMemory.allocate(100) }

@inline(never) func giveBackWhatIsNone() {
  KernelMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(constant_address())))
}

@inline(never) func giveBackTwice() {
  let memory = allocateForMistakes()
  KernelMemory.free(memory)
  KernelMemory.free(memory)
}

@inline(never) func makeSystemCall(_ number: UInt32, byGate: Bool) {
  if byGate { call_by_gate(number) } else { call_page(number) }
}

@inline(never) func writeToData(of message: UnsafeMutablePointer<service_request>?) {
  guard let data = message?.pointee.data else { return }
  volatile_write8(UInt32(UInt(bitPattern: data)), 0x41)
}

/// From a page that no module ever has.
@inline(never) func replyFromNowhere(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  megha_reply(message, 0, UnsafeRawPointer(bitPattern: UInt(opaque(0xfbff_f000))), 16)
}
