// The server that the tests call. It does what it is asked for, also what no server should.

import ABI
import Primitives
import Runtime
import SDK

/// What it can be asked for.
enum Operation {
  /// The reply is the request: words and bytes.
  static var echo: UInt32 { 0 }
  /// Ends the process with the request unanswered.
  static var exit: UInt32 { 1 }
  static var fault: UInt32 { 2 }
  /// Answers after word 0 milliseconds.
  static var sleep: UInt32 { 3 }
  /// Answers with bytes that are not there, then says what the kernel said, as word 0.
  static var replyFromNowhere: UInt32 { 4 }
  /// Answers with more than the caller has room for, then says what the kernel said, as word 0.
  static var replyTooMuch: UInt32 { 5 }
  /// Answers, and takes the next request into memory that is not there; `lastError` says what came of it.
  static var receiveNowhere: UInt32 { 6 }
  static var lastError: UInt32 { 7 }
  /// Word 0 names a client, word 1 counts its calls: word 0 of the reply is 1 where they come in order.
  static var order: UInt32 { 8 }
  /// Ends the serving thread with the request unanswered.
  static var endThread: UInt32 { 9 }
  /// Gives the endpoint up, then answers.
  static var withdraw: UInt32 { 10 }
}

enum TestServer {
  private static let lastError = Mutex<Int32>(0)
  private static let orders = Mutex<[UInt32]>(Array(repeating: 0, count: 8))

  static func run(_ name: Bytes) -> Int32 {
    let endpoint = unsafe SystemCalls.servicePublish(name.address, UInt32(name.count))
    guard endpoint >= 0 else { return 3 }
    // Two threads serve: the first one and this.
    _ = try? Thread.start(StartOptions(flags: .detached)) { serve(UInt32(endpoint)) }
    return serve(UInt32(endpoint))
  }

  private static func serve(_ endpoint: UInt32) -> Int32 {
    let buffer = Pages(131072)
    var message = Message()
    while true {
      message.bufferAddress = buffer.address
      message.bufferCapacity = 65536
      let number = unsafe SystemCalls.receive(endpoint, &message)
      // Another thread has given the endpoint up: wait for the end of the process.
      if number == SystemError.peerGone.rawValue || number == SystemError.badHandle.rawValue {
        Thread.sleep(milliseconds: 1000)
        return 0
      }
      guard number >= 0 else { return number }
      handle(UInt32(number), &message, endpoint, buffer)
    }
  }

  private static func handle(_ number: UInt32, _ message: inout Message, _ endpoint: UInt32, _ buffer: Pages) {
    let operation = message.operation
    var reply = Message()
    switch operation {
    case Operation.echo:
      reply.words = message.words
      reply.dataAddress = buffer.address
      reply.dataLength = min(message.dataLength, message.bufferCapacity)
    case Operation.exit: Process.exit(0)
    case Operation.fault: fault()
    case Operation.sleep: Thread.sleep(milliseconds: message.words[0])
    case Operation.replyFromNowhere:
      reply.dataAddress = 0x5000_0000
      reply.dataLength = min(100, message.bufferCapacity)
      let error = unsafe SystemCalls.reply(number, &reply)
      reply.dataLength = 0
      reply.words[0] = UInt32(bitPattern: error)
    case Operation.replyTooMuch:
      reply.dataAddress = buffer.address
      reply.dataLength = message.bufferCapacity + 1
      let error = unsafe SystemCalls.reply(number, &reply)
      reply.dataLength = 0
      reply.words[0] = UInt32(bitPattern: error)
    case Operation.lastError: reply.words[0] = UInt32(bitPattern: lastError.withLock { $0 })
    case Operation.order:
      let client = Int(message.words[0] & 7)
      let count = message.words[1]
      reply.words[0] = orders.withLock { orders in
        let isNext = count == 1 || orders[client] + 1 == count
        orders[client] = count
        return isNext ? 1 : 0
      }
    case Operation.endThread: SystemCalls.exit(0)
    case Operation.withdraw: _ = SystemCalls.close(endpoint)
    default: reply.words[0] = 0xffff_ffff
    }
    let result = unsafe SystemCalls.reply(number, &reply)
    if operation == Operation.sleep { lastError.withLock { $0 = result } }
    if operation == Operation.receiveNowhere { receiveNowhere(endpoint) }
  }

  /// Takes a request that has bytes into memory that is not there, and then into a message that is not.
  private static func receiveNowhere(_ endpoint: UInt32) {
    var message = Message()
    message.bufferAddress = 0x5000_0000
    message.bufferCapacity = 65536
    let result = unsafe SystemCalls.receive(endpoint, &message)
    lastError.withLock { $0 = result }
    let nowhere = unsafe UnsafeMutablePointer<Message>(bitPattern: 0x5000_0000)
    let second = unsafe SystemCalls.receive(endpoint, nowhere)
    if second != SystemError.badAddress.rawValue { lastError.withLock { $0 = second } }
  }

  private static func fault() {
    let nowhere = unsafe UnsafeMutablePointer<UInt32>(bitPattern: 0x40)
    unsafe nowhere?.pointee = 1
  }
}
