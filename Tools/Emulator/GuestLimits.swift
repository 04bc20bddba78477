// What a guest takes of boot archives, asked before it is booted with them: in the guest a person would see what is missing,
// and not why.
//
// Invariant: the limits are the kernel's own; its library reads the archives here as it will there.

import Files
import Foundation
import Primitives

public enum GuestLimits {
  /// Archives are read in the kernel's direct map of memory, which ends here.
  private static let directMap = 512 << 20
  /// What the kernel, the first process and the shell need besides the archives.
  private static let ownMemory = 5 << 20

  /// How many bytes the archives of a guest with so much memory may have together.
  static func archiveRoom(in memory: MemorySize) -> Int {
    max(0, min(memory.mebibytes << 20, directMap) - ownMemory)
  }

  /// - Throws: `OverlayError`, where archives of so many bytes do not fit into the guest.
  public static func judge(size: Int, memory: MemorySize) throws(OverlayError) {
    let room = archiveRoom(in: memory)
    guard size > room else { return }
    func mebibytes(_ bytes: Int) -> String { "\((Double(bytes) / Double(1 << 20) * 10).rounded(.up) / 10) MiB" }
    let isMemoryShort = memory.mebibytes << 20 < directMap
    throw OverlayError(
      description: "What was added makes archives of \(mebibytes(size)), and a guest with \(memory.mebibytes) MiB of "
        + "memory has room for \(mebibytes(room)). Add less"
        + (isMemoryShort ? ", or give it more memory with --ram." : ": more memory is no help."))
  }

  /// - Throws: `OverlayError` with the kernel's words, where it would leave one of the archives out.
  public static func judge(archives: [URL]) throws {
    var set = ArchiveSet()
    for url in archives {
      let bytes = try Data(contentsOf: url, options: .mappedIfSafe)
      try bytes.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) throws in
        guard let start = buffer.baseAddress else { return }
        do throws(ArchiveError) {
          // Only counted here: nothing is read of an archive after it was added.
          try unsafe set.add(Archive(at: start, count: buffer.count))
        } catch {
          var sentence = Sentence()
          error.describe(to: &sentence)
          throw OverlayError(description: "The guest would not take what was added: \(sentence.text)")
        }
      }
    }
  }

  private struct Sentence: TextOutput {
    private var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
    mutating func write(byte: UInt8) { bytes.append(byte) }
  }
}
