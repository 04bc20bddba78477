// A model of the native side: memory of one process and native calls, as far as the personality asks for them. It plays the kernel's
// part in a conversation (Kernel/SystemCalls/ForeignCalls.swift), so that a test says what a program asks for and sees what comes back.

import ABI
import ServiceSupport
import Testing

@testable import LinuxPersonality

/// A file or another thing that a handle is for.
struct ModelFile {
  var kind = ObjectKind.servedFile
  var bytes: [UInt8] = []
  var position = 0
}

final class NativeModel {
  /// Memory of the process, in pages that are there.
  private(set) var pages: [UInt32: [UInt8]] = [:]
  var permissions: [UInt32: UInt32] = [:]
  var handles: [UInt32: ModelFile] = [:]
  var files: [String: ModelFile] = [:]
  var names: [(String, FileInformation)] = []
  var folder = "/"
  /// What `poll` finds, by handle.
  var polled: [UInt32: UInt32] = [:]
  /// A `TerminalInformation`.
  var terminal: [UInt8] = {
    var information = TerminalInformation()
    (information.columns, information.rows, information.readable) = (100, 40, 7)
    return withUnsafeBytes(of: &information) { Array($0) }
  }()
  /// What was asked for, in order.
  private(set) var calls: [SystemCall] = []
  /// What each call is to answer instead of what it does.
  var failures: [SystemCall: SystemError] = [:]
  private(set) var ended: UInt32?
  /// What was sent to others: the call, the receiver and the words behind.
  private(set) var sent: [[UInt32]] = []
  /// The registers of the process, which calls and notices change.
  var registers: NoticedRegisters = {
    var registers = NoticedRegisters()
    (registers.eip, registers.esp, registers.eflags) = (NativeModel.callEnd, NativeModel.stackPointer, 0x202)
    return registers
  }()
  /// What a native call is cut short by, once.
  var interruptions: [SystemCall: (NoticeKinds, UInt64)] = [:]
  /// What has happened and was not told.
  private var happened: (kinds: NoticeKinds, signals: UInt64, keys: TerminalSignals)?
  /// Of what the process is to be told.
  private(set) var noticed: NoticeKinds = []
  /// How far below the stack pointer the kernel may work.
  var reserve: UInt32 = 0
  /// Where x87 and SSE registers went and came from last.
  private(set) var float: (to: UInt32, from: UInt32) = (0, 0)
  /// Nanoseconds since boot, in addition to those that have passed at first.
  var later: UInt64 = 0

  static var callEnd: UInt32 { 0x0804_9002 }
  static var stackPointer: UInt32 { 0x0900_3000 }
  var threadPointer: UInt32 = 0
  /// Whether the layer moves between any two steps.
  var moves = false
  var personality = LinuxPersonality()
  private(set) var toldOf: [UInt32] = []

  init() {
    for handle in 0..<3 as Range<UInt32> {
      handles[handle] = ModelFile(kind: .terminal)
    }
    add(pages: ExchangeArea.start, ExchangeArea.length)
  }

  func add(pages start: UInt32, _ length: UInt32, _ permission: UInt32 = 3) {
    for page in stride(from: start & ~4095, to: start + length, by: 4096) {
      pages[page] = [UInt8](repeating: 0, count: 4096)
      permissions[page] = permission
    }
  }

  /// Forgets what was sent.
  func forget() { sent = [] }

  // MARK: Memory

  func read(_ address: UInt32, _ count: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    for offset in 0..<count {
      let place = address &+ UInt32(offset)
      guard let page = pages[place & ~4095] else { throw .badAddress }
      bytes.append(page[Int(place & 4095)])
    }
    return bytes
  }

  func write(_ bytes: [UInt8], at address: UInt32) throws(SystemError) {
    for offset in bytes.indices {
      let place = address &+ UInt32(offset)
      guard pages[place & ~4095] != nil, permissions[place & ~4095, default: 0] & 2 != 0 else { throw .badAddress }
      pages[place & ~4095]![Int(place & 4095)] = bytes[offset]
    }
  }

  func place(_ text: String, at address: UInt32) {
    try! write(Array(text.utf8) + [0], at: address)
  }

  func word(_ address: UInt32) -> UInt32 { (try? read(address, 4))?.littleEndianWord(at: 0) ?? 0xdead_beef }

  // MARK: A call

  /// A call of the process, with the steps that it takes. Returns its value.
  @discardableResult
  func call(_ call: LinuxCall, _ words: UInt32...) -> Int32 { self.call(number: call.rawValue, words) }

  func call(number: UInt32, _ words: [UInt32]) -> Int32 {
    var six = InlineArray<6, UInt32>(repeating: 0)
    for (index, word) in words.prefix(6).enumerated() { six[index] = word }
    var number = number
    while true {
      let end = registers.eip
      let value = result(
        personality.begin(number, six, of: 77, isAlive: { _ in true }, tell: { toldOf.append($0) }))
      registers.eax = UInt32(bitPattern: value)
      see()
      // Back in front of the call it is made once more.
      guard ended == nil, registers.eip == end &- 2 else { return Int32(bitPattern: registers.eax) }
      number = registers.eax
      registers.eip = end
    }
  }

  /// Something happens to the process while its own code runs.
  func happen(_ kinds: NoticeKinds = [], signals: UInt64 = 0, keys: TerminalSignals = []) {
    happened = (kinds, signals, keys)
    see()
  }

  /// Tells what has happened, and what a call asked for, before the process's own code goes on.
  private func see() {
    for _ in 0..<100 where ended == nil {
      let (kinds, isNoticed) = personality.settled(77)
      noticed = kinds
      guard isNoticed || happened != nil else { return }
      let notice = LinuxNotice(
        kinds: happened?.kinds ?? [], signals: happened?.signals ?? 0, keys: happened?.keys ?? [],
        place: registers.esp &- reserve, registers: registers)
      happened = nil
      _ = result(personality.notice(notice, of: 77, isAlive: { _ in true }))
    }
    if ended == nil { Issue.record("there is no end of notices") }
  }

  /// The process goes on elsewhere.
  private func enter(_ step: EnterStep) {
    #expect(step.bytes.count + NoticedRegisters.settable * 4 <= Int(ExchangeArea.answerLimit))
    float = (step.floatTo, step.floatFrom)
    if (try? write(step.bytes, at: step.at)) == nil { ended = 139 }
    let flags = registers.eflags & ~NoticedRegisters.settableFlags
    registers = step.registers
    registers.eflags = flags | registers.eflags & NoticedRegisters.settableFlags
  }

  private func result(_ first: LinuxStep) -> Int32 {
    var step = first
    for _ in 0..<20000 {
      if moves { move() }
      switch step {
      case .answer(let value): return value
      case .enter(let step):
        enter(step)
        return 0
      case .give(let bytes, let address, let value):
        #expect(bytes.count <= Int(ExchangeArea.answerLimit))
        return (try? write(bytes, at: address)) == nil ? LinuxError.badAddress.value : value
      case .bytes(let address, let count):
        #expect(count <= ExchangeArea.answerLimit)
        step = resume { () throws(SystemError) in (0, try read(address, Int(count))) }
      case .text(let address): step = resume { () throws(SystemError) in (0, try text(at: address)) }
      case .native(let native):
        #expect(native.input.count <= Int(ExchangeArea.answerLimit))
        try? write(native.input, at: ExchangeArea.start)
        do throws(SystemError) {
          let value = try self.native(native.call, native.words.all)
          if ended != nil || native.ending == .value { return value }
          step = personality.resume(
            StepResult(value: value, data: (try? read(ExchangeArea.resultsStart, Int(native.count))) ?? []), of: 77)
        } catch { step = personality.resume(StepResult(value: error.rawValue), of: 77) }
      }
    }
    Issue.record("the call never ends")
    return 0
  }

  /// Another value goes on with what the present one saves.
  private func move() {
    var writer = StateWriter()
    personality.save(to: &writer)
    var reader = StateReader(bytes: writer.bytes)
    var successor = LinuxPersonality()
    guard successor.restore(from: &reader) else {
      Issue.record("the state is refused")
      return
    }
    personality = successor
  }

  private func resume(_ body: () throws(SystemError) -> (Int32, [UInt8])) -> LinuxStep {
    do throws(SystemError) {
      let (value, data) = try body()
      return personality.resume(StepResult(value: value, data: data), of: 77)
    } catch { return personality.resume(StepResult(value: error.rawValue), of: 77) }
  }

  private func text(at address: UInt32) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < Int(ExchangeArea.answerLimit) {
      let byte = try read(address &+ UInt32(bytes.count), 1)[0]
      if byte == 0 { return bytes }
      bytes.append(byte)
    }
    throw .tooLarge
  }

  // MARK: Native calls

  private func native(_ call: SystemCall, _ words: [UInt32]) throws(SystemError) -> Int32 {
    calls.append(call)
    if let (kinds, signals) = interruptions.removeValue(forKey: call) {
      happened = (kinds, signals, [])
      throw .cancelled
    }
    if let failure = failures[call] { throw failure }
    switch call {
    case .read:
      var file = try file(words[0])
      let part = Array(file.bytes.dropFirst(file.position).prefix(Int(clamping: words[2])))
      try write(part, at: words[1])
      file.position += part.count
      handles[words[0]] = file
      return Int32(part.count)
    case .write:
      var file = try file(words[0])
      file.bytes += try read(words[1], min(Int(clamping: words[2]), 65536))
      handles[words[0]] = file
      return Int32(min(words[2], 65536))
    case .open:
      let path = try path(words)
      let flags = OpenFlags(rawValue: words[2])
      if files[path] == nil, flags.contains(.create) { files[path] = ModelFile() }
      guard var file = files[path] else { throw .notFound }
      if flags.contains(.truncate) { file.bytes = [] }
      let handle = (3..<40 as Range<UInt32>).first { handles[$0] == nil }!
      handles[handle] = file
      return Int32(handle)
    case .close:
      _ = try file(words[0])
      handles[words[0]] = nil
      return 0
    case .seek:
      guard try file(words[0]).kind == .servedFile else { throw .unsupported }
      handles[words[0]]!.position = Int(words[1])
      return 0
    case .handleInformation:
      let file = try file(words[0])
      var bytes: [UInt8] = []
      for word in [file.kind.rawValue, 31, UInt32(file.position)] { bytes.append(word: word) }
      try write(bytes, at: words[1])
      return 0
    case .handleFile:
      let file = try file(words[0])
      guard file.kind == .servedFile || file.kind == .directory else { throw .unsupported }
      try write(describe(file), at: words[1])
      return 0
    case .fileInformation:
      guard let file = files[try path(words)] else { throw .notFound }
      try write(describe(file), at: words[3])
      return 0
    case .directoryEntry:
      guard try file(words[0]).kind == .directory else { throw .notADirectory }
      guard Int(words[1]) < names.count else { throw .notFound }
      let (name, information) = names[Int(words[1])]
      var bytes: [UInt8] = []
      bytes.append(word: words[1] + 1)
      bytes += describe(information)
      bytes.append(word: UInt32(name.utf8.count))
      try write(bytes + Array(name.utf8) + [UInt8](repeating: 0, count: 256 - name.utf8.count), at: words[2])
      return 0
    case .directoryPath:
      try write(Array(folder.utf8), at: words[0])
      return Int32(folder.utf8.count)
    case .directoryChange:
      folder = try path(words)
      return 0
    case .memoryMap:
      try checkRange(words)
      let start = words[0] == 0 ? 0x1000_0000 + UInt32(pages.count) * 4096 : words[0]
      guard pages[start] == nil else { throw .alreadyExists }
      add(pages: start, words[1], words[2])
      return Int32(bitPattern: start >> 12)
    case .memoryUnmap:
      try checkRange(words)
      for page in stride(from: words[0], to: words[0] &+ words[1], by: 4096) { pages[page] = nil }
      return 0
    case .memoryProtect:
      try checkRange(words)
      for page in stride(from: words[0], to: words[0] &+ words[1], by: 4096) { permissions[page] = words[2] }
      return 0
    case .threadPointerSet:
      threadPointer = words[0]
      return 0
    case .clock:
      var bytes: [UInt8] = []
      // 5.25 s since a boot in 2023.
      let sinceBoot = 5_250_000_000 + later
      for word in [
        UInt32(truncatingIfNeeded: sinceBoot), UInt32(truncatingIfNeeded: sinceBoot >> 32), 1_700_000_000, 0,
      ] { bytes.append(word: word) }
      try write(bytes, at: words[0])
      return 0
    case .pipeCreate:
      handles[30] = ModelFile(kind: .pipeReader)
      handles[31] = ModelFile(kind: .pipeWriter)
      var bytes: [UInt8] = []
      for word in [30, 31] as [UInt32] { bytes.append(word: word) }
      try write(bytes, at: words[0])
      return 0
    case .terminalInformation:
      guard try file(words[0]).kind == .terminal else { throw .unsupported }
      try write(terminal, at: words[1])
      return 0
    case .terminalChange:
      guard try file(words[0]).kind == .terminal else { throw .unsupported }
      terminal.replaceSubrange(0..<24, with: try read(words[2], 24))
      return 0
    case .poll:
      var count: Int32 = 0
      for index in 0..<words[1] {
        let place = words[0] + index * 12
        let came = (polled[word(place)] ?? 0) & (word(place + 4) | 4)
        var bytes: [UInt8] = []
        bytes.append(word: came)
        try write(bytes, at: place + 8)
        if came != 0 { count += 1 }
      }
      guard count > 0 else { throw .timedOut }
      return count
    case .abort:
      ended = words[0]
      return 0
    case .kill:
      if words[0] == 77 { ended = words[1] } else { sent.append([call.rawValue, words[0], words[1]]) }
      return 0
    case .eventSend, .processStop:
      sent.append([call.rawValue] + words.prefix(5))
      return 0
    case .processClone: return 78
    case .sleep:
      // Who waits for ever is ended.
      guard words[1] >= 0x7fff_ffff else { return 0 }
      happened = (.told, Signal.bit(15), [])
      throw .cancelled
    default: return 0
    }
  }

  private func checkRange(_ words: [UInt32]) throws(SystemError) {
    guard words[0] & 4095 == 0, words[1] > 0, words[1] <= 0x10_0000, words[0] < 0xb000_0000 else { throw .badArgument }
  }

  private func file(_ handle: UInt32) throws(SystemError) -> ModelFile {
    guard let file = handles[handle] else { throw .badHandle }
    return file
  }

  private func path(_ words: [UInt32]) throws(SystemError) -> String {
    String(decoding: try read(words[0], Int(words[1])), as: UTF8.self)
  }

  private func describe(_ file: ModelFile) -> [UInt8] {
    var information = FileInformation()
    information.kind = (file.kind == .directory ? NodeKind.directory : .file).rawValue
    information.size = UInt32(file.bytes.count)
    information.mode = 0o644
    information.links = 1
    return describe(information)
  }

  private func describe(_ information: FileInformation) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [
      information.kind, information.size, information.links, information.mode, information.modified, information.blocks,
      information.node,
    ] { bytes.append(word: word) }
    return bytes
  }
}

extension StepWords {
  /// As an array, in their order.
  fileprivate var all: [UInt32] { [first, second, third, fourth, fifth] }
}
