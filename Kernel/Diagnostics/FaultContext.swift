// What the fault printer may ask of the world around it: memory that may not be there, and the images that
// addresses belong to.
//
// Invariant: no answer faults, waits or allocates. The kernel implements this by walking the page tables of the
// interrupted address space; tests implement it with a few words.

import Primitives

/// Something that code was loaded from.
public struct CodeImage {
  /// "kernel", a program's or a module's name.
  public var name: ShortText
  /// Nil where the image came without a symbol table.
  public var symbols: SymbolTable?
  /// What all of its code is, where that needs no symbols.
  public var part: StaticString?

  public init(name: ShortText, symbols: SymbolTable?, part: StaticString? = nil) {
    self.name = name
    self.symbols = symbols
    self.part = part
  }
}

/// The memory and the code that a fault is explained with.
public protocol FaultContext {
  /// The little-endian word at any address, aligned or not, of the address space in which the fault happened;
  /// nil where a byte of it is not mapped.
  func word(at address: UInt32) -> UInt32?

  /// The byte at an address; nil where it is not mapped.
  func byte(at address: UInt32) -> UInt8?

  /// The image whose code lies at `address`, or nil.
  func image(containing address: UInt32) -> CodeImage?

  /// Whether the processor has an extension of the instruction set, and it is switched on.
  func hasInstructions(of set: InstructionSet) -> Bool
}

extension FaultContext {
  /// Whether the instruction at an address is UD2, with which the compiler has code stop itself.
  public func stopsItself(at address: UInt32) -> Bool {
    byte(at: address) == 0x0f && byte(at: address &+ 1) == 0x0b
  }

  /// Takes the byte from its aligned word, which never reaches into another page.
  public func byte(at address: UInt32) -> UInt8? {
    word(at: address & ~3).map { UInt8(truncatingIfNeeded: $0 >> ((address & 3) &* 8)) }
  }
}
