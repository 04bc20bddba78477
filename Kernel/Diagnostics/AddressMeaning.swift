// What an address is, in the words of the design: a guard page, the null page, a program's code. The kernel
// finds it out from its own structures; this only says it.

import Primitives

/// A stack, by whom it serves.
public struct StackIdentity: Sendable {
  public enum Owner: Sendable {
    /// The stack a task's own code runs on.
    case task(TaskDescription)
    /// The stack the kernel works on for a task.
    case kernelStack(of: TaskDescription)
    /// The stack of a call into a linked module.
    case module(ShortText)
    /// A stack of the processor's: for idling, for double faults, for non-maskable interrupts.
    case processor(StaticString)
  }

  public var owner: Owner
  /// In bytes, without guard pages; 0 where not known.
  public var size: UInt32

  public init(owner: Owner, size: UInt32) {
    self.owner = owner
    self.size = size
  }

  /// For example `the stack of thread 9 "reader" of process 7`.
  public func write(to output: inout some TextOutput) {
    switch owner {
    case .task(let task):
      output.write("the stack of ")
      task.write(to: &output)
    case .kernelStack(let task):
      output.write("the kernel stack of ")
      task.write(to: &output)
    case .module(let name):
      output.write("the stack of module \"")
      name.write(to: &output)
      output.write("\"")
    case .processor(let purpose):
      output.write("the processor's ")
      output.write(purpose)
      output.write(" stack")
    }
  }
}

/// What a part of a program's address space is for.
public enum RegionMeaning: Sendable {
  case code, readOnlyData, data, heap, mapping, stack, systemCallPage, lent, exchange

  var text: StaticString {
    switch self {
    case .code: "the program's code"
    case .readOnlyData: "the program's constants"
    case .data: "the program's variables"
    case .heap: "the heap"
    case .mapping: "a mapping"
    case .stack: "a stack"
    case .systemCallPage: "the system-call page"
    case .lent: "the window for pages that are lent"
    case .exchange: "where the process and its personality exchange bytes"
    }
  }
}

/// What an address means.
public enum AddressMeaning: Sendable {
  /// Below 64 KiB.
  case nullPage
  case guardBelowStack(StackIdentity)
  case guardAboveStack(StackIdentity)
  /// Further below a stack than its guard: `distance` bytes below its last.
  case beyondStackLimit(StackIdentity, distance: UInt32)
  /// In a stack, of which `left` bytes are left below the address, fewer than are needed.
  case nearlyUsedUp(StackIdentity, left: UInt32, needed: UInt32)
  /// In the stack of another task than the one that the kernel is to work for on its own.
  case stackOfAnother(StackIdentity)
  /// In a mapped part of the program that does not allow the access.
  case region(RegionMeaning)
  /// In a part of the program that may be written to, at a page that is not there yet.
  case promised(RegionMeaning)
  /// Nothing is mapped; the nearest part below ends `distance` bytes before the address.
  case unmappedAfter(RegionMeaning, distance: UInt32)
  case unmapped
  /// The kernel's half.
  case kernelMemory
  case kernelCode
  case kernelConstants
  /// Not mapped, in the kernel's half.
  case kernelUnmapped
  /// The guard page of a kernel allocation or mapping.
  case kernelGuard
  case moduleCode(name: ShortText)
  case moduleData(name: ShortText)
  /// Where a module was that has been removed.
  case removedModule(name: ShortText)
  case deviceMemory
  case unknown

  /// One clause about an access to such an address, as seen from `ring`.
  func describe(_ access: MemoryAccess, fromRing ring: UInt32, to output: inout some TextOutput) {
    switch self {
    case .nullPage:
      output.write("the address lies in the null page, which is never mapped")
    case .guardBelowStack(let stack):
      output.write("the address lies in the guard page below ")
      stack.write(to: &output)
      output.write(": it overflowed")
      Self.writeSize(of: stack, to: &output)
    case .guardAboveStack(let stack):
      output.write("the address lies in the guard page above ")
      stack.write(to: &output)
      output.write(": something ran past its upper end")
    case .beyondStackLimit(let stack, let distance):
      output.write("the address lies ")
      output.write(decimal: distance)
      output.write(" bytes below ")
      stack.write(to: &output)
      output.write(": it overflowed")
      Self.writeSize(of: stack, to: &output)
      output.write(", past its guard page")
    case .nearlyUsedUp(let stack, let left, let needed):
      output.write(decimal: left)
      output.write(left == 1 ? " byte is left of " : " bytes are left of ")
      stack.write(to: &output)
      output.write(", and ")
      output.write(decimal: needed)
      output.write(" are needed")
    case .stackOfAnother(let stack):
      output.write("the address lies in ")
      stack.write(to: &output)
      output.write(", and on a shared stack the kernel works only if it is the task's own")
    case .region(.stack) where access == .write:
      output.write("the address lies in a stack")
    case .region(let purpose):
      output.write("the address lies in ")
      output.write(purpose.text)
      Self.writeRefusal(of: access, to: &output)
    case .promised(let purpose):
      output.write("the address lies in ")
      output.write(purpose.text)
      if access == .execute {
        Self.writeRefusal(of: access, to: &output)
      } else {
        output.write(", at a page that is not there yet and could not be brought in here")
      }
    case .unmappedAfter(let purpose, let distance):
      output.write("nothing is mapped at the address; ")
      output.write(purpose.text)
      output.write(" ends ")
      output.write(decimal: distance)
      output.write(distance == 1 ? " byte below" : " bytes below")
    case .unmapped:
      output.write("nothing is mapped at the address")
    case .kernelMemory where ring == 3:
      output.write("the address belongs to the kernel, which Ring 3 may not touch")
    case .kernelMemory:
      output.write("the address lies in kernel memory")
      Self.writeRefusal(of: access, to: &output)
    case .kernelCode:
      output.write("the address lies in the kernel's code")
      Self.writeRefusal(of: access, to: &output)
    case .kernelConstants:
      output.write("the address lies in the kernel's constants")
      Self.writeRefusal(of: access, to: &output)
    case .kernelUnmapped:
      output.write("the address belongs to the kernel's half, and nothing is mapped there")
    case .kernelGuard:
      output.write("the address lies in a guard page of the kernel's half")
    case .moduleCode(let name):
      Self.writeModule("the code of module ", name, to: &output)
      Self.writeRefusal(of: access, to: &output)
    case .moduleData(let name):
      Self.writeModule("the data of module ", name, to: &output)
      Self.writeRefusal(of: access, to: &output)
    case .removedModule(let name):
      Self.writeModule("what was module ", name, to: &output)
      output.write(", which has been removed")
    case .deviceMemory:
      output.write("the address lies in a device's memory")
      Self.writeRefusal(of: access, to: &output)
    case .unknown:
      output.write("nothing is known about the address")
    }
  }

  private static func writeModule(
    _ part: StaticString, _ name: ShortText, to output: inout some TextOutput
  ) {
    output.write("the address lies in ")
    output.write(part)
    output.write("\"")
    name.write(to: &output)
    output.write("\"")
  }

  private static func writeSize(of stack: StackIdentity, to output: inout some TextOutput) {
    guard stack.size != 0 else { return }
    output.write(" its ")
    output.write(decimal: stack.size / 1024)
    output.write(" KiB")
  }

  private static func writeRefusal(of access: MemoryAccess, to output: inout some TextOutput) {
    switch access {
    case .read: output.write(", which may not be read from here")
    case .write: output.write(", which is read-only")
    case .execute: output.write(", which may not be executed")
    }
  }
}
