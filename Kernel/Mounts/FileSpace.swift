// What can be done with a path: each operation finds out whose file system it leads to, and asks there.
//
// What came with the kernel is never changed. A path is made clean before anything is asked (Files/AbsolutePath.swift).

import ABI
import Files
import IPC
import Jobs
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct FileSpace {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// A path as a caller gives it, from its working directory on.
  package func read(_ text: TextSlice, into path: inout AbsolutePath) throws(SystemError) {
    // A length beyond 2 GiB is below 0 here, and refused below.
    let isClean = try unsafe path.take(count: Int(truncatingIfNeeded: text.length)) { start throws(SystemError) in
      try unsafe UserBuffer(address: text.address, length: text.length, in: context).copyIn(
        to: start, count: text.length)
    }
    if !isClean { path = try self.path(ProgramPath(text, in: context).span) }
  }

  package func path(_ text: Span<UInt8>) throws(SystemError) -> AbsolutePath {
    var path = WorkingDirectories(context).path(of: context.currentProcess)
    do throws(AbsolutePath.Refusal) { try path.append(text) } catch {
      throw error == .tooLong ? .tooLarge : .badArgument
    }
    return path
  }

  // MARK: Opening

  /// A handle for what lies at a path, with what it allows.
  package func open(_ path: PathText, _ flags: OpenFlags) throws(SystemError) -> Int32 {
    guard flags.isSubset(of: .all) else { throw .badArgument }
    let process = context.currentProcess
    guard let mount = Mounts(context).mount(of: path) else { return try openOwn(path, flags, for: process) }
    if mount.value.flags.contains(.readOnly), !flags.isDisjoint(with: [.write, .create, .truncate, .append]) {
      throw .readOnly
    }
    let isReadOnly = mount.value.flags.contains(.readOnly)
    let conversation = try FileConversation(with: mount, in: context)
    let time = flags.contains(.create) || flags.contains(.truncate) ? FileConversation.time(in: context) : 0
    let reply = try conversation.ask(
      .open, [flags.rawValue, 0o644, time, 0, 0], text: path.rest(below: mount.value.count).span)
    let node = ServedNode(service: conversation.service, number: reply.words[1], generation: reply.words[2])
    if reply.words[3] == NodeKind.directory.rawValue {
      let target = try OpenDirectories(context).open(path, node, for: process.value.job)
      do throws(SystemError) { return try process.value.handles.add(target, .reading) } catch {
        OpenDirectories(context).abort(target)
        throw error
      }
    }
    let target = try ServedFiles(context).open(node, flags, isReadOnly: isReadOnly, for: process.value.job)
    do throws(SystemError) {
      return try process.value.handles.add(target, flags.contains(.write) ? .all : .reading)
    } catch {
      ServedFiles(context).abort(target)
      throw error
    }
  }

  /// The same for devices and the archives.
  private func openOwn(
    _ path: PathText, _ flags: OpenFlags, for process: Reference<Process>
  ) throws(SystemError) -> Int32 {
    if let device = Devices.target(at: path.span) {
      guard !flags.contains(.directory) else { throw .notADirectory }
      guard !flags.contains(.exclusive) else { throw .alreadyExists }
      return try process.value.handles.add(device)
    }
    if flags.isEmpty, let file = BootFiles(context).file(at: path.span) {
      return try add(OpenFiles(context).open(file, for: process.value.job), to: process)
    }
    let information: FileInformation
    do throws(SystemError) { information = try ArchiveFiles(context).information(at: path) } catch {
      throw error == .notFound && flags.contains(.create) ? .readOnly : error
    }
    guard !flags.contains(.exclusive) else { throw .alreadyExists }
    if information.kind == NodeKind.directory.rawValue {
      guard flags.isDisjoint(with: [.write, .truncate]) else { throw .isADirectory }
      let target = try OpenDirectories(context).open(path, nil, for: process.value.job)
      do throws(SystemError) { return try process.value.handles.add(target, .reading) } catch {
        OpenDirectories(context).abort(target)
        throw error
      }
    }
    guard !flags.contains(.directory) else { throw .notADirectory }
    guard flags.isDisjoint(with: [.write, .truncate]) else { throw .readOnly }
    guard let file = BootFiles(context).file(at: path.span) else { throw .notFound }
    return try add(OpenFiles(context).open(file, for: process.value.job), to: process)
  }

  /// Makes a handle for a file of the archives.
  private func add(_ file: HandleTarget, to process: Reference<Process>) throws(SystemError) -> Int32 {
    do throws(SystemError) { return try process.value.handles.add(file, .reading) } catch {
      OpenFiles(context).abort(file)
      throw error
    }
  }

  /// All bytes of a file: those of the archives where they lie, those of a mount in the kernel's heap, where the caller of this
  /// gives them up.
  @inline(never)
  package func wholeFile(_ text: Span<UInt8>, limit: UInt32) throws(SystemError) -> WholeFile {
    var path = try path(text)
    return try path.withText { path throws(SystemError) in
      if let mount = Mounts(context).mount(of: path) { return try read(path, of: mount, limit: limit) }
      guard let file = BootFiles(context).file(at: path.span) else { throw .notFound }
      return WholeFile(bytes: file, payer: nil)
    }
  }

  private func read(
    _ path: PathText, of mount: Reference<Mount>, limit: UInt32
  ) throws(SystemError) -> WholeFile {
    let conversation = try FileConversation(with: mount, in: context)
    let reply = try conversation.ask(.open, [0, 0, 0, 0, 0], text: path.rest(below: mount.value.count).span)
    guard reply.words[3] == NodeKind.file.rawValue else { throw .isADirectory }
    let (node, generation, size) = (reply.words[1], reply.words[2], reply.words[4])
    guard size <= limit else { throw .tooLarge }
    let job = context.currentProcess.value.job
    let start = try KernelHeap(context).allocateBytes(size, alignment: 16, tag: .image, for: job)
    let file = WholeFile(bytes: KernelBytes(address: start, length: size), payer: job)
    do throws(SystemError) {
      var done: UInt32 = 0
      while done < size {
        let room = KernelBytes(address: start &+ done, length: min(size &- done, Calls.dataLimit))
        let part = try conversation.ask(.read, [node, generation, done, 0, 0], room: room, isRoomOfKernel: true)
        // It became shorter meanwhile.
        guard part.length > 0 else { throw .stale }
        done &+= part.length
      }
    } catch {
      file.giveUp(context)
      throw error
    }
    return file
  }

  // MARK: Looking

  package func describe(
    _ path: PathText, _ flags: PathFlags, to room: UserBuffer
  ) throws(SystemError) {
    guard flags.isSubset(of: .noFollow) else { throw .badArgument }
    guard let mount = Mounts(context).mount(of: path) else {
      return try room.write(ArchiveFiles(context).information(at: path))
    }
    try fill(.information, [flags.rawValue, 0, 0, 0, 0], path, mount, room)
  }

  /// Writes a description of what a handle stands for.
  package func describe(_ target: HandleTarget, to room: UserBuffer) throws(SystemError) {
    switch target.kind {
    case .servedFile: try ServedFiles(context).describe(target, to: room)
    case .directory: try OpenDirectories(context).describe(target, to: room)
    case .file: try room.write(OpenFiles(context).information(of: target))
    default: throw .unsupported
    }
  }

  package func readLink(_ path: PathText, to room: UserBuffer) throws(SystemError) -> UInt32 {
    guard let mount = Mounts(context).mount(of: path) else {
      _ = try ArchiveFiles(context).information(at: path)
      throw .badArgument
    }
    try room.checkRoom()
    return try FileConversation(with: mount, in: context).ask(
      .readLink, [0, 0, 0, 0, 0], text: path.rest(below: mount.value.count).span,
      room: KernelBytes(address: room.address, length: room.length)
    ).length
  }

  package func use(of path: PathText, to room: UserBuffer) throws(SystemError) {
    guard let mount = Mounts(context).mount(of: path) else {
      _ = try ArchiveFiles(context).information(at: path)
      return try room.write(FileSystemUse())
    }
    try room.checkRoom()
    let reply = try FileConversation(with: mount, in: context).ask(
      .use, [0, 0, 0, 0, 0], room: KernelBytes(address: room.address, length: room.length))
    guard reply.length == room.length else { throw .serviceFaulted }
  }

  private func fill(
    _ request: FileRequest, _ words: InlineArray<5, UInt32>, _ path: PathText, _ mount: Reference<Mount>,
    _ room: UserBuffer
  ) throws(SystemError) {
    try room.checkRoom()
    let reply = try FileConversation(with: mount, in: context).ask(
      request, words, text: path.rest(below: mount.value.count).span,
      room: KernelBytes(address: room.address, length: room.length))
    guard reply.length == room.length else { throw .serviceFaulted }
  }

  // MARK: Changing

  package func createDirectory(_ path: PathText, mode: UInt32) throws(SystemError) {
    guard mode & ~0o7777 == 0 else { throw .badArgument }
    let mount = try mountToChange(path)
    guard let mount else {
      throw (try? ArchiveFiles(context).information(at: path)) == nil ? .readOnly : .alreadyExists
    }
    try change(.createDirectory, [mode, time, 0, 0, 0], path, mount)
  }

  package func remove(_ path: PathText, _ flags: PathFlags) throws(SystemError) {
    guard flags.isSubset(of: .directory) else { throw .badArgument }
    guard !Mounts(context).isBusy(path) else { throw .busy }
    guard let mount = try mountToChange(path) else { throw try refusal(path) }
    try change(.remove, [flags.rawValue, time, 0, 0, 0], path, mount)
  }

  package func rename(_ path: PathText, to newPath: PathText) throws(SystemError) {
    guard !Mounts(context).isBusy(path), !Mounts(context).isBusy(newPath) else { throw .busy }
    let mount = try mountToChange(path)
    guard try mountToChange(newPath) == mount else { throw .unsupported }
    guard let mount else { throw try refusal(path) }
    _ = try FileConversation(with: mount, in: context).ask(
      .rename, [time, 0, 0, 0, 0], text: path.rest(below: mount.value.count).span,
      newPath.rest(below: mount.value.count).span)
  }

  /// Gives the file at `target` a second name.
  package func link(_ target: PathText, as path: PathText) throws(SystemError) {
    guard let mount = try mountToChange(path) else { throw .readOnly }
    guard Mounts(context).mount(of: target) == mount else { throw .unsupported }
    try link(target.rest(below: mount.value.count).span, [], path, mount)
  }

  package func link(text target: Span<UInt8>, as path: PathText) throws(SystemError) {
    guard let mount = try mountToChange(path) else { throw .readOnly }
    try link(target, .symbolic, path, mount)
  }

  private func link(
    _ target: Span<UInt8>, _ flags: PathFlags, _ path: PathText, _ mount: Reference<Mount>
  ) throws(SystemError) {
    _ = try FileConversation(with: mount, in: context).ask(
      .link, [flags.rawValue, time, 0, 0, 0], text: target, path.rest(below: mount.value.count).span)
  }

  package func change(_ path: PathText, _ change: FileChange) throws(SystemError) {
    guard change.which >= 1, change.which <= 3, change.mode & ~0o7777 == 0 else { throw .badArgument }
    guard let mount = try mountToChange(path) else { throw try refusal(path) }
    let modified = change.modified == 0 ? time : change.modified
    try self.change(.change, [change.which, change.mode, modified, 0, 0], path, mount)
  }

  package func sync(_ path: PathText) throws(SystemError) {
    guard let mount = Mounts(context).mount(of: path) else {
      _ = try ArchiveFiles(context).information(at: path)
      return
    }
    _ = try FileConversation(with: mount, in: context).ask(.sync, [0, 0, 0, 0, 0])
  }

  private var time: UInt32 { FileConversation.time(in: context) }

  private func mountToChange(_ path: PathText) throws(SystemError) -> Reference<Mount>? {
    guard let mount = Mounts(context).mount(of: path) else { return nil }
    if mount.value.flags.contains(.readOnly) { throw .readOnly }
    return mount
  }

  /// Why what is in the archives is not changed.
  private func refusal(_ path: PathText) throws(SystemError) -> SystemError {
    _ = try ArchiveFiles(context).information(at: path)
    return .readOnly
  }

  private func change(
    _ request: FileRequest, _ words: InlineArray<5, UInt32>, _ path: PathText, _ mount: Reference<Mount>
  ) throws(SystemError) {
    _ = try FileConversation(with: mount, in: context).ask(
      request, words, text: path.rest(below: mount.value.count).span)
  }

  // MARK: The working directory

  package func changeDirectory(to path: PathText) throws(SystemError) {
    if let mount = Mounts(context).mount(of: path) {
      let reply = try FileConversation(with: mount, in: context).ask(
        .open, [OpenFlags.directory.rawValue, 0, 0, 0, 0], text: path.rest(below: mount.value.count).span)
      guard reply.words[3] == NodeKind.directory.rawValue else { throw .notADirectory }
    } else {
      let information = try ArchiveFiles(context).information(at: path)
      guard information.kind == NodeKind.directory.rawValue else { throw .notADirectory }
    }
    try WorkingDirectories(context).set(path, of: context.currentProcess)
  }
}

/// The bytes of a file in kernel memory.
package struct WholeFile {
  package let bytes: KernelBytes
  /// Who pays for them; nil: they stay where they are for ever.
  fileprivate let payer: Reference<Job>?

  package var isPermanent: Bool { payer == nil }

  package func giveUp(_ context: Context) {
    if let payer { KernelHeap(context).free(bytes, of: payer) }
  }
}

extension HandleRights {
  /// What a handle allows that is not for writing.
  fileprivate static var reading: HandleRights { .all.subtracting(.write) }
}

extension UserBuffer {
  /// Whether bytes may be written here by somebody else for the caller, who waits.
  func checkRoom() throws(SystemError) {
    let room = UserBuffer(address: address, length: min(length, Calls.dataLimit), in: context)
    try room.check()
    if context.scheduler.protection.checksCopies, !room.mayBeWritten { throw .badAddress }
  }
}
