// The trace of a run: what the plugin in QEMU writes and the profiler reads, as 64-bit words in the host's byte order.
//
// The two top bits of a word say what it is. This file is compiled twice, into the plugin and into the profiler, so that
// both sides agree.

/// One word of a trace.
public enum TraceWord: Equatable, Sendable {
  /// A block of instructions begins. `executed` instructions were executed since the last word of this kind.
  case begin(block: UInt32, executed: UInt32)
  /// An instruction put a return address on a stack: where, and in which physical page that is.
  case call(stackPointer: UInt32, page: UInt32)
  /// An instruction took one from there.
  case `return`(stackPointer: UInt32, page: UInt32)
  /// A block was translated. Blocks are numbered in this order, from 0; the next word is the hash of the page that
  /// holds the code, or 0 where that was not asked for.
  case define(address: UInt32)

  public init(_ word: UInt64) {
    let low = UInt32(truncatingIfNeeded: word)
    let high = UInt32(truncatingIfNeeded: word >> 32) & 0x3fff_ffff
    switch word >> 62 {
    case 0: self = .begin(block: low, executed: high)
    case 1: self = .call(stackPointer: low, page: high)
    case 2: self = .return(stackPointer: low, page: high)
    default: self = .define(address: low)
    }
  }

  public var encoded: UInt64 {
    switch self {
    case .begin(let block, let executed): Self.pack(0, executed, block)
    case .call(let stackPointer, let page): Self.pack(1, page, stackPointer)
    case .return(let stackPointer, let page): Self.pack(2, page, stackPointer)
    case .define(let address): Self.pack(3, 0, address)
    }
  }

  private static func pack(_ kind: UInt64, _ high: UInt32, _ low: UInt32) -> UInt64 {
    kind << 62 | UInt64(high & 0x3fff_ffff) << 32 | UInt64(low)
  }
}

public enum TracePage {
  public static var size: Int { 4096 }

  /// Where the kernel's half of every address space begins. Below it the same address is other code in every process,
  /// and above it modules lie wherever there was room; a page's hash tells what is there.
  public static var kernelHalf: UInt32 { 0xc000_0000 }

  /// The hash of a page: Fowler, Noll and Vo's, by words instead of bytes. Never 0.
  public static func hash(_ page: UnsafeRawPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for offset in stride(from: 0, to: size, by: 8) {
      hash = (hash ^ page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01b3
      hash ^= hash >> 29
    }
    return max(hash, 1)
  }
}
