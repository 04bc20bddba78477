// What programs do with services: publishing, calling, answering, moving.

import ABI
import MachineSupport

extension Caller {
  private func named(_ number: SystemCall, _ name: String, _ third: UInt32 = 0) -> Int32 {
    withScratch {
      let text = place(name)
      return call(number, text.address, text.length, third)
    }
  }

  func publish(_ name: String) -> Int32 { named(.servicePublish, name) }
  func open(service name: String) -> Int32 { named(.serviceOpen, name) }
  func control(_ name: String, _ action: ServiceAction) -> Int32 { named(.serviceControl, name, action.rawValue) }

  /// Room for a message.
  func makeMessage() -> UInt32 { place(Message()) }

  func message(at place: UInt32) -> Message { read(at: place, Message()) }

  /// A call in registers. Returns the error or the first word of the answer.
  func callMessage(_ handle: Int32, _ message: inout Message, limit: UInt64 = .max) -> Int32 {
    withScratch {
      let place = place(message)
      let result = call(
        .call, UInt32(bitPattern: handle), place, UInt32(truncatingIfNeeded: limit),
        UInt32(truncatingIfNeeded: limit >> 32))
      message = self.message(at: place)
      return result
    }
  }

  /// Serves requests of an endpoint until `answer` returns nil or the endpoint is gone.
  ///
  /// - Parameter buffer: where there is `room` for data; 0: on the stack.
  func serve(_ endpoint: Int32, room: UInt32 = 0, at buffer: UInt32 = 0, _ answer: (inout Message) -> Bool) {
    let place = makeMessage()
    let buffer = buffer != 0 || room == 0 ? buffer : self.place([UInt8](repeating: 0, count: Int(room)))
    var fresh = Message()
    (fresh.bufferAddress, fresh.bufferCapacity) = (buffer, room)
    write(fresh, at: place)
    var number = call(.receive, UInt32(bitPattern: endpoint), place)
    while number >= 0 {
      var message = message(at: place)
      let goesOn = answer(&message)
      (message.bufferAddress, message.bufferCapacity) = (buffer, room)
      write(message, at: place)
      if !goesOn {
        call(.reply, UInt32(bitPattern: number), place)
        return
      }
      number = call(.replyAndReceive, UInt32(bitPattern: endpoint), UInt32(bitPattern: number), place)
    }
  }
}
