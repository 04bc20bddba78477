// Bad pointers into every call that takes one. Each must come back with an error; nothing may be ended by them.

import ABI
import Primitives
import SDK
import UserSupport

/// A call with one pointer among its arguments.
struct PointerCase {
  var call: SystemCall
  var words: InlineArray<5, UInt32>
  /// Which of the words is the pointer.
  var pointer: Int
  /// How many bytes at it the call reads or writes.
  var size: UInt32
  /// Whether the call writes there.
  var writes: Bool
  /// Whether 0 means that the caller does not want the result.
  var isOptional = false

  init(
    _ call: SystemCall, _ words: InlineArray<5, UInt32>, pointer: Int, size: UInt32, writes: Bool,
    isOptional: Bool = false
  ) {
    self.call = call
    self.words = words
    self.pointer = pointer
    self.size = size
    self.writes = writes
    self.isOptional = isOptional
  }

  /// Makes the call with `address` as its pointer.
  func result(at address: UInt32) -> Int32 {
    var words = self.words
    words[pointer] = address
    return megha_system_call5(call.rawValue, words[0], words[1], words[2], words[3], words[4])
  }
}

enum PointerTests {
  static func run(in report: inout TestReport) {
    guard let places = Places() else {
      report.run("memory for the pointer tests", { false })
      return
    }
    report.run("null and the null guard are refused") {
      allRefuse { $0.isOptional ? [0x8000] : [0, 4, 0x8000] }
    }
    report.run("memory given back is refused") { allRefuse { _ in [places.givenBack, places.end] } }
    report.run("a range that ends in no memory is refused") {
      allRefuse { $0.size > 4 ? [places.end - 4] : [] }
    }
    report.run("kernel addresses are refused") {
      allRefuse { _ in [0xc000_0000, 0xc010_0000, 0xe000_0000, 0xffff_f000] }
    }
    report.run("a range that reaches into the kernel is refused") {
      allRefuse { $0.size > 4 ? [0xbfff_fffc] : [] }
    }
    report.run("a range that wraps around is refused") { allRefuse { _ in [0xffff_fffc] } }
    report.run("nothing is written to memory that is not writable") {
      allRefuse { $0.writes ? [text_start(), 0xbfff_f000, places.readOnly] : [] }
    }
    report.run("lengths that reach past the address space are refused") { hugeLengthsAreRefused(places) }
  }

  /// The addresses that only exist once memory was prepared for them, far from where the kernel puts mappings of its
  /// choice, so that no later one comes to lie there.
  private struct Places {
    var readOnly: UInt32
    /// Where a mapping ends and nothing follows.
    var end: UInt32
    var givenBack: UInt32

    init?() {
      guard let readOnly = try? Memory.map(4096, .read, at: 0xa000_0000),
        let last = try? Memory.map(4096, [.read, .write], at: 0xa001_0000),
        let givenBack = try? Memory.map(4096, [.read, .write], at: 0xa002_0000),
        (try? Memory.unmap(givenBack, 4096)) != nil
      else { return nil }
      self.readOnly = readOnly
      end = last + 4096
      self.givenBack = givenBack
    }
  }

  /// Whether every call refuses each of the addresses that `addresses` gives for it.
  private static func allRefuse(_ addresses: (PointerCase) -> [UInt32]) -> Bool {
    var allRefused = true
    for index in 0..<caseCount {
      let pointerCase = self.pointerCase(index)
      for address in addresses(pointerCase) {
        let result = pointerCase.result(at: address)
        if isRefusal(result) { continue }
        allRefused = false
        Console.write {
          $0.write("  call ")
          $0.write(decimal: pointerCase.call.rawValue)
          $0.write(" with the pointer ")
          $0.write(hexadecimal: address)
          $0.write(" returned ")
          $0.write(decimal: Int(result))
          $0.write("\n")
        }
      }
    }
    return allRefused
  }

  /// A kernel without modules or services says so before it looks at a pointer.
  private static func isRefusal(_ result: Int32) -> Bool {
    result == SystemError.badAddress.rawValue || result == SystemError.unsupported.rawValue
  }

  private static func hugeLengthsAreRefused(_ places: Places) -> Bool {
    let path = places.readOnly
    for length in [0x7fff_ffff, 0x8000_0000, .max] as [UInt32] {
      for call in [SystemCall.open, .serviceOpen, .servicePublish, .moduleUnload] {
        if megha_system_call3(call.rawValue, path, length, 0) >= 0 { return false }
      }
      // A write may take the part that is there; it must not take more.
      if megha_system_call3(SystemCall.write.rawValue, 9999, path, length) >= 0 { return false }
    }
    return true
  }

  private static var caseCount: Int { 18 }

  private static func pointerCase(_ index: Int) -> PointerCase {
    switch index {
    case 0: out(.clock, [0, 0, 0, 0, 0], 0, MemoryLayout<ClockReading>.size)
    case 1:
      into(.processStart, [0, size(ProcessRequest.self), 0, 0, 0], 0, MemoryLayout<ProcessRequest>.size)
    case 2: into(.threadStart, [0, size(ThreadRequest.self), 0, 0, 0], 0, MemoryLayout<ThreadRequest>.size)
    case 3: optional(.wait, [0, 1, 0, 0, 0], 2, MemoryLayout<TaskOutcome>.size)
    case 4:
      out(.taskInformation, [0, 0, size(TaskInformation.self), 0, 0], 1, MemoryLayout<TaskInformation>.size)
    case 5: out(.memoryInformation, [0, 0, 0, 0, 0], 0, MemoryLayout<MemoryInformation>.size)
    case 6: out(.memoryRegion, [0, 0, 0, 0, 0], 2, MemoryLayout<RegionInformation>.size)
    case 7: out(.read, [StandardHandle.input, 0, 64, 0, 0], 1, 4)
    case 8: into(.write, [StandardHandle.output, 0, 64, 0, 0], 1, 4)
    case 9: into(.open, [0, 16, 0, 0, 0], 0, 16)
    case 10: out(.fileEntry, [0, 0, 0, 0, 0], 1, MemoryLayout<FileEntry>.size)
    case 11: out(.logRead, [0, 0, 64, 0, 0], 1, 64)
    case 12: into(.wordWait, [0, 0, 0, 0, 0], 0, 4)
    case 13: into(.moduleLoad, [0, 16, 0, 0, 0], 0, 16)
    case 14: into(.moduleUnload, [0, 16, 0, 0, 0], 0, 16)
    case 15: into(.serviceOpen, [0, 16, 0, 0, 0], 0, 16)
    case 16: into(.servicePublish, [0, 16, 0, 0, 0], 0, 16)
    default: out(.measure, [0, 0, 0, 0, 0], 0, MemoryLayout<MachineCounters>.size)
    }
  }

  private static func size<Structure>(_ type: Structure.Type) -> UInt32 {
    UInt32(MemoryLayout<Structure>.size)
  }

  private static func into(
    _ call: SystemCall, _ words: InlineArray<5, UInt32>, _ pointer: Int, _ size: Int
  ) -> PointerCase {
    PointerCase(call, words, pointer: pointer, size: UInt32(size), writes: false)
  }

  private static func out(
    _ call: SystemCall, _ words: InlineArray<5, UInt32>, _ pointer: Int, _ size: Int
  ) -> PointerCase {
    PointerCase(call, words, pointer: pointer, size: UInt32(size), writes: true)
  }

  private static func optional(
    _ call: SystemCall, _ words: InlineArray<5, UInt32>, _ pointer: Int, _ size: Int
  ) -> PointerCase {
    PointerCase(call, words, pointer: pointer, size: UInt32(size), writes: true, isOptional: true)
  }
}
