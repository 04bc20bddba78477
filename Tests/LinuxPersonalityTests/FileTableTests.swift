// The file descriptors of a Linux process.

import Testing

@testable import LinuxPersonality

@Suite struct FileTableTests {
  @Test("A new descriptor is the lowest that is free")
  func lowest() throws {
    var table = FileTable()
    #expect(try table.lowestFree() == 3)
    table.set(3, Descriptor(handle: 7))
    #expect(table.remove(1) == 1)
    #expect(try table.lowestFree() == 1)
    #expect(try table.lowestFree(from: 2) == 4)
    #expect(throws: LinuxError.invalid) { try table.lowestFree(from: 256) }
  }

  @Test("A handle is closed with the last descriptor that stands for it")
  func shared() throws {
    var table = FileTable()
    table.set(3, Descriptor(handle: 7))
    table.set(9, try table.find(3))
    #expect(table.remove(3) == nil)
    #expect(throws: LinuxError.badDescriptor) { try table.find(3) }
    #expect(table.remove(9) == 7)
    #expect(table.remove(9) == nil)
  }

  @Test("A full table refuses one more")
  func full() throws {
    var table = FileTable()
    for descriptor in 3..<UInt32(FileTable.capacity) { table.set(descriptor, Descriptor(handle: descriptor)) }
    #expect(throws: LinuxError.tooManyFiles) { try table.lowestFree() }
  }
}
