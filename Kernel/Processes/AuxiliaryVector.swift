// What a program of another system finds above its environment (System V ABI for i386, "Auxiliary Vector"): pairs of words, an
// entry's type and its value, of which the last has type 0. The types above 14 are those that all free systems use.

import ABI
import Executables
import MachineSupport
import Platform
import Primitives
import VirtualMemory

struct AuxiliaryVector {
  private enum Entry: UInt32 {
    case end = 0
    case programHeaders = 3
    case programHeaderSize = 4
    case programHeaderCount = 5
    case pageSize = 6
    /// Where the interpreter was loaded.
    case base = 7
    case entry = 9
    case user = 11
    case effectiveUser = 12
    case group = 13
    case effectiveGroup = 14
    /// EDX of CPUID's leaf 1.
    case processorFeatures = 16
    case clockTicksPerSecond = 17
    case isPrivileged = 23
    /// The address of 16 bytes that nobody can know before.
    case random = 25
  }

  private let facts: StartFacts
  private let randomBytes: UInt32
  private let context: Context

  /// - Parameter randomBytes: where 16 bytes of the new stack are free.
  init(_ facts: StartFacts, randomBytes: UInt32, _ context: Context) {
    self.facts = facts
    self.randomBytes = randomBytes
    self.context = context
  }

  /// How many words `write` writes.
  static var words: UInt32 { 2 * 15 }

  func write(to space: Reference<AddressSpace>, at position: inout UInt32) throws(SystemError) {
    try writeRandomBytes(to: space)
    let features = context.features.basicFeatures
    let entries: InlineArray<15, (Entry, UInt32)> = [
      (.programHeaders, facts.programHeaders), (.programHeaderSize, StartFacts.programHeaderSize),
      (.programHeaderCount, facts.programHeaderCount), (.pageSize, Primitives.pageSize), (.base, 0),
      (.entry, facts.entry), (.user, 0), (.effectiveUser, 0), (.group, 0), (.effectiveGroup, 0),
      (.processorFeatures, features), (.clockTicksPerSecond, 100), (.isPrivileged, 0), (.random, randomBytes),
      (.end, 0),
    ]
    for index in entries.indices {
      try space.write(word: entries[index].0.rawValue, at: &position)
      try space.write(word: entries[index].1, at: &position)
    }
  }

  /// Time stamps, stirred: nobody else sees the exact one of a start.
  private func writeRandomBytes(to space: Reference<AddressSpace>) throws(SystemError) {
    var position = randomBytes
    var numbers = StirredNumbers(from: read_time_stamp() ^ UInt64(space.value.identity) << 40)
    for _ in 0..<4 {
      try space.write(word: numbers.next(), at: &position)
      numbers.state ^= read_time_stamp() << 17
    }
  }
}
