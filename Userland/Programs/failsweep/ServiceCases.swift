// Calls about services. A thread of this process serves a name for the others.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

enum ServiceCases {
  private static var name: Bytes { Bytes("failsweep") }

  static func run(_ sweep: inout Sweep, _ scratch: Scratch) {
    let other = Bytes("failsweep-2")
    sweep.run("servicePublish", undo: close) { arm in
      arm()
      return unsafe SystemCalls.servicePublish(other.address, UInt32(other.count))
    }
    guard let server = try? Thread.start(body: serve) else { return }
    Thread.sleep(milliseconds: 1)
    sweep.run("serviceOpen", undo: close) { arm in
      arm()
      return unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count))
    }
    sweep.run("serviceInformation") { arm in
      arm()
      return unsafe SystemCalls.serviceInformation(0, scratch.structure())
    }
    // Each in a thread of its own, because a task's first call allocates.
    sweep.run("callShort, a task's first") { arm in
      inThread {
        let handle = open()
        arm()
        let result = SystemCalls.callShort(handle, 1, 0, 0, 0)
        _ = SystemCalls.close(handle)
        return result
      }
    }
    sweep.run("call with data, a task's first") { arm in
      inThread {
        let handle = open()
        let message = unsafe scratch.structure(as: Message.self)
        unsafe message.pointee = Message()
        unsafe message.pointee.dataAddress = scratch.start + 2 * 4096
        unsafe message.pointee.dataLength = 8000
        unsafe message.pointee.bufferAddress = scratch.start + 6 * 4096
        unsafe message.pointee.bufferCapacity = 8000
        arm()
        let result = unsafe SystemCalls.call(handle, message, .max, .max)
        _ = SystemCalls.close(handle)
        return result
      }
    }
    sweep.run("lendingWindow, a task's first") { arm in
      inThread {
        arm()
        return SystemCalls.lendingWindow()
      }
    }
    sweep.run("call that lends, a task's first") { arm in
      inThread {
        let handle = open()
        let message = unsafe scratch.structure(as: Message.self)
        unsafe message.pointee = Message()
        unsafe message.pointee.dataAddress = scratch.start + 2 * 4096
        unsafe message.pointee.dataLength = 8192 | Message.lendsPages
        arm()
        let result = unsafe SystemCalls.call(handle, message, .max, .max)
        _ = SystemCalls.close(handle)
        return result
      }
    }
    sweep.run("serviceControl, hold and release") { arm in
      arm()
      let result = unsafe SystemCalls.serviceControl(name.address, UInt32(name.count), ServiceAction.hold.rawValue)
      guard result >= 0 else { return result }
      return unsafe SystemCalls.serviceControl(name.address, UInt32(name.count), ServiceAction.release.rawValue)
    }
    _ = try? server.task.kill(status: 0)
    _ = try? server.join()
  }

  private static func open() -> UInt32 {
    UInt32(bitPattern: unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count)))
  }

  private static func close(_ handle: Int32) { _ = SystemCalls.close(UInt32(bitPattern: handle)) }

  /// Answers every request with the data that came with it.
  private static func serve() -> Int32 {
    guard var server = try? ServiceServer("failsweep") else { return 1 }
    while true {
      do throws(SystemError) {
        try server.answerNext { $0.writeData() }
      } catch { if error == .peerGone || error == .badHandle { return 1 } }
    }
  }
}
