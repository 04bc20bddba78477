// What can be wrong with memory that is given back to a heap, and what the heap's checker can find.
//
// In the kernel a `HeapFault` is a mistake of the kernel or of a module, which is stopped; in a program, of the program.

import Primitives

/// A wrong use of the heap, or damage to it. Addresses are those of the allocation unless they say otherwise.
public enum HeapFault: Error, Equatable, Sendable {
  /// The heap never handed out memory in this page.
  case foreignPointer(address: UInt)
  /// The address lies inside an allocation and is not its start.
  case notAStart(address: UInt)
  case alreadyFree(address: UInt)
  /// The owner wrote `offset` bytes from the start of an allocation of `size` bytes. `caller` is what the allocation
  /// was made with.
  case overflow(address: UInt, size: UInt32, offset: UInt32, tag: UInt8, caller: UInt32)
  /// Somebody wrote to memory after giving it back, at `address`.
  case writtenAfterFree(address: UInt)
  /// The header of the page at `address`, or its list of free slots, was overwritten.
  case damagedPage(address: UInt)
  /// The lists of slabs or runs do not hold together at the page at `address`.
  case damagedList(address: UInt)
  /// The totals by tag and a walk over all allocations disagree.
  case wrongTotals(counted: UInt64, recorded: UInt64)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .foreignPointer(let address):
      output.write(address: address)
      output.write(" is not in the heap")
    case .notAStart(let address):
      output.write(address: address)
      output.write(" is not the start of an allocation")
    case .alreadyFree(let address):
      output.write(address: address)
      output.write(" was given back twice")
    case .overflow(let address, let size, let offset, let tag, let caller):
      output.write("the ")
      output.write(decimal: size)
      output.write(" bytes at ")
      output.write(address: address)
      output.write(" were overrun: byte ")
      output.write(decimal: offset)
      output.write(" was written (tag ")
      output.write(decimal: UInt32(tag))
      output.write(", allocated by ")
      output.write(hexadecimal: caller)
      output.write(")")
    case .writtenAfterFree(let address):
      output.write(address: address)
      output.write(" was written after it was given back")
    case .damagedPage(let address):
      output.write("the heap page at ")
      output.write(address: address)
      output.write(" was overwritten")
    case .damagedList(let address):
      output.write("the heap's lists are broken at the page at ")
      output.write(address: address)
    case .wrongTotals(let counted, let recorded):
      output.write("the heap's totals are wrong: counted ")
      output.write(decimal: counted)
      output.write(", recorded ")
      output.write(decimal: recorded)
    }
  }
}

extension TextOutput {
  fileprivate mutating func write(address: UInt) { write(hexadecimal: UInt64(address)) }
}
