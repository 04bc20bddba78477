// The server that the tests call. It does what it is asked for, also what no server should.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

/// What it can be asked for.
enum Operation {
  /// Word 0 of the reply is 1 where word 0 bytes came that the seed in word 1 makes. The reply's bytes are word 2 bytes of
  /// the next seed.
  static var check: UInt32 { 0 }
  /// Ends the process after word 0 milliseconds, with the request unanswered.
  static var exit: UInt32 { 1 }
  static var fault: UInt32 { 2 }
  /// Answers after word 0 milliseconds; `lastError` says what came of the answer.
  static var sleep: UInt32 { 3 }
  /// Answers with bytes at the `BadPlace` in word 0, then says what the kernel said, as word 0.
  static var replyFromBadPlace: UInt32 { 4 }
  /// Answers with word 0 bytes, then says what the kernel said, as word 0.
  static var replyOf: UInt32 { 5 }
  /// Answers, and takes the next request to the `BadPlace` in word 0; `lastError` says what came of it.
  static var receiveAtBadPlace: UInt32 { 6 }
  /// The same with the message itself there.
  static var receiveMessageAtBadPlace: UInt32 { 7 }
  static var lastError: UInt32 { 8 }
  /// Word 0 of the reply counts these requests.
  static var ticket: UInt32 { 9 }
  /// Ends the serving thread after word 0 milliseconds, with the request unanswered. The first task, with which the process
  /// would end, answers.
  static var endThread: UInt32 { 10 }
  /// Gives the endpoint up after word 0 milliseconds, and answers.
  static var withdraw: UInt32 { 11 }
  /// Word 0 of the reply is the number of requests so far.
  static var count: UInt32 { 12 }
  /// After word 0 milliseconds reads the first word of the window for lent pages, or writes it where word 1 is 1.
  static var touchLent: UInt32 { 13 }
}

enum TestServer {
  private static let lastError = Mutex<Int32>(0)
  private static let tickets = Mutex<UInt32>(0)
  private static let requests = Mutex<UInt32>(0)

  /// Serves with one task of a kind, or with two.
  ///
  /// - Parameter inRegisters: requests are received in registers where they fit, and answered so.
  static func run(_ kind: Kind, tasks: UInt32, inRegisters: Bool) -> Int32 {
    let name = Bytes(Peer.name)
    let handle = unsafe SystemCalls.servicePublish(name.address, UInt32(name.count))
    guard handle >= 0 else { return 3 }
    let endpoint = UInt32(handle)
    var threads: [Thread] = []
    for _ in 0..<(kind.isThread ? tasks : tasks - 1) {
      guard
        let thread = try? Thread.start(
          StartOptions(flags: kind.flags), body: { serve(endpoint, inRegisters, isFirst: false) })
      else { return 4 }
      threads.append(thread)
    }
    guard kind.isThread else { return serve(endpoint, inRegisters, isFirst: true) }
    for thread in threads { _ = try? thread.join() }
    return 0
  }

  private static func serve(_ endpoint: UInt32, _ inRegisters: Bool, isFirst: Bool) -> Int32 {
    let buffer = Pages(131072)
    let window = UInt32(bitPattern: SystemCalls.lendingWindow()) << 12
    // Where it lies the kernel knows from one request to the next.
    let message = UnsafeMutablePointer<Message>.allocate(capacity: 1)
    unsafe message.initialize(to: Message())
    var pending: UInt32 = 0
    while true {
      if pending == 0 {
        unsafe message.pointee.bufferAddress = buffer.address
        unsafe message.pointee.bufferCapacity = 65536
      }
      let number =
        inRegisters ? unsafe receive(endpoint, pending, message) : unsafe receiveInMemory(endpoint, pending, message)
      // The endpoint was given up: wait for the end of the process.
      if number == SystemError.peerGone.rawValue || number == SystemError.badHandle.rawValue {
        Thread.sleep(milliseconds: 1000)
        return 0
      }
      guard number >= 0 else { return number }
      requests.withLock { $0 += 1 }
      let isAnswered = unsafe handle(UInt32(number), &message.pointee, endpoint, buffer, window, isFirst)
      pending = isAnswered ? UInt32(number) : 0
    }
  }

  private static func receiveInMemory(
    _ endpoint: UInt32, _ pending: UInt32, _ message: UnsafeMutablePointer<Message>
  ) -> Int32 {
    pending == 0
      ? unsafe SystemCalls.receive(endpoint, message) : unsafe SystemCalls.replyAndReceive(endpoint, pending, message)
  }

  private static func receive(
    _ endpoint: UInt32, _ pending: UInt32, _ message: UnsafeMutablePointer<Message>
  ) -> Int32 {
    let words = unsafe message.pointee.words
    let request =
      if pending == 0 {
        unsafe SystemCalls.receiveInRegisters(endpoint, message)
      } else if unsafe message.pointee.dataLength != 0 {
        unsafe SystemCalls.replyMessageAndReceive(endpoint, pending, message)
      } else {
        SystemCalls.replyAndReceiveInRegisters(endpoint, pending, words[0], words[1], words[2])
      }
    if request.result >= 0, request.ebx != Message.isInMemory {
      unsafe message.pointee.operation = request.ebx
      unsafe message.pointee.words = [request.edx, request.esi, request.edi, 0, 0, 0]
      unsafe message.pointee.dataAddress = message.pointee.bufferAddress
      unsafe message.pointee.dataLength = 0
      unsafe message.pointee.bufferCapacity = 0
    }
    return request.result
  }

  /// Does what is asked. Returns whether the answer is in `message` and is to go out with the wait for the next request;
  /// else it has gone out.
  private static func handle(
    _ number: UInt32, _ message: inout Message, _ endpoint: UInt32, _ buffer: Pages, _ window: UInt32,
    _ isFirst: Bool
  ) -> Bool {
    let words = message.words
    var reply = Message()
    switch message.operation {
    case Operation.check:
      let data = Pages(at: message.dataAddress, words[0])
      let isRight = message.dataLength == words[0] && data.holds(words[0], seed: words[1])
      let length = min(words[2], message.bufferCapacity)
      buffer.fill(length, seed: words[1] &+ 1, at: 65536)
      message.words[0] = isRight ? 1 : 0
      message.dataAddress = buffer.address + 65536
      message.dataLength = length
      message.bufferAddress = buffer.address
      message.bufferCapacity = 65536
      return true
    case Operation.exit:
      Thread.sleep(milliseconds: words[0])
      Process.exit(0)
    case Operation.fault:
      Thread.sleep(milliseconds: words[0])
      fault()
    case Operation.sleep: Thread.sleep(milliseconds: words[0])
    case Operation.replyFromBadPlace:
      let error = BadPlace(rawValue: words[0])?.withAddress { address in
        reply.dataAddress = address
        reply.dataLength = min(BadPlace.length, message.bufferCapacity)
        return unsafe SystemCalls.reply(number, &reply)
      }
      answerAnew(&reply, error ?? 0, message.bufferCapacity, buffer)
    case Operation.replyOf:
      reply.dataAddress = buffer.address
      reply.dataLength = words[0]
      let error = unsafe SystemCalls.reply(number, &reply)
      answerAnew(&reply, error, 0, buffer)
    case Operation.lastError: reply.words[0] = UInt32(bitPattern: lastError.withLock { $0 })
    case Operation.ticket:
      reply.words[0] = tickets.withLock {
        $0 += 1
        return $0
      }
    case Operation.endThread where !isFirst:
      Thread.sleep(milliseconds: words[0])
      SystemCalls.exit(0)
    case Operation.withdraw:
      Thread.sleep(milliseconds: words[0])
      _ = SystemCalls.close(endpoint)
    case Operation.touchLent:
      Thread.sleep(milliseconds: words[0])
      if words[1] == 1 { volatile_write(window, 0) } else { _ = volatile_read(window) }
    case Operation.count: reply.words[0] = requests.withLock { $0 }
    default: break
    }
    let result = unsafe SystemCalls.reply(number, &reply)
    if message.operation == Operation.sleep { lastError.withLock { $0 = result } }
    receiveBadly(message.operation, words[0], endpoint)
    return false
  }

  /// The kernel refused an answer: another one says so, with bytes where the caller has room for them.
  private static func answerAnew(_ reply: inout Message, _ error: Int32, _ capacity: UInt32, _ buffer: Pages) {
    let length = min(capacity, BadPlace.length)
    buffer.fill(length, seed: 1)
    reply.dataAddress = buffer.address
    reply.dataLength = length
    reply.words[0] = UInt32(bitPattern: error)
  }

  private static func receiveBadly(_ operation: UInt32, _ place: UInt32, _ endpoint: UInt32) {
    guard let place = BadPlace(rawValue: place) else { return }
    let result: Int32
    switch operation {
    case Operation.receiveAtBadPlace:
      var message = Message()
      message.bufferCapacity = BadPlace.length
      result = place.withAddress { address in
        message.bufferAddress = address
        return unsafe SystemCalls.receive(endpoint, &message)
      }
    case Operation.receiveMessageAtBadPlace:
      result = place.withAddress { address in
        unsafe SystemCalls.receive(endpoint, UnsafeMutablePointer<Message>(bitPattern: UInt(address)))
      }
    default: return
    }
    lastError.withLock { $0 = result }
  }

  private static func fault() {
    let nowhere = unsafe UnsafeMutablePointer<UInt32>(bitPattern: 0x40)
    unsafe nowhere?.pointee = 1
  }
}
