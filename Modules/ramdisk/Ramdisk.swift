// A disk of sectors in memory, as a linked module.
//
// What it can be asked is `RamdiskOperation`.
//
// Invariant: the storage is allocated as a whole in `start`, so that writing never fails for lack of memory.

import ModuleInterface
import ModuleSupport
import Primitives
import RamdiskSupport
import ServiceSupport

private var sectorSize: Int { 512 }

/// The disk while the module lives.
private nonisolated(unsafe) var disk: UnsafeMutableBufferPointer<UInt8>?

@c(ramdisk_start) public func start() -> Int32 {
  let kilobytes = parameter_kilobytes()
  guard kilobytes > 0, kilobytes <= 16384 else { return ServiceError.badArgument }
  let size = Int(kilobytes) &* 1024
  guard let memory = KernelMemory.allocate(size) else { return ServiceError.outOfMemory }
  disk = UnsafeMutableBufferPointer(
    start: memory.initializeMemory(as: UInt8.self, repeating: 0, count: size), count: size)
  Log.write {
    $0.write(decimal: UInt32(kilobytes))
    $0.write(" KiB")
  }
  return 0
}

@c(ramdisk_stop) public func stop() {
  KernelMemory.free(disk?.baseAddress)
  disk = nil
}

@c(ramdisk_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  guard let disk else { return ServiceError.notFound }
  return answer(message) { request in
    switch RamdiskOperation(rawValue: request.operation) {
    case .size:
      request.reply[0] = UInt32(disk.count / sectorSize)
      request.reply[1] = UInt32(sectorSize)
      return 0
    case .read:
      guard let range = sectors(request.words[0], request.words[1], of: disk) else { return ServiceError.badArgument }
      return request.write(disk.span.extracting(range)) ? 0 : ServiceError.tooLarge
    case .write:
      let count = request.data.count
      guard count % sectorSize == 0,
        let range = sectors(request.words[0], UInt32(count / sectorSize), of: disk)
      else { return ServiceError.badArgument }
      let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(disk)[range])
      request.data.withUnsafeBytes { target.copyMemory(from: $0) }
      return 0
    case nil: return ServiceError.unsupported
    }
  }
}

/// The bytes of some sectors, or nil where they are not all on the disk.
private func sectors(_ first: UInt32, _ count: UInt32, of disk: UnsafeMutableBufferPointer<UInt8>) -> Range<Int>? {
  let start = UInt64(first) &* UInt64(sectorSize)
  let end = start &+ UInt64(count) &* UInt64(sectorSize)
  return end <= UInt64(disk.count) ? Int(start)..<Int(end) : nil
}
