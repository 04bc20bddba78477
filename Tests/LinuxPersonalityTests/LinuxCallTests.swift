// What Linux calls mean, in conversations with a model of the native side.

import ABI
import ServiceSupport
import TestSupport
import Testing

@testable import LinuxPersonality

@Suite struct LinuxCallTests {
  private let memory: UInt32 = 0x0805_0000

  private func model() -> NativeModel {
    let model = NativeModel()
    model.add(pages: memory, 8192)
    return model
  }

  // MARK: Files

  @Test("A file is made, written, sought and read by the lowest descriptor")
  func file() {
    let model = model()
    model.place("notes", at: memory)
    model.place("hello, world", at: memory + 100)
    #expect(model.call(.openat, 0xffff_ff9c, memory, 0o102, 0o644) == 3)
    #expect(model.call(.write, 3, memory + 100, 12) == 12)
    #expect(model.call(.lseek, 3, 7, 0) == 7)
    #expect(model.call(.read, 3, memory + 200, 100) == 5)
    #expect((try? model.read(memory + 200, 5)) == Array("world".utf8))
    #expect(model.call(.lseek, 3, UInt32(bitPattern: -2), 1) == 10)
    #expect(model.call(.lseek, 3, UInt32(bitPattern: -12), 2) == 0)
    #expect(model.call(.lseek, 3, UInt32(bitPattern: -1), 0) == LinuxError.invalid.value)
    #expect(model.call(.llseek, 3, 0, 5, memory + 300, 0) == 0)
    #expect(model.word(memory + 300) == 5 && model.word(memory + 304) == 0)
    #expect(model.call(.close, 3) == 0)
    #expect(model.call(.close, 3) == LinuxError.badDescriptor.value)
    #expect(model.handles[3] == nil)
  }

  @Test("What is missing, empty or not the caller's is refused as Linux refuses it")
  func refusals() {
    let model = model()
    model.place("missing", at: memory)
    model.place("", at: memory + 100)
    #expect(model.call(.open, memory, 0) == LinuxError.noEntry.value)
    #expect(model.call(.open, memory + 100, 0) == LinuxError.noEntry.value)
    #expect(model.call(.open, 0x1000, 0) == LinuxError.badAddress.value)
    #expect(model.call(.open, memory, 3) == LinuxError.invalid.value)
    #expect(model.call(.read, 9, memory, 1) == LinuxError.badDescriptor.value)
    #expect(model.call(.stat64, memory, memory) == LinuxError.noEntry.value)
    #expect(model.call(.ioctl, 1, 0x5401, 0x1000) == LinuxError.badAddress.value)
    #expect(model.call(number: 400, []) == LinuxError.unknownCall.value)
    #expect(model.call(number: 400, []) == LinuxError.unknownCall.value)
    #expect(model.call(number: 0xffff_ffff, []) == LinuxError.unknownCall.value)
    #expect(model.toldOf == [400, 0xffff_ffff])
  }

  @Test("writev writes all pieces in order, and stops where less was written")
  func vectors() throws {
    let model = model()
    model.place("one two three", at: memory)
    var vectors: [UInt8] = []
    for word in [memory, 4, 0, 0, memory + 4, 4, memory + 8, 5] { vectors.append(word: word) }
    try model.write(vectors, at: memory + 512)
    #expect(model.call(.writev, 1, memory + 512, 4) == 13)
    #expect(model.handles[1]?.bytes == Array("one two three".utf8))
    // A piece that is not there: what came before counts.
    vectors.put(0x1000 as UInt32, at: 24)
    try model.write(vectors, at: memory + 512)
    #expect(model.call(.writev, 1, memory + 512, 4) == 8)
    #expect(model.call(.writev, 1, memory + 512, 1025) == LinuxError.invalid.value)
    #expect(model.call(.writev, 1, memory + 512, 0) == 0)
  }

  @Test("A write to a pipe that nobody reads ends who did not say otherwise")
  func brokenPipe() throws {
    let model = model()
    model.failures[.write] = .peerGone
    try model.write([1, 0, 0, 0] + [UInt8](repeating: 0, count: 16), at: memory)
    #expect(model.call(.rtSigaction, 13, memory, 0, 8) == 0)
    #expect(model.call(.write, 1, memory, 1) == LinuxError.brokenPipe.value)
    try model.write([0, 0, 0, 0], at: memory)
    #expect(model.call(.rtSigaction, 13, memory, memory + 100, 8) == 0)
    #expect(model.word(memory + 100) == 1)
    model.call(.write, 1, memory, 1)
    #expect(model.ended == 141)
  }

  @Test("Descriptors that were duplicated share what they stand for until the last is closed")
  func duplicates() {
    let model = model()
    model.place("file", at: memory)
    model.files["file"] = ModelFile(bytes: Array("abcdef".utf8))
    #expect(model.call(.open, memory, 0) == 3)
    #expect(model.call(.fcntl64, 3, 0, 10) == 10)
    #expect(model.call(.dup2, 3, 1) == 1)
    #expect(model.call(.read, 10, memory, 2) == 2)
    #expect(model.call(.read, 1, memory, 2) == 2)
    #expect((try? model.read(memory, 2)) == Array("cd".utf8))
    #expect(model.call(.close, 3) == 0)
    #expect(model.call(.close, 10) == 0)
    #expect(model.handles[3] != nil)
    #expect(model.call(.close, 1) == 0)
    #expect(model.handles[3] == nil)
    #expect(model.handles[1] == nil, "what descriptor 1 stood for before was closed")
    #expect(model.call(.dup2, 0, 256) == LinuxError.badDescriptor.value)
  }

  @Test("Names of a directory come in pieces that fit, each once, with the two that every directory has")
  func names() {
    let model = model()
    model.files["d"] = ModelFile(kind: .directory)
    for index in 0..<40 {
      var information = FileInformation()
      information.kind = NodeKind.file.rawValue
      information.node = UInt32(index + 2)
      model.names.append(("name\(index)", information))
    }
    model.place("d", at: memory)
    #expect(model.call(.open, memory, 0o200000) == 3)
    var seen: [String] = []
    while true {
      let count = model.call(.getdents64, 3, memory, 200)
      guard count > 0 else {
        #expect(count == 0)
        break
      }
      let bytes = (try? model.read(memory, Int(count))) ?? []
      var offset = 0
      while offset < bytes.count {
        let size = Int(bytes[offset + 16]) | Int(bytes[offset + 17]) << 8
        let name = bytes[(offset + 19)..<(offset + size)].prefix { $0 != 0 }
        seen.append(String(decoding: name, as: UTF8.self))
        offset += size
      }
      #expect(offset == bytes.count)
    }
    #expect(seen == [".", ".."] + (0..<40).map { "name\($0)" })
    #expect(model.call(.getdents64, 1, memory, 200) == LinuxError.notADirectory.value)
    #expect(model.call(.lseek, 3, 0, 0) >= LinuxError.illegalSeek.value)
    #expect(
      model.call(.getdents64, 3, memory, 10) == LinuxError.invalid.value || model.call(.getdents64, 3, memory, 24) == 24
    )
  }

  @Test("stat64 and statx lay a file out as the headers of Linux say")
  func status() {
    let model = model()
    model.files["f"] = ModelFile(bytes: [UInt8](repeating: 1, count: 300))
    model.place("f", at: memory)
    #expect(model.call(.stat64, memory, memory + 256) == 0)
    #expect(model.word(memory + 256 + 16) == 0o100644)
    #expect(model.word(memory + 256 + 44) == 300)
    #expect(model.call(.statx, 0xffff_ff9c, memory, 0, 0x7ff, memory + 512) == 0)
    #expect(model.word(memory + 512 + 28) & 0xffff == 0o100644)
    #expect(model.word(memory + 512 + 40) == 300)
    model.place("", at: memory)
    #expect(model.call(.statx, 1, memory, 0x1000, 0x7ff, memory + 512) == 0)
    #expect(model.word(memory + 512 + 28) & 0xffff == 0o020620)
  }

  @Test("The settings of a terminal are what programs know, and come back as they were set")
  func terminals() throws {
    let model = model()
    #expect(model.terminal.count == TerminalLayout.nativeSize)
    #expect(model.call(.ioctl, 0, 0x5401, memory) == 0)
    // ICRNL, IXON, IUTF8; OPOST, ONLCR; ISIG, ICANON, ECHO, ECHOE, ECHONL, ECHOCTL.
    #expect(model.word(memory) == 0x4500 && model.word(memory + 4) == 5)
    #expect(model.word(memory + 12) == 0x25b)
    let raw = try model.read(memory, 36)
    #expect(raw[17] == 3 && raw[17 + 4] == 4 && raw[17 + 6] == 1 && raw[17 + 10] == 0x1a)
    var changed = raw
    changed.put(raw.littleEndianWord(at: 12) & ~0xb, at: 12)
    changed[17 + 5] = 5
    changed[17 + 6] = 0
    try model.write(changed, at: memory)
    #expect(model.call(.ioctl, 1, 0x5403, memory) == 0)
    let modes = TerminalModes(rawValue: model.terminal.littleEndianWord(at: 0))
    #expect(modes.isDisjoint(with: [.canonical, .echo, .signals]) && modes.contains(.returnIsLineFeed))
    #expect(model.terminal.littleEndianWord(at: 20) == 500 && model.terminal.littleEndianWord(at: 16) == 0)
    #expect(model.call(.ioctl, 2, 0x5401, memory + 100) == 0)
    #expect(try model.read(memory + 100, 36) == changed)
    #expect(model.call(.ioctl, 0, 0x5413, memory) == 0)
    #expect(model.word(memory) == 40 | 100 << 16)
    #expect(model.call(.ioctl, 0, 0x541b, memory) == 0 && model.word(memory) == 7)
    model.handles[5] = ModelFile(kind: .pipeReader)
    model.files["f"] = ModelFile()
    model.place("f", at: memory)
    #expect(model.call(.open, memory, 0) == 3)
    #expect(model.call(.ioctl, 3, 0x5401, memory) == LinuxError.notATerminal.value)
    #expect(model.call(.ioctl, 3, 0x5402, memory) == LinuxError.notATerminal.value)
    #expect(model.call(.ioctl, 0, 0x9999, memory) == LinuxError.invalid.value)
  }

  @Test("poll tells what came of each descriptor, and which is not open")
  func polls() throws {
    let model = model()
    func ask(_ entries: [(UInt32, UInt32)], _ time: UInt32) throws -> (Int32, [UInt32]) {
      var bytes: [UInt8] = []
      for (descriptor, events) in entries {
        bytes.append(word: descriptor)
        bytes.append(word: events)
      }
      if !bytes.isEmpty { try model.write(bytes, at: memory) }
      let value = model.call(.poll, memory, UInt32(entries.count), time)
      return (value, entries.indices.map { model.word(memory + UInt32($0) * 8 + 4) >> 16 })
    }
    model.polled = [0: 1, 1: 6]
    #expect(try ask([(0, 1), (0xffff_ffff, 1), (1, 4)], 100) == (2, [1, 0, 0x14]))
    #expect(try ask([(0, 4)], 100) == (0, [0]))
    #expect(try ask([(9, 1), (0, 1)], 0) == (1, [0x20, 0]))
    #expect(try ask([], 5).0 == 0)
    #expect(model.call(.poll, memory, 33, 0) == LinuxError.invalid.value)
    #expect(model.call(.poll, 0x1000, 1, 0) == LinuxError.badAddress.value)
  }

  // MARK: Memory

  @Test("brk grows and shrinks by pages, keeps what is there, and stays where there is no memory")
  func programBreak() throws {
    let model = model()
    let start = UInt32(bitPattern: model.call(.brk, 0))
    #expect(UInt32(bitPattern: model.call(.brk, start + 0x880)) == start + 0x880)
    try model.write([7], at: start + 0x87f)
    #expect(UInt32(bitPattern: model.call(.brk, start + 0x5000)) == start + 0x5000)
    #expect(try model.read(start + 0x87f, 1) == [7])
    try model.write([8], at: start + 0x4fff)
    model.failures[.memoryMap] = .outOfMemory
    #expect(UInt32(bitPattern: model.call(.brk, start + 0x9000)) == start + 0x5000)
    #expect(UInt32(bitPattern: model.call(.brk, start + 0x10)) == start + 0x10)
    #expect(throws: SystemError.badAddress) { try model.read(start + 0x1000, 1) }
    #expect(UInt32(bitPattern: model.call(.brk, start - 1)) == start + 0x10)
    #expect(UInt32(bitPattern: model.call(.brk, .max)) == start + 0x10)
  }

  @Test("mmap2 gives memory of nobody's file, and refuses what is written and run")
  func mapping() {
    let model = model()
    let place = UInt32(bitPattern: model.call(.mmap2, 0, 8192, 3, 0x22, .max, 0))
    #expect(model.pages[place] != nil && place & 4095 == 0)
    #expect(model.call(.mmap2, place, 4096, 1, 0x32, .max, 0) == Int32(bitPattern: place))
    #expect(model.permissions[place] == 1)
    #expect(model.call(.mmap2, 0, 4096, 7, 0x22, .max, 0) == LinuxError.accessDenied.value)
    #expect(model.call(.mmap2, 0, 0, 3, 0x22, .max, 0) == LinuxError.invalid.value)
    #expect(model.call(.mmap2, 0, 4096, 3, 2, 0, 0) == LinuxError.noDevice.value)
    #expect(model.call(.munmap, place, 8192) == 0)
    #expect(model.pages[place] == nil)
  }

  @Test("The segment for thread-local data is entry 6, whatever was asked for")
  func threadArea() throws {
    let model = model()
    var descriptor: [UInt8] = []
    for word in [0xffff_ffff, 0x0809_0000, 0xfffff, 0x51] as [UInt32] { descriptor.append(word: word) }
    try model.write(descriptor, at: memory)
    #expect(model.call(.setThreadArea, memory) == 0)
    #expect(model.word(memory) == 6 && model.threadPointer == 0x0809_0000)
    try model.write([3, 0, 0, 0], at: memory)
    #expect(model.call(.setThreadArea, memory) == LinuxError.invalid.value)
  }

  // MARK: Time and state

  @Test("Clocks tell the time since boot and since 1970, in 32 bits and in 64")
  func clocks() {
    let model = model()
    #expect(model.call(.clockGettime64, 0, memory) == 0)
    #expect(model.word(memory) == 1_700_000_005 && model.word(memory + 4) == 0 && model.word(memory + 8) == 250_000_000)
    #expect(model.call(.clockGettime, 1, memory) == 0)
    #expect(model.word(memory) == 5 && model.word(memory + 4) == 250_000_000)
    #expect(model.call(.time, 0) == 1_700_000_005)
    #expect(model.call(.gettimeofday, memory, 0) == 0)
    #expect(model.word(memory + 4) == 250_000)
    #expect(model.call(.clockGettime, 99, memory) == LinuxError.invalid.value)
  }

  @Test("What a process has comes along when the personality moves, and what makes no sense is refused")
  func moves() {
    let model = model()
    model.files["f"] = ModelFile(bytes: Array("abc".utf8))
    model.place("f", at: memory)
    #expect(model.call(.open, memory, 0o2000000) == 3)
    #expect(model.call(.umask, 0o77) == 0o22)
    let heap = model.call(.brk, 0)
    _ = model.call(.brk, UInt32(bitPattern: heap) + 5)
    var writer = StateWriter()
    model.personality.save(to: &writer)
    var successor = LinuxPersonality()
    var reader = StateReader(bytes: writer.bytes)
    let isRestored = successor.restore(from: &reader)
    #expect(isRestored)
    model.personality = successor
    #expect(model.call(.umask, 0) == 0o77)
    #expect(model.call(.fcntl64, 3, 1) == 1)
    #expect(model.call(.read, 3, memory, 9) == 3)
    #expect(model.call(.brk, 0) == heap + 5)
    for count in 0..<writer.bytes.count {
      var short = StateReader(bytes: Array(writer.bytes[..<count]))
      let isRestored = successor.restore(from: &short)
      #expect(!isRestored)
    }
  }

  @Test("A call that is in a step when the layer moves comes to the same end", arguments: 0..<40)
  func movesInTheMiddle(seed: UInt64) {
    var results: [[Int32]] = []
    for moves in [false, true] {
      var random = SeededGenerator(seed: seed)
      let model = model()
      model.moves = moves
      model.place("f", at: memory)
      model.files["f"] = ModelFile(bytes: Array("abc".utf8))
      var values: [Int32] = []
      for _ in 0..<100 where model.ended == nil {
        let call = LinuxCall.allCases.randomElement(using: &random)!
        let words = (0..<6).map { _ in
          [0, 1, 2, 3, memory, memory + 100, 8, 4096, 0xffff_ff9c, 0x22].randomElement(using: &random)! as UInt32
        }
        values.append(model.call(number: call.rawValue, words))
      }
      results.append(values)
    }
    #expect(results[0] == results[1])
  }

  @Test("Whatever numbers a program gives, each call ends", arguments: 0..<20)
  func anything(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let model = model()
    model.place("f", at: memory)
    model.files["f"] = ModelFile(bytes: Array("abc".utf8))
    for _ in 0..<400 where model.ended == nil {
      let call = LinuxCall.allCases.randomElement(using: &random)!
      let words = (0..<6).map { _ in
        [0, 1, 3, memory, memory + 4092, 0xffff_ffff, 0xffff_f000, 4096, UInt32.random(in: 0 ... .max, using: &random)]
          .randomElement(using: &random)!
      }
      _ = model.call(number: call.rawValue, words)
    }
  }
}
