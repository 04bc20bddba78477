// System calls on what lies at a path: files, directories, and the file systems in the name space.

import ABI
import Files
import IPC
import Mounts
import Objects
import Platform
import Primitives
import VirtualMemory

struct PathCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  private var space: FileSpace { FileSpace(context) }

  private func path(_ address: UInt32, _ length: UInt32) throws(SystemError) -> AbsolutePath {
    try space.path(TextSlice(address: address, length: length))
  }

  /// The path in the first two words.
  private func path(_ arguments: Arguments) throws(SystemError) -> AbsolutePath {
    try path(arguments.first, arguments.second)
  }

  private func room<T>(_ address: UInt32, for type: T.Type) -> UserBuffer {
    UserBuffer(address: address, length: UInt32(MemoryLayout<T>.size), in: context)
  }

  // MARK: Looking

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.describe(
      path(arguments), PathFlags(rawValue: arguments.third), to: room(arguments.fourth, for: FileInformation.self))
    return 0
  }

  @inline(never)
  func handleInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .read)
    try space.describe(target, to: room(arguments.second, for: FileInformation.self))
    return 0
  }

  @inline(never)
  func entry(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .read)
    try OpenDirectories(context).entry(
      target, at: arguments.second, to: room(arguments.third, for: DirectoryEntry.self))
    return 0
  }

  @inline(never)
  func readLink(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let room = UserBuffer(address: arguments.third, length: arguments.fourth, in: context)
    return Int32(bitPattern: try space.readLink(path(arguments), to: room))
  }

  @inline(never)
  func use(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.use(of: path(arguments), to: room(arguments.third, for: FileSystemUse.self))
    return 0
  }

  // MARK: Changing

  @inline(never)
  func createDirectory(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.createDirectory(path(arguments), mode: arguments.third)
    return 0
  }

  @inline(never)
  func remove(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.remove(path(arguments), PathFlags(rawValue: arguments.third))
    return 0
  }

  @inline(never)
  func rename(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.rename(path(arguments), to: path(arguments.third, arguments.fourth))
    return 0
  }

  @inline(never)
  func resize(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try context.currentProcess.value.handles.target(of: arguments.first, needed: .write)
    try ServedFiles(context).resize(target, to: arguments.second)
    return 0
  }

  @inline(never)
  func link(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let flags = PathFlags(rawValue: arguments.fifth)
    guard flags.isSubset(of: .symbolic) else { throw .badArgument }
    let path = try path(arguments.third, arguments.fourth)
    if flags.contains(.symbolic) {
      let target = try ProgramPath(TextSlice(address: arguments.first, length: arguments.second), in: context)
      try space.link(text: target.span, as: path)
    } else {
      try space.link(self.path(arguments), as: path)
    }
    return 0
  }

  @inline(never)
  func change(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var change = FileChange()
    try UserBuffer(address: arguments.third, length: 0, in: context).read(into: &change)
    try space.change(path(arguments), change)
    return 0
  }

  @inline(never)
  func sync(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.sync(path(arguments))
    return 0
  }

  // MARK: The name space

  @inline(never)
  func mount(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try checkRight()
    let flags = MountFlags(rawValue: arguments.fifth)
    guard flags.isSubset(of: .all) else { throw .badArgument }
    let service = try Services(context).name(at: arguments.third, length: arguments.fourth)
    try Mounts(context).add(path(arguments), service: service, flags: flags)
    return 0
  }

  @inline(never)
  func unmount(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try checkRight()
    try Mounts(context).remove(path(arguments))
    return 0
  }

  private func checkRight() throws(SystemError) {
    guard context.currentProcess.value.rights.contains(.services) else { throw .notPermitted }
  }

  @inline(never)
  func mountInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let information = Mounts(context).information(at: arguments.first) else { throw .notFound }
    try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
    return 0
  }

  @inline(never)
  func changeDirectory(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try space.changeDirectory(to: path(arguments))
    return 0
  }

  @inline(never)
  func directoryPath(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let path = WorkingDirectories(context).path(of: context.currentProcess)
    let count = UInt32(path.span.count)
    guard count <= arguments.second else { throw .tooLarge }
    let buffer = UserBuffer(address: arguments.first, length: arguments.second, in: context)
    var failure: SystemError?
    unsafe path.span.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try unsafe buffer.copyOut(from: bytes.baseAddress.unsafelyUnwrapped, count: count)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return Int32(count)
  }
}
