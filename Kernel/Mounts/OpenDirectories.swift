// Directories as handles stand for them, and the names in them: those of the archives or of a service's file system, and in a
// directory of the archives the mounts and `/dev` too.
//
// Invariant: a position names a place in the list and nothing in here, so nothing is kept for who reads on. Its highest bits
// say in which part of the list it is: what the file system itself has, mounts, devices.

import ABI
import Files
import IPC
import Jobs
import Objects
import Platform
import Primitives
import VirtualMemory

package struct OpenDirectory: ~Copyable {
  fileprivate var references: UInt32 = 1
  fileprivate let job: Reference<Job>
  fileprivate var path: AbsolutePath
  /// Nil: it is the archives'.
  fileprivate let node: ServedNode?

  fileprivate init(_ path: PathText, _ node: ServedNode?, _ job: Reference<Job>) {
    self.path = AbsolutePath(copying: path)
    self.node = node
    self.job = job
  }
}

/// Where in the list of names a position is.
private enum Part {
  case own(UInt32)
  case mounts(Int)
  case devices(Int)
  case none

  init(_ position: UInt32) {
    let place = position & 0x3fff_ffff
    switch position >> 30 {
    case 0, 1: self = .own(position)
    case 2: self = .mounts(Int(place))
    default: self = .devices(Int(place))
    }
  }

  var position: UInt32 {
    switch self {
    case .own(let place): place
    case .mounts(let place): 0x8000_0000 | UInt32(place)
    case .devices(let place): 0xc000_0000 | UInt32(place)
    case .none: .max
    }
  }
}

package struct OpenDirectories {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of directories known.
  static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.retain = { _, target in record(target).value.references &+= 1 }
    operations.close = { context, target, _ in OpenDirectories(context).release(record(target)) }
    operations.read = { (_, _, _) throws(SystemError) in throw .isADirectory }
    kinds.enter(.directory, operations)
  }

  private static func record(_ target: HandleTarget) -> Reference<OpenDirectory> {
    unsafe Reference(DirectMap.pointer(target.object))
  }

  /// Opens a directory, with the first handle counted.
  func open(
    _ path: PathText, _ node: ServedNode?, for job: Reference<Job>
  ) throws(SystemError) -> HandleTarget {
    let pointer: UnsafeMutablePointer<OpenDirectory> = try unsafe KernelHeap(context).allocate(tag: .file, for: job)
    unsafe pointer.initialize(to: OpenDirectory(path, node, job))
    if let node { Services(context).retain(node.service) }
    return HandleTarget(.directory, object: UInt32(UInt(bitPattern: pointer)))
  }

  /// The opposite of `open`, where no handle could be made.
  func abort(_ target: HandleTarget) { release(Self.record(target)) }

  private func release(_ directory: Reference<OpenDirectory>) {
    directory.value.references &-= 1
    guard directory.value.references == 0 else { return }
    let (job, node) = (directory.value.job, directory.value.node)
    unsafe directory.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(directory.unsafePointer, of: job)
    if let node { Services(context).release(node.service) }
  }

  /// Writes a description of the directory to `room`.
  package func describe(_ target: HandleTarget, to room: UserBuffer) throws(SystemError) {
    let directory = Self.record(target)
    guard let node = directory.value.node else { return try room.write(FileInformation.directory) }
    directory.value.references &+= 1
    defer { release(directory) }
    try FileConversation(with: node.service, in: context).describe(node, to: room)
  }

  /// Writes the name at a position to `room`.
  package func entry(_ target: HandleTarget, at position: UInt32, to room: UserBuffer) throws(SystemError) {
    guard target.kind == .directory else { throw .notADirectory }
    let directory = Self.record(target)
    directory.value.references &+= 1
    defer { release(directory) }
    if let node = directory.value.node {
      return try FileConversation(with: node.service, in: context).fill(
        .entry, [node.number, node.generation, position, 0, 0], room)
    }
    var part = Part(position)
    while true {
      if let entry = entry(in: directory, &part) { return try room.write(entry) }
      if case .none = part { throw .notFound }
    }
  }

  /// The entry at `part`, which moves behind it, or to the next part where there is none.
  @inline(never)
  private func entry(in directory: Reference<OpenDirectory>, _ part: inout Part) -> DirectoryEntry? {
    directory.value.path.withText { path in entry(in: directory, path, &part) }
  }

  private func entry(
    in directory: Reference<OpenDirectory>, _ path: PathText, _ part: inout Part
  ) -> DirectoryEntry? {
    var entry = DirectoryEntry()
    var isFound = false
    switch part {
    case .own(let place):
      isFound = context.objects.archives.withName(after: Int(place), in: path.span) {
        number, item, name in
        entry.name(name)
        entry.information = FileInformation(item)
        part = .own(UInt32(number))
      }
      if !isFound { part = .mounts(0) }
    case .mounts(let place):
      guard
        let next = Mounts(context).name(
          after: place, in: path,
          {
            entry.name($0)
            isFound = !isInArchives($0, in: directory)
          })
      else {
        part = .devices(0)
        return nil
      }
      entry.information = .directory
      part = .mounts(next)
    case .devices(let place):
      isFound = Devices.name(at: place, in: path.span) {
        entry.name($0)
        entry.information = $1
      }
      part = isFound ? .devices(place + 1) : .none
    case .none: break
    }
    entry.next = part.position
    return isFound ? entry : nil
  }

  private func isInArchives(_ name: Span<UInt8>, in directory: Reference<OpenDirectory>) -> Bool {
    var path = directory.value.path.withText { AbsolutePath(copying: $0) }
    do throws(AbsolutePath.Refusal) { try path.append(name) } catch { return false }
    return path.withText { ArchiveFiles(context).item(at: $0) != nil }
  }
}

/// The names that stand for devices.
enum Devices {
  /// Calls `body` with the name at a place in the list of `directory`, and with what it is. Returns false after the last.
  static func name(
    at place: Int, in directory: Span<UInt8>, _ body: (Span<UInt8>, FileInformation) -> Void
  ) -> Bool {
    let isRoot = directory.count == 1
    guard isRoot || directory.hasSameBytes(as: "/dev"), place < (isRoot ? 1 : 3) else { return false }
    let name: StaticString = isRoot ? "dev" : place == 0 ? "console" : place == 1 ? "null" : "zero"
    unsafe body(
      Span(_unsafeStart: name.utf8Start, count: name.utf8CodeUnitCount), isRoot ? .directory : .device)
    return true
  }

  static func target(at path: Span<UInt8>) -> HandleTarget? {
    if path.hasSameBytes(as: "/dev/null") { return HandleTarget(.nullDevice) }
    if path.hasSameBytes(as: "/dev/zero") { return HandleTarget(.zeroDevice) }
    return path.hasSameBytes(as: "/dev/console") ? HandleTarget(.terminal) : nil
  }
}

extension DirectoryEntry {
  fileprivate mutating func name(_ text: Span<UInt8>) {
    nameLength = UInt32(min(text.count, 255))
    for index in 0..<Int(nameLength) { name[index] = text[index] }
  }
}
