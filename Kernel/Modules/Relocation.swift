// The relocations that a module may carry (System V ABI, Intel386 supplement, chapter 4 "Relocation"):
// the five kinds that a linked shared object has left. All others are refused, by name.

import Executables

/// A relocation (Elf32_Rel): a place in the module to be changed, and how.
struct Relocation {
  /// The place, relative to the module's base.
  var place: UInt32
  var kind: UInt8
  /// The index of the symbol that it speaks of.
  var symbol: UInt32

  init(_ bytes: Span<UInt8>, at position: Int) {
    place = littleEndian32(bytes, at: position)
    let information = littleEndian32(bytes, at: position &+ 4)
    kind = UInt8(truncatingIfNeeded: information)
    symbol = information &>> 8
  }
}

/// The kinds of relocation that the loader applies. S is the symbol's address, A the number in place, P
/// the address of the place, B the base.
enum RelocationKind: UInt8 {
  /// S + A.
  case absolute = 1
  /// S + A - P.
  case relative = 2
  /// S, in the global offset table.
  case globalData = 6
  /// S, in the procedure linkage table.
  case jumpSlot = 7
  /// B + A.
  case baseRelative = 8

  /// The number to store.
  func value(symbol: UInt32, addend: UInt32, place: UInt32, base: UInt32) -> UInt32 {
    switch self {
    case .absolute: symbol &+ addend
    case .relative: symbol &+ addend &- place
    case .globalData, .jumpSlot: symbol
    case .baseRelative: base &+ addend
    }
  }
}

/// The name of any kind that a linker or compiler for the i386 makes, or nil.
func relocationName(_ kind: UInt8) -> StaticString? {
  switch kind {
  case 0: "R_386_NONE"
  case 1: "R_386_32"
  case 2: "R_386_PC32"
  case 3: "R_386_GOT32"
  case 4: "R_386_PLT32"
  case 5: "R_386_COPY"
  case 6: "R_386_GLOB_DAT"
  case 7: "R_386_JUMP_SLOT"
  case 8: "R_386_RELATIVE"
  case 9: "R_386_GOTOFF"
  case 10: "R_386_GOTPC"
  case 14: "R_386_TLS_TPOFF"
  case 20: "R_386_16"
  case 21: "R_386_PC16"
  case 22: "R_386_8"
  case 23: "R_386_PC8"
  case 35: "R_386_TLS_DTPMOD32"
  case 36: "R_386_TLS_DTPOFF32"
  case 42: "R_386_IRELATIVE"
  case 43: "R_386_GOT32X"
  default: nil
  }
}

/// What a relocation must keep to.
public enum RelocationRule: UInt8, Sendable {
  case unknownKind, placeNotWritable, placeUnaligned, symbolOutsideTable, noSymbol

  /// The reason, as the end of a sentence.
  public var sentence: StaticString {
    switch self {
    case .unknownKind: "the loader does not apply this kind"
    case .placeNotWritable: "the place is not inside a writable segment"
    case .placeUnaligned: "the place is not a multiple of 4"
    case .symbolOutsideTable: "there is no such symbol in the table"
    case .noSymbol: "this kind needs a symbol"
    }
  }
}
