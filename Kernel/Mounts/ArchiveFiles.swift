// The files of the boot archives in the name space.

import ABI
import Files
import Objects
import Platform
import Primitives

struct ArchiveFiles {
  private let context: Context

  init(_ context: Context) { self.context = context }

  func item(at path: PathText) -> ArchiveItem? {
    do throws(PathError) { return try context.objects.archives.item(at: path.span) } catch { return nil }
  }

  /// What is there beside what services have: archives, devices, and the directory that they are in.
  func information(at path: PathText) throws(SystemError) -> FileInformation {
    if let item = item(at: path) { return FileInformation(item) }
    if Devices.target(at: path.span) != nil { return .device }
    guard path.span.hasSameBytes(as: "/dev") else { throw .notFound }
    return .directory
  }
}

extension FileInformation {
  static var directory: FileInformation {
    var information = FileInformation()
    information.kind = NodeKind.directory.rawValue
    information.links = 1
    information.mode = 0o555
    return information
  }

  static var device: FileInformation {
    var information = FileInformation()
    information.kind = NodeKind.other.rawValue
    information.links = 1
    information.mode = 0o666
    return information
  }

  init(_ item: ArchiveItem) {
    self = .directory
    guard case .entry(let entry) = item, entry.kind != .folder else { return }
    kind = (entry.kind == .file ? NodeKind.file : entry.kind == .symbolicLink ? .symbolicLink : .other).rawValue
    size = UInt32(clamping: entry.contents.count)
    blocks = (size >> 9) &+ (size & 511 == 0 ? 0 : 1)
  }
}
