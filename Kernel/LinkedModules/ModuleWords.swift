// The parameters of a module on their way from `insmod` to the module.

import ABI
import Executables
import Platform
import Primitives
import VirtualMemory

/// Words `name=value` for a module, copied from the caller.
@safe
package struct ModuleWords: ~Copyable {
  package static var countLimit: UInt32 { 16 }
  static var byteLimit: UInt32 { 1024 }

  private var memory: UnsafeMutableRawPointer?
  private var ends = InlineArray<17, UInt32>(repeating: 0)
  private(set) var count = 0
  private let context: Context

  /// - Throws: `tooLarge` for more than 16 words or 1,024 bytes, `badAddress`, `outOfMemory`.
  package init(_ parameters: ModuleParameters, in context: Context) throws(SystemError) {
    self.context = context
    guard parameters.count > 0 else { return }
    guard parameters.count <= Self.countLimit else { throw .tooLarge }
    guard
      let memory = unsafe KernelHeap(context).allocateUnchargedBytes(Int(Self.byteLimit), alignment: 4, tag: .module)
    else {
      throw .outOfMemory
    }
    do throws(SystemError) {
      var used: UInt32 = 0
      for index in 0..<parameters.count {
        let (place, overflow) = parameters.address.addingReportingOverflow(
          index &* UInt32(MemoryLayout<TextSlice>.size))
        guard !overflow else { throw .badAddress }
        var slice = TextSlice()
        try UserBuffer(address: place, length: 0, in: context).read(into: &slice)
        guard slice.length <= Self.byteLimit &- used else { throw .tooLarge }
        unsafe try UserBuffer(address: slice.address, length: slice.length, in: context).copyIn(
          to: memory + Int(used), count: slice.length)
        used &+= slice.length
        ends[Int(index) &+ 1] = used
      }
    } catch {
      unsafe KernelHeap(context).free(memory)
      throw error
    }
    unsafe self.memory = unsafe memory
    count = Int(parameters.count)
  }

  /// The bytes of a word, below `count`, which stay until `end`.
  subscript(index: Int) -> KernelBytes {
    let start = unsafe UInt32(UInt(bitPattern: memory))
    return KernelBytes(address: start &+ ends[index], length: ends[index &+ 1] &- ends[index])
  }

  package mutating func end() {
    unsafe KernelHeap(context).free(memory)
    unsafe memory = nil
    count = 0
  }
}
