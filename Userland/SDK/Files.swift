// What can be done with paths: the files, directories and file systems of the name space.
//
// A file system whose service does not run yet is started when a path first leads to it.

import ABI
import Primitives
import Runtime

/// A name in a directory.
public struct DirectoryName {
  public let name: [UInt8]
  public let information: FileInformation
  public var kind: NodeKind { NodeKind(rawValue: information.kind) ?? .other }
}

public enum Files {
  // MARK: Looking

  public static func information(_ path: [UInt8], _ flags: PathFlags = []) throws(SystemError) -> FileInformation {
    var information = FileInformation()
    try at(path) { address, count in unsafe SystemCalls.fileInformation(address, count, flags, &information) }
    return information
  }

  /// What lies at a path, links followed; nil: nothing.
  public static func kind(_ path: [UInt8]) -> NodeKind? {
    guard let information = try? information(path) else { return nil }
    return NodeKind(rawValue: information.kind)
  }

  /// Calls `body` with each name in a directory, in no order.
  public static func forEachName(in path: [UInt8], _ body: (DirectoryName) -> Void) throws(SystemError) {
    let directory = try Handle.open(path, .directory)
    defer { directory.close() }
    var entry = DirectoryEntry()
    var position: UInt32 = 0
    while true {
      let result = unsafe SystemCalls.directoryEntry(directory.number, position, &entry)
      if result == SystemError.notFound.rawValue { return }
      _ = try checked(result)
      position = entry.next
      var name: [UInt8] = []
      for index in 0..<Int(min(entry.nameLength, 255)) { name.append(entry.name[index]) }
      body(DirectoryName(name: name, information: entry.information))
    }
  }

  /// What a symbolic link leads to.
  public static func readLink(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
    var target = InlineArray<256, UInt8>(repeating: 0)
    var count: UInt32 = 0
    try at(path) { address, length in
      unsafe withUnsafeMutablePointer(to: &target) {
        let result = unsafe SystemCalls.linkRead(address, length, $0, 256)
        count = UInt32(max(result, 0))
        return result
      }
    }
    return (0..<Int(count)).map { target[$0] }
  }

  // MARK: Changing

  public static func makeDirectory(_ path: [UInt8], mode: UInt32 = 0o755) throws(SystemError) {
    try at(path) { address, count in unsafe SystemCalls.directoryCreate(address, count, mode) }
  }

  /// Takes the name of a file away, or an empty directory.
  public static func remove(_ path: [UInt8], isDirectory: Bool = false) throws(SystemError) {
    try at(path) { address, count in unsafe SystemCalls.fileRemove(address, count, isDirectory ? .directory : []) }
  }

  public static func rename(_ path: [UInt8], to newPath: [UInt8]) throws(SystemError) {
    try at(path) { address, count in
      unsafe newPath.withUnsafeBufferPointer { new in
        unsafe SystemCalls.fileRename(address, count, new.baseAddress, UInt32(new.count))
      }
    }
  }

  /// Gives a file a second name, or makes a symbolic link with any text.
  public static func link(_ target: [UInt8], as path: [UInt8], isSymbolic: Bool) throws(SystemError) {
    try at(path) { address, count in
      unsafe target.withUnsafeBufferPointer { target in
        unsafe SystemCalls.fileLink(
          target.baseAddress, UInt32(target.count), address, count, isSymbolic ? .symbolic : [])
      }
    }
  }

  /// Changes the permission bits or the time, where they are given; the time 0 is now.
  public static func change(_ path: [UInt8], mode: UInt32? = nil, modified: UInt32? = nil) throws(SystemError) {
    var change = FileChange()
    change.which = (mode == nil ? 0 : 1) | (modified == nil ? 0 : 2)
    change.mode = mode ?? 0
    change.modified = modified ?? 0
    try at(path) { address, count in unsafe SystemCalls.fileChange(address, count, &change) }
  }

  /// Gives a file new contents, or makes one. They are written beside it and take its place then, so that it is as before or as
  /// after; but for a file that has other names too, and a link: those stay what they are.
  public static func replace(_ path: [UInt8], with contents: [UInt8]) throws(SystemError) {
    var mode: UInt32?
    if let there = try? information(path, .noFollow) {
      guard there.kind == NodeKind.file.rawValue, there.links == 1 else {
        let file = try File(path, [.write, .create])
        try file.write(contents)
        try file.resize(to: UInt32(contents.count))
        return
      }
      // Asks whether it may be written at all.
      _ = try File(path, .write)
      mode = there.mode
    }
    let beside = folder(of: path) + Bytes(".edited").copied
    do throws(SystemError) {
      try File(beside, [.write, .create, .truncate]).write(contents)
      if let mode { try change(beside, mode: mode) }
      try rename(beside, to: path)
    } catch {
      try? remove(beside)
      throw error
    }
  }

  /// The folder of a path, with the slash behind it; empty: the current one.
  public static func folder(of path: [UInt8]) -> [UInt8] {
    path.lastIndex(of: 0x2f).map { [UInt8](path[...$0]) } ?? []
  }

  /// Returns when all that was done before in the file system of this path is where it stays.
  public static func sync(_ path: [UInt8]) throws(SystemError) {
    try at(path) { address, count in unsafe SystemCalls.fileSync(address, count) }
  }

  /// The same for all file systems whose services run. Returns whether all went well.
  @discardableResult
  public static func syncAll() -> Bool {
    var isDone = true
    var index: UInt32 = 0
    while let mount = mount(at: index) {
      index += 1
      guard mount.isServed != 0 else { continue }
      let path = (0..<Int(min(mount.pathLength, 64))).map { mount.path[$0] }
      do throws(SystemError) { try sync(path) } catch { isDone = false }
    }
    return isDone
  }

  // MARK: File systems

  public static func use(_ path: [UInt8]) throws(SystemError) -> FileSystemUse {
    var use = FileSystemUse()
    try at(path) { address, count in unsafe SystemCalls.fileSystemUse(address, count, &use) }
    return use
  }

  public static func mount(_ path: [UInt8], service: [UInt8], _ flags: MountFlags = []) throws(SystemError) {
    let result = unsafe path.withUnsafeBufferPointer { path in
      unsafe service.withUnsafeBufferPointer { service in
        unsafe SystemCalls.mount(
          path.baseAddress, UInt32(path.count), service.baseAddress, UInt32(service.count), flags)
      }
    }
    _ = try checked(result)
  }

  public static func unmount(_ path: [UInt8]) throws(SystemError) {
    let result = unsafe path.withUnsafeBufferPointer { unsafe SystemCalls.unmount($0.baseAddress, UInt32($0.count)) }
    _ = try checked(result)
  }

  /// The file system number `index` in the name space, from 0; nil after the last.
  public static func mount(at index: UInt32) -> MountInformation? {
    var information = MountInformation()
    return unsafe SystemCalls.mountInformation(index, &information) < 0 ? nil : information
  }

  // MARK: The working directory

  public static var workingDirectory: [UInt8] {
    var path = InlineArray<256, UInt8>(repeating: 0)
    let count = unsafe withUnsafeMutablePointer(to: &path) { unsafe SystemCalls.directoryPath($0, 256) }
    return (0..<Int(max(count, 0))).map { path[$0] }
  }

  public static func changeDirectory(_ path: [UInt8]) throws(SystemError) {
    try at(path) { address, count in unsafe SystemCalls.directoryChange(address, count) }
  }

  // MARK: Calls with a path

  /// Makes a call with a path, and again where the service had to be started first.
  @discardableResult
  static func at(
    _ path: [UInt8], _ call: (UnsafePointer<UInt8>?, UInt32) -> Int32
  ) throws(SystemError) -> UInt32 {
    var result = unsafe path.withUnsafeBufferPointer { unsafe call($0.baseAddress, UInt32($0.count)) }
    if result == SystemError.peerGone.rawValue, startService(of: path) {
      result = unsafe path.withUnsafeBufferPointer { unsafe call($0.baseAddress, UInt32($0.count)) }
    }
    return try checked(result)
  }

  /// How often it is looked whether a service runs that somebody else is starting, a few milliseconds apart.
  private static var startTries: Int { 40 }

  /// Has the service of the file system started that a path leads to. Returns false where it runs already, or does not start.
  @inline(never)
  private static func startService(of path: [UInt8]) -> Bool {
    let whole = path.first == 0x2f ? path : workingDirectory + [0x2f] + path
    guard let first = mount(of: whole), first.isServed == 0 else { return false }
    let isStarted = first.service.withBytes { name in
      do throws(SystemError) { return try ManagerClient.ask(.start, name) == nil } catch { return false }
    }
    if isStarted { return true }
    // Others may need it at the same moment, and only the first of them is heard.
    for _ in 0..<startTries {
      if mount(of: whole)?.isServed == 1 { return true }
      Thread.sleep(milliseconds: 5)
    }
    return false
  }

  /// The mount that a path leads to, by its text.
  private static func mount(of path: [UInt8]) -> MountInformation? {
    var deepest: MountInformation?
    var index: UInt32 = 0
    while let mount = mount(at: index) {
      index += 1
      if isInside(path, mount), mount.pathLength >= deepest?.pathLength ?? 0 { deepest = mount }
    }
    return deepest
  }

  private static func isInside(_ path: [UInt8], _ mount: MountInformation) -> Bool {
    let count = Int(min(mount.pathLength, 64))
    guard path.count >= count, path.count == count || path[count] == 0x2f else { return false }
    for index in 0..<count where path[index] != mount.path[index] { return false }
    return true
  }
}

extension SystemError {
  /// What it means where a file was asked for.
  public var fileSentence: StaticString {
    switch self {
    case .peerGone: "the service that has this file system does not run"
    case .busy: "a file system lies there"
    case .unknownCall: "the service there has no files"
    case .unsupported: "this cannot be done there"
    case .limitReached: "too many links lead on, or a limit is reached"
    default: sentence
    }
  }
}
