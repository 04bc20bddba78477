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

  /// Calls `body` with the path that two words of a call name.
  private func withPath<Result>(
    _ address: UInt32, _ length: UInt32, _ body: (PathText) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    var path = AbsolutePath()
    try space.read(TextSlice(address: address, length: length), into: &path)
    return try path.withText(body)
  }

  /// The same for the path in the first two words, and the result of a call that has none.
  private func withPath(
    _ arguments: Arguments, _ body: (PathText) throws(SystemError) -> Void
  ) throws(SystemError) -> Int32 {
    try withPath(arguments.first, arguments.second, body)
    return 0
  }

  private func room<T>(_ address: UInt32, for type: T.Type) -> UserBuffer {
    UserBuffer(address: address, length: UInt32(MemoryLayout<T>.size), in: context)
  }

  // MARK: Looking

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in
      try space.describe(
        path, PathFlags(rawValue: arguments.third), to: room(arguments.fourth, for: FileInformation.self))
    }
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
    return try withPath(arguments.first, arguments.second) { path throws(SystemError) in
      Int32(bitPattern: try space.readLink(path, to: room))
    }
  }

  @inline(never)
  func use(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in
      try space.use(of: path, to: room(arguments.third, for: FileSystemUse.self))
    }
  }

  // MARK: Changing

  @inline(never)
  func createDirectory(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in try space.createDirectory(path, mode: arguments.third) }
  }

  @inline(never)
  func remove(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in
      try space.remove(path, PathFlags(rawValue: arguments.third))
    }
  }

  @inline(never)
  func rename(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in
      try withPath(arguments.third, arguments.fourth) { newPath throws(SystemError) in
        try space.rename(path, to: newPath)
      }
    }
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
    if flags.contains(.symbolic) {
      let target = try ProgramPath(TextSlice(address: arguments.first, length: arguments.second), in: context)
      try withPath(arguments.third, arguments.fourth) { path throws(SystemError) in
        try space.link(text: target.span, as: path)
      }
      return 0
    }
    return try withPath(arguments) { target throws(SystemError) in
      try withPath(arguments.third, arguments.fourth) { path throws(SystemError) in try space.link(target, as: path) }
    }
  }

  @inline(never)
  func change(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var change = FileChange()
    try UserBuffer(address: arguments.third, length: 0, in: context).read(into: &change)
    return try withPath(arguments) { path throws(SystemError) in try space.change(path, change) }
  }

  @inline(never)
  func sync(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try withPath(arguments) { path throws(SystemError) in try space.sync(path) }
  }

  // MARK: The name space

  @inline(never)
  func mount(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try checkRight()
    let flags = MountFlags(rawValue: arguments.fifth)
    guard flags.isSubset(of: .all) else { throw .badArgument }
    let service = try Services(context).name(at: arguments.third, length: arguments.fourth)
    return try withPath(arguments) { path throws(SystemError) in
      try Mounts(context).add(path, service: service, flags: flags)
    }
  }

  @inline(never)
  func unmount(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try checkRight()
    return try withPath(arguments) { path throws(SystemError) in try Mounts(context).remove(path) }
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
    try withPath(arguments) { path throws(SystemError) in try space.changeDirectory(to: path) }
  }

  @inline(never)
  func directoryPath(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var path = WorkingDirectories(context).path(of: context.currentProcess)
    return try path.withText { path throws(SystemError) in
      let count = UInt32(path.count)
      guard count <= arguments.second else { throw .tooLarge }
      let buffer = UserBuffer(address: arguments.first, length: arguments.second, in: context)
      try unsafe buffer.copyOut(from: path.start, count: count)
      return Int32(count)
    }
  }
}
