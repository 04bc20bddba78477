// Programs that are written here byte by byte: files that no linker of this tree makes.

import ABI
import Primitives
import SDK

enum ImageTests {
  static func run(in report: inout TestReport) {
    report.run("segments that share a page are all loaded", sharedPagesAreLoaded)
    report.run("an image of 9 MiB starts, whatever frames are free", largeImageStarts)
    report.run("code and data on one page are refused, and both are named", codeAndDataAreRefused)
  }

  private struct Segment {
    var address: UInt32
    var flags: UInt32
    var contents: [UInt8]
  }

  /// A static ELF32 file for the i386 with these segments, whose entry is the first executable one's start.
  private static func image(_ segments: [Segment]) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 45 + 32 * segments.count)
    func put(_ value: UInt32, at offset: Int) {
      for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
    }
    // e_type and e_machine, e_version, e_phoff, e_phentsize, e_phnum.
    put(3 << 16 | 2, at: 16)
    put(1, at: 20)
    put(52, at: 28)
    put(32 << 16 | 52, at: 40)
    put(UInt32(segments.count), at: 44)
    for (index, segment) in segments.enumerated() {
      if segment.flags & 1 != 0 { put(segment.address, at: 24) }
      let header = 52 + 32 * index
      put(1, at: header)
      put(UInt32(bytes.count), at: header + 4)
      put(segment.address, at: header + 8)
      put(UInt32(segment.contents.count), at: header + 16)
      put(UInt32(segment.contents.count), at: header + 20)
      put(segment.flags, at: header + 24)
      bytes += segment.contents
    }
    return bytes
  }

  /// Adds the words at three addresses, writes the sum to the last of them, and exits with it.
  private static let code: [UInt8] =
    [0x8b, 0x1d, 0x94, 0x00, 0x40, 0x00]  // mov ebx, [0x400094]
    + [0x03, 0x1d, 0x00, 0x20, 0x40, 0x00]  // add ebx, [0x402000]
    + [0x03, 0x1d, 0x10, 0x30, 0x40, 0x00]  // add ebx, [0x403010]
    + [0x89, 0x1d, 0x10, 0x30, 0x40, 0x00]  // mov [0x403010], ebx
    + [0x8b, 0x1d, 0x10, 0x30, 0x40, 0x00]  // mov ebx, [0x403010]
    + [0xb8, 0x01, 0x00, 0x00, 0x00]  // mov eax, 1: exit
    + [0xbf, 0x00, 0xf0, 0xff, 0xbf]  // mov edi, 0xbffff000
    + [0xff, 0xd7]  // call edi

  private static func start(_ segments: [Segment]) throws(Refusal) -> TaskIdentity {
    try Process.start(image: image(segments), name: Bytes("written"), arguments: WordList())
  }

  private static func sharedPagesAreLoaded() -> Bool {
    // Constants before code on one page; constants of a page and a half whose second page belongs to the variables.
    let constants = [40, 0, 0, 0] + [UInt8](repeating: 0, count: 4096) + [9, 9]
    let task = try? start([
      Segment(address: 0x40_0094, flags: 4, contents: [1, 0, 0, 0]),
      Segment(address: 0x40_009c, flags: 5, contents: code),
      Segment(address: 0x40_2000, flags: 4, contents: constants),
      Segment(address: 0x40_3010, flags: 6, contents: [1, 0, 0, 0]),
    ])
    return (try? task?.wait()) == .exited(status: 42)
  }

  private static func largeImageStarts() -> Bool {
    var bytes = image([
      Segment(address: 0x40_0094, flags: 4, contents: [1, 0, 0, 0]),
      Segment(address: 0x40_009c, flags: 5, contents: code),
      Segment(address: 0x40_2000, flags: 4, contents: [40, 0, 0, 0]),
      Segment(address: 0x40_3010, flags: 6, contents: [1, 0, 0, 0]),
    ])
    // More than the largest block of frames that the kernel can have in a row.
    bytes += [UInt8](repeating: 0, count: 9 << 20)
    let before = (try? Machine.memory())?.free
    let task = try? Process.start(image: bytes, name: Bytes("large"), arguments: WordList())
    guard (try? task?.wait()) == .exited(status: 42), let before, let after = (try? Machine.memory())?.free else {
      return false
    }
    // The tables of the kernel half stay: 9 MiB take six at the most.
    return after &+ 6 >= before
  }

  private static func codeAndDataAreRefused() -> Bool {
    do throws(Refusal) {
      _ = try start([
        Segment(address: 0x40_009c, flags: 5, contents: code),
        Segment(address: 0x40_0100, flags: 6, contents: [1, 0, 0, 0]),
      ])
      return false
    } catch {
      var words = ByteWriter()
      words.write("writable and executable: program header 0, page 0x400000")
      return error.error == .badExecutable && error.explanation.suffix(words.bytes.count).elementsEqual(words.bytes)
    }
  }
}
