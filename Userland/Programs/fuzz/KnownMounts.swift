// The file systems in the name space as they were, to be put back.

import ABI
import Primitives
import SDK

struct KnownMounts {
  private var known: [(path: [UInt8], service: [UInt8], flags: MountFlags)] = []

  init() {
    var index: UInt32 = 0
    while let mount = Files.mount(at: index) {
      index += 1
      known.append((Self.path(of: mount), mount.service.withBytes { $0.copied }, mount.flags))
    }
  }

  private static func path(of mount: MountInformation) -> [UInt8] {
    (0..<Int(min(mount.pathLength, 64))).map { mount.path[$0] }
  }

  /// Takes away what was added, and mounts what is missing.
  func restore() {
    var index: UInt32 = 0
    while let mount = Files.mount(at: index) {
      let path = Self.path(of: mount)
      let service = mount.service.withBytes { $0.copied }
      let isKnown = known.contains { $0.path == path && $0.service == service }
      if isKnown || (try? Files.unmount(path)) == nil { index += 1 }
    }
    for mount in known { try? Files.mount(mount.path, service: mount.service, mount.flags) }
  }
}
