// A generated program as the kernel takes it: an ELF file of one segment of code and one of data (System V ABI, chapter 4
// and its supplement for the i386).

import ABI
import SDK

/// A file and the instructions in it that mutations may change.
struct Victim {
  var file: [UInt8]
  /// Where instructions begin in the file.
  var starts: [Int]
}

enum GeneratedProgram {
  private static var headersSize: UInt32 { 52 + 2 * 32 }
  private static var textStart: UInt32 { AddressLayout.processTextStart }
  private static var dataStart: UInt32 { AddressLayout.processTextStart + 0x10000 }
  /// The name that generated servers publish.
  static var serviceName: StaticString { "inject-server" }

  /// The program number `number` of those that follow from a seed.
  static func make(random: SeededRandom, isServer: Bool) -> Victim {
    let place = CodePlace(origin: textStart + headersSize, data: dataStart)
    var code = GeneratedCode(place: place, random: random)
    let entry =
      isServer
      ? code.writeServer(nameLength: UInt32(serviceName.utf8CodeUnitCount)) : code.writeProcess()
    let text = code.writer.code
    let textEnd = headersSize + UInt32(text.count)
    // The data begins on a page of the file of its own.
    let dataOffset = (textEnd + 4095) & ~4095
    var file = ElfWriter()
    file.header(entry: entry, programHeaders: 2)
    file.segment(offset: 0, address: textStart, size: textEnd, flags: 5)
    file.segment(offset: dataOffset, address: dataStart, size: CodePlace.size, flags: 6)
    file.bytes.append(contentsOf: text)
    while file.bytes.count < Int(dataOffset) { file.bytes.append(0) }
    appendData(to: &file, place: place, random: random)
    return Victim(
      file: file.bytes,
      starts: instructionStarts(of: file.bytes, from: Int(headersSize), to: Int(textEnd)))
  }

  private static func appendData(to file: inout ElfWriter, place: CodePlace, random: SeededRandom) {
    var random = random
    for _ in 0..<CodePlace.wordCount { file.word(random.next()) }
    let start = file.bytes.count - Int(4 * CodePlace.wordCount)
    file.pad(to: start + Int(place.path - place.data))
    for index in 0..<serviceName.utf8CodeUnitCount { file.bytes.append(Bytes(serviceName)[index]) }
    file.pad(to: start + Int(place.device - place.data))
    for index in 0..<Int(CodePlace.deviceLength) { file.bytes.append(Bytes("/dev/null")[index]) }
    file.pad(to: start + Int(place.message - place.data))
    // Of the message only where its bytes go is not 0 (ABI, Message).
    for word in 0..<12 as Range<UInt32> { file.word(word == 9 ? place.buffer : word == 10 ? 256 : 0) }
    file.pad(to: start + Int(CodePlace.size))
  }
}

private struct ElfWriter {
  var bytes: [UInt8] = []

  mutating func word(_ word: UInt32) {
    for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word &>> shift)) }
  }

  mutating func pad(to count: Int) { while bytes.count < count { bytes.append(0) } }

  /// The header of an executable file for the i386, little-endian, of version 1.
  mutating func header(entry: UInt32, programHeaders: UInt32) {
    word(0x464c_457f)
    word(0x0001_0101)
    word(0)
    word(0)
    word(0x0003_0002)  // ET_EXEC, EM_386
    word(1)
    word(entry)
    word(52)  // where the program headers begin
    word(0)
    word(0)
    word(52 | 32 << 16)
    word(programHeaders)
    word(0)
  }

  mutating func segment(offset: UInt32, address: UInt32, size: UInt32, flags: UInt32) {
    for word in [1, offset, address, address, size, size, flags, 4096] as [UInt32] { self.word(word) }
  }
}
