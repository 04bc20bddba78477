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

  /// Waits for a request of an endpoint (nil: for none) or for what is in the set, which gets what came.
  func receiveAny(_ endpoint: Int32?, at message: UInt32, _ set: inout WaitSet) -> Int32 {
    withScratch {
      let place = place(set)
      let result = call(.receiveAny, endpoint.map { UInt32(bitPattern: $0) } ?? .max, message, place)
      set = read(at: place, set)
      return result
    }
  }

  /// Answers a request that was kept.
  func answerKept(_ endpoint: Int32, _ number: Int32, _ message: Message) -> Int32 {
    withScratch {
      call(.requestAnswer, UInt32(bitPattern: endpoint), UInt32(bitPattern: number), place(message))
    }
  }

  /// Serves requests: those of operation 0 are kept, one of operation 1 has all that are kept answered, the latest first, by their
  /// own words and 1 more, and says how many that reached; after one of operation 9 it ends.
  func serveKeeping(_ endpoint: Int32, then: () -> Void = {}) {
    let place = makeMessage()
    let buffer = self.place([UInt8](repeating: 0, count: 64))
    var kept: [(number: Int32, message: Message)] = []
    var set = WaitSet()
    while true {
      var fresh = Message()
      (fresh.bufferAddress, fresh.bufferCapacity) = (buffer, 64)
      write(fresh, at: place)
      let number = receiveAny(endpoint, at: place, &set)
      guard number > 0 else { return }
      var message = message(at: place)
      if message.operation == 0, call(.requestKeep, UInt32(bitPattern: endpoint), UInt32(number)) == 0 {
        message.words[0] += 1
        (message.dataAddress, message.bufferAddress) = (place, 0)
        message.dataLength = min(message.bufferCapacity, 16)
        kept.append((number, message))
        continue
      }
      if message.operation == 1 {
        let reached = kept.reversed().filter { answerKept(endpoint, $0.number, $0.message) == 0 }
        message.words[0] = UInt32(reached.count)
        kept = []
      }
      message.dataLength = 0
      write(message, at: place)
      call(.reply, UInt32(number), place)
      if message.operation == 9 { return }
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

  var ownTask: UInt32 {
    withScratch {
      let place = place(TaskInformation())
      call(.taskInformation, 0, place, UInt32(MemoryLayout<TaskInformation>.size))
      return read(at: place, TaskInformation()).task
    }
  }

  /// Serves requests of an endpoint, received in registers where they fit, until `answer` returns false or the endpoint is gone.
  func serveInRegisters(_ endpoint: Int32, room: UInt32, _ answer: (inout Message) -> Bool) {
    let place = makeMessage()
    let buffer = self.place([UInt8](repeating: 0, count: Int(room)))
    func rewind(_ message: Message) {
      var message = message
      (message.bufferAddress, message.bufferCapacity) = (buffer, room)
      write(message, at: place)
    }
    rewind(Message())
    let endpoint = UInt32(bitPattern: endpoint)
    var request = callForWords(.receiveInRegisters, endpoint, place)
    while request.result >= 0 {
      let number = UInt32(bitPattern: request.result)
      var message = Message()
      if request.registers.ebx == Message.isInMemory {
        message = self.message(at: place)
      } else {
        message.operation = request.registers.ebx
        (message.words[0], message.words[1], message.words[2]) = (
          request.registers.edx, request.registers.esi, request.registers.edi
        )
        message.sender = callForWords(.requestSender, number).registers.edx
      }
      let goesOn = answer(&message)
      rewind(message)
      let words = message.words
      if !goesOn {
        call(.reply, number, place)
        return
      }
      request =
        message.dataLength | words[3] | words[4] | words[5] == 0
        ? callForWords(.replyAndReceiveInRegisters, endpoint, number, words[0], words[1], words[2])
        : callForWords(.replyMessageAndReceive, endpoint, number, place)
    }
  }

  /// A request in registers. The reply's words, all six of them.
  func callInRegisters(_ handle: Int32, _ operation: UInt32, _ words: UInt32...) -> (result: Int32, words: [UInt32]) {
    let words = words + [UInt32](repeating: 0, count: 3 - words.count)
    let reply = callForWords(
      .callInRegisters, UInt32(bitPattern: handle), operation, words[0], words[1], words[2])
    let short = [reply.registers.edx, reply.registers.esi, reply.registers.edi]
    guard reply.result == 1 else { return (reply.result, short + [0, 0, 0]) }
    return withScratch {
      let place = makeMessage()
      let result = call(.replyRest, place)
      let message = message(at: place)
      return (result, (0..<6).map { message.words[$0] })
    }
  }
}
