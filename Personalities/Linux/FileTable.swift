// The file descriptors of a process: small numbers that stand for native handles.
//
// Invariants:
// - Descriptors that were duplicated stand for the same handle, which is closed with the last of them.
// - A new descriptor is the lowest that is free (POSIX.1-2017, 2.14).

struct Descriptor: Equatable {
  var handle: UInt32
  var closesOnExec = false
  /// `O_APPEND`, `O_RDWR` and others, as they were given.
  var flags: UInt32 = 0
  /// Where the next `getdents64` goes on, where it is a directory.
  var directoryPosition: UInt64 = 0
}

struct FileTable {
  static var capacity: Int { 256 }

  private var entries: [Descriptor?]

  /// The standard handles, as a process begins.
  init() { entries = [Descriptor(handle: 0), Descriptor(handle: 1, flags: 1), Descriptor(handle: 2, flags: 1)] }

  init(restoring entries: [Descriptor?]) { self.entries = entries }

  var all: [Descriptor?] { entries }

  func find(_ descriptor: UInt32) throws(LinuxError) -> Descriptor {
    guard descriptor < UInt32(entries.count), let entry = entries[Int(descriptor)] else { throw .badDescriptor }
    return entry
  }

  mutating func change(_ descriptor: UInt32, _ body: (inout Descriptor) -> Void) {
    guard descriptor < UInt32(entries.count), var entry = entries[Int(descriptor)] else { return }
    body(&entry)
    entries[Int(descriptor)] = entry
  }

  /// The lowest free descriptor that is not below `first`.
  func lowestFree(from first: UInt32 = 0) throws(LinuxError) -> UInt32 {
    guard first < UInt32(Self.capacity) else { throw .invalid }
    var descriptor = Int(first)
    while descriptor < entries.count, entries[descriptor] != nil { descriptor += 1 }
    guard descriptor < Self.capacity else { throw .tooManyFiles }
    return UInt32(descriptor)
  }

  mutating func set(_ descriptor: UInt32, _ entry: Descriptor) {
    while entries.count <= Int(descriptor) { entries.append(nil) }
    entries[Int(descriptor)] = entry
  }

  /// Forgets a descriptor. Returns the handle to close; nil: others stand for it too.
  mutating func remove(_ descriptor: UInt32) -> UInt32? {
    guard descriptor < UInt32(entries.count), let entry = entries[Int(descriptor)] else { return nil }
    entries[Int(descriptor)] = nil
    for other in entries where other?.handle == entry.handle { return nil }
    return entry.handle
  }
}
