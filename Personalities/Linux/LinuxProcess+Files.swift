// Calls on descriptors: what goes through them, where it goes on, which of them there are.

import ABI

/// A transfer of several pieces of memory, and how far it is.
struct VectorTransfer: Equatable {
  let handle: UInt32
  let isWriting: Bool
  /// Address and length of each, in turn.
  var pieces: [UInt32] = []
  var next = 0
  var done: UInt32 = 0
}

struct SeekRequest: Equatable {
  let handle: UInt32
  let distance: Int64
  /// 1: from where it is, 2: from the end.
  let origin: UInt32
  /// Where the new position goes, 64 bits; nil: it is the call's value.
  let resultAt: UInt32?
}

/// A reading of names, and what there is so far.
struct DirectoryReading: Equatable {
  let descriptor: UInt32
  let handle: UInt32
  let place: UInt32
  let capacity: Int
  var position: UInt64
  var bytes: [UInt8] = []
}

extension LinuxProcess {
  // MARK: Bytes

  /// `UIO_MAXIOV` is 1024; of more than fit into one answer the first are taken, as if less had been transferred.
  mutating func vectors(_ words: InlineArray<6, UInt32>, isWriting: Bool) throws(LinuxError) -> LinuxStep {
    guard words[2] <= 1024 else { throw .invalid }
    let handle = try files.find(words[0]).handle
    if words[2] == 0 { return .answer(0) }
    pending = .vectors(VectorTransfer(handle: handle, isWriting: isWriting))
    return .bytes(at: words[1], count: min(words[2] * 8, ExchangeArea.answerLimit))
  }

  mutating func vectors(_ result: StepResult, _ transfer: VectorTransfer) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    var transfer = transfer
    for index in 0..<(result.data.count / 8) where result.word(index * 2 + 1) > 0 {
      transfer.pieces.append(result.word(index * 2))
      transfer.pieces.append(result.word(index * 2 + 1))
    }
    return transferNext(transfer)
  }

  private mutating func transferNext(_ transfer: VectorTransfer) -> LinuxStep {
    guard transfer.next < transfer.pieces.count else { return .answer(Int32(bitPattern: transfer.done)) }
    pending = .transferred(transfer)
    return .make(
      transfer.isWriting ? .write : .read,
      transfer.handle, transfer.pieces[transfer.next], transfer.pieces[transfer.next + 1])
  }

  mutating func transferred(_ result: StepResult, _ transfer: VectorTransfer) throws(LinuxError) -> LinuxStep {
    guard result.value >= 0 else {
      if transfer.done > 0 { return .answer(Int32(bitPattern: transfer.done)) }
      return transfer.isWriting ? try written(result) : .fail(LinuxError(result.value))
    }
    var transfer = transfer
    let count = UInt32(bitPattern: result.value)
    transfer.done = min(transfer.done.addingReportingOverflow(count).partialValue, 0x7fff_ffff)
    let isWhole = count == transfer.pieces[transfer.next + 1]
    transfer.next = isWhole ? transfer.next + 2 : transfer.pieces.count
    return transferNext(transfer)
  }

  /// Who writes to a pipe that nobody reads gets a signal.
  mutating func written(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    let error = LinuxError(result.value)
    if error == .brokenPipe, !ignores(Signal.pipe) { signals.add(Signal.pipe) }
    throw error
  }

  mutating func resize(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let handle = try files.find(words[0]).handle
    guard words[2] == 0 else { throw .tooLarge }
    pending = .answer(0)
    return .make(.fileResize, handle, words[1])
  }

  // MARK: Where it goes on

  mutating func seek(
    _ descriptor: UInt32, _ distance: Int64, from origin: UInt32, resultAt: UInt32?
  ) throws(LinuxError) -> LinuxStep {
    guard origin <= 2 else { throw .invalid }
    let request = SeekRequest(
      handle: try files.find(descriptor).handle, distance: distance, origin: origin, resultAt: resultAt)
    if origin == 0 {
      files.change(descriptor) { $0.directoryPosition = UInt64(bitPattern: max(distance, 0)) }
      return try seek(request, from: 0)
    }
    pending = .position(request)
    let results = ExchangeArea.resultsStart
    return origin == 1
      ? .make(.handleInformation, request.handle, results, count: 12)
      : .make(.handleFile, request.handle, results, count: FileDescription.size)
  }

  mutating func position(_ result: StepResult, _ request: SeekRequest) throws(LinuxError) -> LinuxStep {
    guard result.value >= 0 else { throw .illegalSeek }
    return try seek(request, from: Int64(request.origin == 1 ? result.word(2) : FileDescription(result.data).fileSize))
  }

  private mutating func seek(_ request: SeekRequest, from start: Int64) throws(LinuxError) -> LinuxStep {
    let (position, overflow) = start.addingReportingOverflow(request.distance)
    guard !overflow, position >= 0 else { throw .invalid }
    guard position <= UInt32.max else { throw .tooLarge }
    pending = .sought(request, to: UInt64(position))
    return .make(.seek, request.handle, UInt32(position))
  }

  func sought(_ result: StepResult, _ request: SeekRequest, _ position: UInt64) throws(LinuxError) -> LinuxStep {
    guard result.value >= 0 else {
      throw SystemError(rawValue: result.value) == .unsupported ? .illegalSeek : LinuxError(result.value)
    }
    guard let place = request.resultAt else {
      guard position <= 0x7fff_ffff else { throw .tooLarge }
      return .answer(Int32(position))
    }
    var bytes = [UInt8](repeating: 0, count: 8)
    bytes.put(position, at: 0)
    return .give(bytes, at: place, 0)
  }

  // MARK: What it is

  mutating func described(
    _ result: StepResult, _ form: StatusForm, _ buffer: UInt32, _ handle: UInt32?
  ) throws(LinuxError) -> LinuxStep {
    if let handle, SystemError(rawValue: result.value) == .unsupported {
      pending = .kind(form, buffer: buffer)
      return .make(.handleInformation, handle, ExchangeArea.resultsStart, count: 12)
    }
    _ = try result.checked(isPath: true)
    return .give(FileDescription(result.data).bytes(form), at: buffer, 0)
  }

  func kind(_ result: StepResult, _ form: StatusForm, _ buffer: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    guard let description = FileDescription(handleOf: result.word(0)) else { throw .badDescriptor }
    return .give(description.bytes(form), at: buffer, 0)
  }

  // MARK: Directories

  mutating func directory(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let entry = try files.find(words[0])
    let reading = DirectoryReading(
      descriptor: words[0], handle: entry.handle, place: words[1],
      capacity: Int(min(words[2], ExchangeArea.answerLimit)), position: entry.directoryPosition)
    return nextName(reading)
  }

  /// Positions 0 and 1 are the directory and the one around it, which the native list does not have; 2 and on are native ones.
  private mutating func nextName(_ reading: DirectoryReading) -> LinuxStep {
    var reading = reading
    while reading.position < 2 {
      let name: [UInt8] = reading.position == 0 ? [0x2e] : [0x2e, 0x2e]
      let record = DirectoryRecord.bytes(name: name, node: 1, type: 4, next: reading.position + 1)
      guard reading.bytes.count + record.count <= reading.capacity else { return end(of: reading) }
      reading.bytes += record
      reading.position += 1
    }
    pending = .directory(reading)
    let position = UInt32(truncatingIfNeeded: reading.position - 2)
    return .make(
      .directoryEntry, reading.handle, position, ExchangeArea.resultsStart, count: NativeEntry.size)
  }

  mutating func directory(_ result: StepResult, _ reading: DirectoryReading) throws(LinuxError) -> LinuxStep {
    guard result.value >= 0 else {
      if SystemError(rawValue: result.value) == .notFound { return end(of: reading) }
      throw LinuxError(result.value)
    }
    var reading = reading
    let entry = NativeEntry(result.data)
    let record = DirectoryRecord.bytes(
      name: entry.name, node: entry.description.node, type: entry.description.entryType, next: UInt64(entry.next) + 2)
    guard reading.bytes.count + record.count <= reading.capacity else {
      guard !reading.bytes.isEmpty else { throw .invalid }
      return end(of: reading)
    }
    reading.bytes += record
    reading.position = UInt64(entry.next) + 2
    return nextName(reading)
  }

  private mutating func end(of reading: DirectoryReading) -> LinuxStep {
    files.change(reading.descriptor) { $0.directoryPosition = reading.position }
    return .give(reading.bytes, at: reading.place, Int32(reading.bytes.count))
  }

  // MARK: Descriptors

  mutating func close(_ descriptor: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try files.find(descriptor)
    guard let handle = files.remove(descriptor) else { return .answer(0) }
    pending = .answer(0)
    return .make(.close, handle)
  }

  mutating func duplicate(_ descriptor: UInt32, to place: UInt32, closesOnExec: Bool) throws(LinuxError) -> LinuxStep {
    var entry = try files.find(descriptor)
    entry.closesOnExec = closesOnExec
    files.set(place, entry)
    return .answer(Int32(bitPattern: place))
  }

  /// What the number stood for before is closed.
  mutating func duplicate(
    _ descriptor: UInt32, onto place: UInt32, closesOnExec: Bool = false
  ) throws(LinuxError) -> LinuxStep {
    var entry = try files.find(descriptor)
    guard place < UInt32(FileTable.capacity) else { throw .badDescriptor }
    guard descriptor != place else { return .answer(Int32(bitPattern: place)) }
    entry.closesOnExec = closesOnExec
    let former = files.remove(place)
    guard let former, former != entry.handle else {
      files.set(place, entry)
      return .answer(Int32(bitPattern: place))
    }
    pending = .duplicated(place, entry)
    return .make(.close, former)
  }

  /// `fcntl64` (asm-generic/fcntl.h).
  mutating func control(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let entry = try files.find(words[0])
    switch words[1] {
    case 0: return try duplicate(words[0], to: files.lowestFree(from: words[2]), closesOnExec: false)
    case 1030: return try duplicate(words[0], to: files.lowestFree(from: words[2]), closesOnExec: true)
    case 1: return .answer(entry.closesOnExec ? 1 : 0)
    case 2:
      files.change(words[0]) { $0.closesOnExec = words[2] & 1 != 0 }
      return .answer(0)
    case 3: return .answer(Int32(bitPattern: entry.flags))
    case 4:
      // Neither flag that could change is one that native calls know of a handle that is open.
      guard (words[2] ^ entry.flags) & (OpenMode.append | OpenMode.nonBlocking) == 0 else { throw .invalid }
      return .answer(0)
    default: throw .invalid
    }
  }

  mutating func makePipe(at place: UInt32, flags: UInt32) -> LinuxStep {
    guard flags & ~OpenMode.closeOnExec == 0 else { return .fail(.invalid) }
    pending = .pipe(at: place, flags: flags)
    return .make(.pipeCreate, ExchangeArea.resultsStart, count: 8)
  }

  mutating func pipe(_ result: StepResult, _ place: UInt32, _ flags: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    var bytes: [UInt8] = []
    for index in 0..<2 {
      let descriptor = try files.lowestFree()
      files.set(
        descriptor,
        Descriptor(handle: result.word(index), closesOnExec: flags & OpenMode.closeOnExec != 0, flags: UInt32(index)))
      bytes.append(word: descriptor)
    }
    return .give(bytes, at: place, 0)
  }
}
