// Calls about handles, files and the machine.

import ABI
import Primitives
import Runtime
import SDK

enum ObjectCases {
  static func run(_ sweep: inout Sweep, _ scratch: Scratch) {
    let path = Bytes("/bin/hello")
    sweep.run("open", undo: { _ = SystemCalls.close(UInt32(bitPattern: $0)) }) { arm in
      arm()
      return unsafe SystemCalls.open(path.address, UInt32(path.count), [])
    }
    sweep.run("open, seek, read, close") { arm in
      arm()
      let handle = unsafe SystemCalls.open(path.address, UInt32(path.count), [])
      guard handle >= 0 else { return handle }
      defer { _ = SystemCalls.close(UInt32(bitPattern: handle)) }
      let position = SystemCalls.seek(UInt32(bitPattern: handle), 100)
      guard position >= 0 else { return position }
      return unsafe min(SystemCalls.read(UInt32(bitPattern: handle), scratch.pointer(2), 3 * 4096), 0)
    }
    sweep.run("write to the null device") { arm in
      let null = Bytes("/dev/null")
      let handle = unsafe SystemCalls.open(null.address, UInt32(null.count), [])
      arm()
      let result = unsafe SystemCalls.write(UInt32(bitPattern: handle), scratch.pointer(2), 8192)
      _ = SystemCalls.close(UInt32(bitPattern: handle))
      return min(result, 0)
    }
    sweep.run("fileEntry") { arm in
      arm()
      return unsafe SystemCalls.fileEntry(0, scratch.structure())
    }
    sweep.run("logRead") { arm in
      arm()
      return unsafe min(SystemCalls.logRead(0, scratch.pointer(), 4096), 0)
    }
    // Behind which there is nothing.
    if let ports = try? Ports(first: 0x310, count: 1) {
      let place = unsafe scratch.structure(as: DeviceMemoryPlace.self)
      let giveBack = { (_: Int32) in
        try? Memory.unmap(unsafe place.pointee.address, 8192)
        try? DeviceBuffer.deviceIsSilent(ports)
      }
      sweep.run("deviceMemory", undo: giveBack) { arm in
        arm()
        return unsafe SystemCalls.deviceMemory(ports.handle.number, 8192, 0, place)
      }
      ports.handle.close()
    }
    sweep.run("clock and measure") { arm in
      arm()
      let result = unsafe SystemCalls.clock(scratch.structure())
      guard result >= 0 else { return result }
      return unsafe SystemCalls.counters(scratch.structure())
    }
  }
}
