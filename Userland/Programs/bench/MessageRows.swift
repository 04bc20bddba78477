// What asking a server costs: a call and its reply, empty and with data, between processes of every kind of ring.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum MessageRows {
  private static var service: StaticString { "bench" }

  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in [TaskKind.ring3, .separate] {
      let name = RowName("call and reply, empty, ", kind.label, " to ", other.label)
      guard let server = Partner(kind: other, role: .server) else {
        report.write(name, reason: "the server was not started")
        continue
      }
      let handle = open()
      if handle < 0 {
        report.write(name, reason: (SystemError(rawValue: handle) ?? .unknownCall).sentence)
      } else {
        exchange(name, UInt32(bitPattern: handle), length: 0, &report)
        exchange(
          RowName("call and reply, 64 bytes, ", kind.label, " to ", other.label), UInt32(bitPattern: handle),
          length: 64, &report)
        exchange(
          RowName("call and reply, 4096 bytes, ", kind.label, " to ", other.label),
          UInt32(bitPattern: handle),
          length: 4096, &report)
        exchange(
          RowName("call with 4096 bytes, reply without, ", kind.label, " to ", other.label),
          UInt32(bitPattern: handle),
          length: 4096, takesReply: false, &report)
        lend(
          RowName("4096 bytes lent, ", kind.label, " to ", other.label), UInt32(bitPattern: handle), &report)
        report.measure(RowName("call in registers and reply, ", kind.label, " to ", other.label)) {
          SystemCalls.callInRegisters(UInt32(bitPattern: handle), 1, 2, 3, 4).result
        }
        _ = SystemCalls.close(UInt32(bitPattern: handle))
      }
      server.end()
    }
  }

  /// Opens the service as soon as the server has published it.
  static func open() -> Int32 {
    var handle: Int32 = 0
    for _ in 0..<64 {
      handle = openService(service)
      if handle != SystemError.notFound.rawValue { break }
      _ = SystemCalls.yield()
    }
    return handle
  }

  static func exchange(
    _ name: RowName, _ handle: UInt32, length: UInt32, takesReply: Bool = true, _ report: inout Report
  ) {
    var bytes = InlineArray<4096, UInt8>(repeating: 1)
    var message = Message()
    withUnsafeMutablePointer(to: &bytes) { data in
      report.measure(name) {
        message.dataAddress = UInt32(UInt(bitPattern: data))
        message.dataLength = length
        message.bufferAddress = UInt32(UInt(bitPattern: data))
        message.bufferCapacity = takesReply ? 4096 : 0
        return SystemCalls.call(handle, &message, .max, .max)
      }
    }
  }

  /// A page is lent with the request, and taken back with the reply.
  static func lend(_ name: RowName, _ handle: UInt32, _ report: inout Report) {
    let page = SystemCalls.memoryMap(0, MemoryRows.pageSize, [.read, .write])
    guard page >= 0 else { return report.write(name, reason: "the page was not mapped") }
    let address = UInt32(bitPattern: page) << 12
    volatile_write(address, 1)
    var message = Message()
    report.measure(name) {
      message.dataAddress = address
      message.dataLength = MemoryRows.pageSize | Message.lendsPages
      message.bufferCapacity = 0
      return SystemCalls.call(handle, &message, .max, .max)
    }
    _ = SystemCalls.memoryUnmap(address, MemoryRows.pageSize)
  }

  static func publish() -> Int32 {
    SystemCalls.servicePublish(service.utf8Start, UInt32(service.utf8CodeUnitCount))
  }

  /// The server's side, until it is killed.
  static func serve() -> Int32 {
    let handle = publish()
    guard handle >= 0, SystemCalls.lendingWindow() >= 0 else { return 1 }
    var buffer = InlineArray<4096, UInt8>(repeating: 0)
    return withUnsafeMutablePointer(to: &buffer) { data in
      var message = Message()
      message.bufferAddress = UInt32(UInt(bitPattern: data))
      message.bufferCapacity = 4096
      return withUnsafeMutablePointer(to: &message) { answer(UInt32(bitPattern: handle), $0, data) }
    }
  }

  /// As a request came, so it is answered.
  private static func answer(
    _ handle: UInt32, _ message: UnsafeMutablePointer<Message>, _ data: UnsafeMutableRawPointer
  ) -> Int32 {
    var request = SystemCalls.receiveInRegisters(handle, message)
    while request.result >= 0 {
      let number = UInt32(bitPattern: request.result)
      if request.ebx != Message.isInMemory {
        request = SystemCalls.replyAndReceiveInRegisters(handle, number, request.edx, request.esi, request.edi)
        continue
      }
      message.pointee.dataAddress = UInt32(UInt(bitPattern: data))
      message.pointee.dataLength = min(message.pointee.dataLength, message.pointee.bufferCapacity)
      message.pointee.bufferAddress = UInt32(UInt(bitPattern: data))
      message.pointee.bufferCapacity = 4096
      if message.pointee.dataLength == 0 {
        request = SystemCalls.replyAndReceiveInRegisters(handle, number, 0, 0, 0)
      } else {
        request = SystemCalls.replyMessageAndReceive(handle, number, message)
      }
    }
    return 1
  }
}

/// Opens a service. Returns the handle or an error of the ABI.
func openService(_ name: StaticString) -> Int32 {
  SystemCalls.serviceOpen(name.utf8Start, UInt32(name.utf8CodeUnitCount))
}
