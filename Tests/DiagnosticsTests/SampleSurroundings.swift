// Memory and code images for tests of the fault printer.

import Diagnostics
import Primitives

/// A few mapped bytes, and one program whose symbols are those of `SampleTable`.
final class SampleSurroundings: FaultContext {
  private var memory: [UInt32: UInt8] = [:]
  private let table: UnsafeMutableRawBufferPointer
  private let symbols: SymbolTable?
  private(set) var reads = 0
  var lacksExtensions = false

  init(hasSymbols: Bool = true) {
    let bytes = SampleTable.bytes
    table = .allocate(byteCount: bytes.count, alignment: 4)
    table.copyBytes(from: bytes)
    symbols = hasSymbols ? try? SymbolTable(bytes: UnsafeRawBufferPointer(table)) : nil
  }

  deinit { table.deallocate() }

  func store(_ bytes: [UInt8], at address: UInt32) {
    for (index, byte) in bytes.enumerated() { memory[address &+ UInt32(index)] = byte }
  }

  func store(word: UInt32, at address: UInt32) {
    store((0..<4).map { UInt8(word >> ($0 * 8) & 255) }, at: address)
  }

  /// Lays a frame at `address` that returns to `returnAddress`.
  func storeFrame(at address: UInt32, caller: UInt32, returnAddress: UInt32) {
    store(word: caller, at: address)
    store(word: returnAddress, at: address &+ 4)
  }

  func word(at address: UInt32) -> UInt32? {
    reads += 1
    var word: UInt32 = 0
    for index in 0..<4 as Range<UInt32> {
      guard let byte = memory[address &+ index] else { return nil }
      word |= UInt32(byte) << (index * 8)
    }
    return word
  }

  func byte(at address: UInt32) -> UInt8? { memory[address] }

  func hasInstructions(of set: InstructionSet) -> Bool { !lacksExtensions }

  func image(containing address: UInt32) -> CodeImage? {
    switch address {
    case 0x1000..<0x2000: CodeImage(name: "crash", symbols: symbols)
    case 0x9000..<0xa000: CodeImage(name: "kernel", symbols: nil, part: "the page of the system calls")
    default: nil
    }
  }
}
