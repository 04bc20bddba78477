// Calls on paths. The text of the path is brought first, and goes along with the native call that does it.

import ABI

/// How a description of a file is laid out.
enum StatusForm: UInt32, Sendable {
  case stat64
  case statx
}

/// What is to be done with a path.
enum PathCall: Equatable {
  case open(flags: UInt32, mode: UInt32)
  case status(StatusForm, at: UInt32, flags: UInt32)
  case access(mode: UInt32)
  case changeDirectory
  case changeMode(UInt32)
  case makeDirectory(mode: UInt32)
  case remove(isDirectory: Bool)
  case readLink(UInt32, capacity: UInt32)
  case rename(to: UInt32)
  case link(to: UInt32)
  case symbolicLink(at: UInt32)

  /// Where a second path lies.
  var second: UInt32? {
    switch self {
    case .rename(let place), .link(let place), .symbolicLink(let place): place
    default: nil
    }
  }
}

extension LinuxProcess {
  /// `AT_FDCWD` (linux/fcntl.h).
  private static var workingDirectory: UInt32 { 0xffff_ff9c }
  private static var emptyPathFlag: UInt32 { 0x1000 }
  private static var noFollowFlag: UInt32 { 0x100 }

  mutating func path(_ call: PathCall, at place: UInt32) -> LinuxStep {
    pending = .path(call)
    return .text(at: place)
  }

  /// The same for a path that begins in a directory. Only the working directory is one that the native calls begin in.
  mutating func path(_ call: PathCall, from directory: UInt32, at place: UInt32) throws(LinuxError) -> LinuxStep {
    guard directory == Self.workingDirectory else { throw .unknownCall }
    return path(call, at: place)
  }

  /// The description of a path that may be empty, for a descriptor's own.
  mutating func status(
    from directory: UInt32, at place: UInt32, flags: UInt32, _ form: StatusForm, to buffer: UInt32
  ) throws(LinuxError) -> LinuxStep {
    if flags & Self.emptyPathFlag != 0, directory != Self.workingDirectory {
      return try status(of: directory, form, at: buffer)
    }
    let noFollow = flags & Self.noFollowFlag != 0 ? PathFlags.noFollow.rawValue : 0
    return try path(.status(form, at: buffer, flags: noFollow), from: directory, at: place)
  }

  mutating func status(of descriptor: UInt32, _ form: StatusForm, at buffer: UInt32) throws(LinuxError) -> LinuxStep {
    let handle = try files.find(descriptor).handle
    pending = .described(form, buffer: buffer, handle: handle)
    return .make(.handleFile, handle, ExchangeArea.resultsStart, count: FileDescription.size)
  }

  /// The path is there.
  mutating func take(_ text: [UInt8], for call: PathCall) throws(LinuxError) -> LinuxStep {
    if let second = call.second {
      pending = .secondPath(call, first: text)
      return .text(at: second)
    }
    guard !text.isEmpty else { throw .noEntry }
    let results = ExchangeArea.resultsStart
    switch call {
    case .open(let flags, _):
      pending = .opened(flags: flags)
      return .make(.open, onPath: text, try OpenMode.native(flags))
    case .status(let form, let buffer, let flags):
      pending = .described(form, buffer: buffer, handle: nil)
      return .make(.fileInformation, onPath: text, flags, results, count: FileDescription.size)
    case .access(let mode):
      pending = .access(mode: mode)
      return .make(.fileInformation, onPath: text, 0, results, count: FileDescription.size)
    case .changeDirectory:
      pending = .answer(0, isPath: true)
      return .make(.directoryChange, onPath: text)
    case .changeMode(let mode): return changeMode(text, mode)
    case .makeDirectory(let mode):
      pending = .answer(0, isPath: true)
      return .make(.directoryCreate, onPath: text, mode & 0o7777 & ~creationMask)
    case .remove(let isDirectory):
      pending = .answer(0, isPath: true)
      return .make(.fileRemove, onPath: text, isDirectory ? PathFlags.directory.rawValue : 0)
    case .readLink(let buffer, let capacity):
      guard capacity > 0, capacity <= 0x7fff_ffff else { throw .invalid }
      return .finish(.linkRead, onPath: text, buffer, capacity)
    case .rename, .link, .symbolicLink: throw .invalid
    }
  }

  /// The change lies behind the path, on a word's boundary.
  private mutating func changeMode(_ text: [UInt8], _ mode: UInt32) -> LinuxStep {
    var input = text
    while input.count % 4 != 0 { input.append(0) }
    let place = ExchangeArea.start + UInt32(input.count)
    for word in [1, mode & 0o7777, 0] as [UInt32] { input.append(word: word) }
    pending = .answer(0, isPath: true)
    return .make(.fileChange, ExchangeArea.start, UInt32(text.count), place, input: input)
  }

  /// Both paths are there.
  mutating func take(_ first: [UInt8], _ second: [UInt8], for call: PathCall) throws(LinuxError) -> LinuxStep {
    guard !first.isEmpty, !second.isEmpty else { throw .noEntry }
    guard first.count + second.count <= Int(ExchangeArea.answerLimit) else { throw .nameTooLong }
    pending = .answer(0, isPath: true)
    switch call {
    case .rename: return .make(.fileRename, onPaths: first, second)
    case .symbolicLink: return .make(.fileLink, onPaths: first, second, PathFlags.symbolic.rawValue)
    default: return .make(.fileLink, onPaths: first, second, 0)
    }
  }

  // MARK: Results

  mutating func opened(_ result: StepResult, flags: UInt32) throws(LinuxError) -> LinuxStep {
    let handle = UInt32(bitPattern: try result.checked(isPath: true))
    let entry = Descriptor(
      handle: handle, closesOnExec: flags & OpenMode.closeOnExec != 0, flags: flags & OpenMode.kept)
    guard let descriptor = try? files.lowestFree() else {
      // The handle is given back first.
      pending = .answer(LinuxError.tooManyFiles.value)
      return .make(.close, handle)
    }
    files.set(descriptor, entry)
    return .answer(Int32(bitPattern: descriptor))
  }

  /// Every file can be read; who may write is for the mount to say.
  func access(_ result: StepResult, _ mode: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked(isPath: true)
    let description = FileDescription(result.data)
    guard mode & 1 == 0 || description.mode & 0o111 != 0 || description.isDirectory else { throw .accessDenied }
    return .answer(0)
  }

  mutating func workingDirectory(at place: UInt32, capacity: UInt32) -> LinuxStep {
    pending = .workingDirectory(at: place, capacity: capacity)
    let room = ExchangeArea.length - (ExchangeArea.resultsStart - ExchangeArea.start)
    return .make(.directoryPath, ExchangeArea.resultsStart, room, count: Int(room))
  }

  func workingDirectory(_ result: StepResult, _ place: UInt32, _ capacity: UInt32) throws(LinuxError) -> LinuxStep {
    let count = try result.checked()
    guard Int(count) <= result.data.count, UInt32(bitPattern: count) < capacity else { throw .resultTooLarge }
    return .give(Array(result.data[..<Int(count)]) + [0], at: place, count + 1)
  }
}

/// The flags of `open` (asm-generic/fcntl.h) and what they are natively.
enum OpenMode {
  static var closeOnExec: UInt32 { 0x80000 }
  static var append: UInt32 { 0x400 }
  static var nonBlocking: UInt32 { 0x800 }
  /// What `F_GETFL` tells: how it was opened, and the flags that stay.
  static var kept: UInt32 { 3 | append | nonBlocking | 0x8000 }

  static func native(_ flags: UInt32) throws(LinuxError) -> UInt32 {
    guard flags & 3 != 3 else { throw .invalid }
    var native: OpenFlags = []
    if flags & 3 != 0 { native.insert(.write) }
    if flags & 0x40 != 0 { native.insert(.create) }
    if flags & 0x80 != 0, native.contains(.create) { native.insert(.exclusive) }
    if flags & 0x200 != 0, native.contains(.write) { native.insert(.truncate) }
    if flags & append != 0 { native.insert(.append) }
    if flags & 0x10000 != 0 { native.insert(.directory) }
    return native.rawValue
  }
}
