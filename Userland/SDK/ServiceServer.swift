// Serving: the endpoint of a published name, and the loop that takes requests and answers them.
//
// Invariant: a handle that comes with a request is closed before the request is handled. No server that is built on this asks
// for any, and whoever likes could fill its table with them.

import ABI
import Runtime
import ServiceSupport
import UserSupport

@safe
public struct ServiceServer {
  private let endpoint: UInt32
  private let buffers: UnsafeMutablePointer<UInt8>
  /// Where requests come that do not fit into registers; the kernel knows the place.
  private let message: UnsafeMutablePointer<Message>
  /// The number of the request that has not been answered yet; 0: none.
  private var pending: UInt32 = 0

  /// The most data that a request or a reply carries, in bytes.
  public static var dataLimit: Int { 65536 }

  /// Publishes a name, for the calling thread to serve.
  public init(_ name: StaticString) throws(SystemError) {
    let bytes = Bytes(name)
    try self.init { () throws(SystemError) in
      try checked(unsafe SystemCalls.servicePublish(bytes.address, UInt32(bytes.count)))
    }
  }

  private init(endpoint: () throws(SystemError) -> UInt32) throws(SystemError) {
    unsafe buffers = try Self.makeBuffers()
    unsafe message = unsafe UnsafeMutableRawPointer(buffers + 2 * Self.dataLimit).assumingMemoryBound(to: Message.self)
    unsafe message.initialize(to: Message())
    self.endpoint = try endpoint()
  }

  /// The same name, for the calling thread to serve beside the one that published it.
  public func forThisThread() throws(SystemError) -> ServiceServer { try ServiceServer { endpoint } }

  /// The first half takes a request's data, the second half holds the reply's; the message is behind them.
  private static func makeBuffers() throws(SystemError) -> UnsafeMutablePointer<UInt8> {
    let page = try checked(SystemCalls.memoryMap(0, UInt32(2 * dataLimit + 4096), [.read, .write]))
    // Without a window a thread gets copies.
    _ = SystemCalls.lendingWindow()
    return unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(page << 12))!
  }

  /// Answers the request before, waits for the next one, and hands it to `handler`, whose reply goes out with the next
  /// call.
  ///
  /// - Throws: `peerGone` when another server has taken the name over.
  public mutating func answerNext(_ handler: (inout Request) -> Void) throws(SystemError) {
    offerRoom()
    let request = waitForRequest()
    let number = try checked(request.result)
    if request.ebx != Message.isInMemory { unsafe message.pointee.take(request) }
    handle(number, handler)
  }

  /// The same, and waits for what is in the set too. Returns false where something of that came first, or its time is over.
  public mutating func answerNext(
    or set: inout WaitSet, _ handler: (inout Request) -> Void
  ) throws(SystemError) -> Bool {
    // A caller that is gone needs no answer.
    if pending != 0 { _ = unsafe SystemCalls.reply(pending, message) }
    pending = 0
    offerRoom()
    do throws(SystemError) {
      let number = try checked(unsafe SystemCalls.receiveAny(endpoint, message, &set))
      guard number != 0 else { return false }
      handle(number, handler)
      return true
    } catch {
      guard error == .timedOut else { throw error }
      return false
    }
  }

  /// Answers a request that was kept. Returns false where that reached nobody.
  public func answer(_ request: KeptRequest, _ words: InlineArray<6, UInt32>, _ bytes: [UInt8]) -> Bool {
    var message = Message()
    message.words = words
    message.dataLength = UInt32(bytes.count)
    return unsafe bytes.withUnsafeBufferPointer {
      message.dataAddress = UInt32(UInt(bitPattern: $0.baseAddress))
      return unsafe SystemCalls.requestAnswer(endpoint, UInt32(truncatingIfNeeded: request.number), &message) == 0
    }
  }

  private func offerRoom() {
    unsafe message.pointee.bufferAddress = UInt32(UInt(bitPattern: buffers))
    unsafe message.pointee.bufferCapacity = UInt32(Self.dataLimit)
  }

  /// Answers the request before with what is in the message, and takes the next one there.
  private func waitForRequest() -> megha_registers {
    if pending == 0 { return unsafe SystemCalls.receiveInRegisters(endpoint, message) }
    if unsafe message.pointee.needsMemory {
      return unsafe SystemCalls.replyMessageAndReceive(endpoint, pending, message)
    }
    return unsafe SystemCalls.replyAndReceiveInRegisters(
      endpoint, pending, message.pointee.words[0], message.pointee.words[1], message.pointee.words[2])
  }

  private mutating func handle(_ number: UInt32, _ handler: (inout Request) -> Void) {
    pending = number
    // What came with a handle is not kept: it could not be sent again.
    let canBeKept = unsafe message.pointee.operation & Message.passesHandle == 0
    if !canBeKept {
      _ = unsafe SystemCalls.close(message.pointee.words[5])
      unsafe message.pointee.operation &= ~Message.passesHandle
      unsafe message.pointee.words[5] = 0
    }
    let reply = unsafe buffers + Self.dataLimit
    // In the buffer, or lent.
    let data = unsafe UnsafePointer<UInt8>(bitPattern: UInt(message.pointee.dataAddress))
    let words = unsafe withUnsafeMutablePointer(to: &message.pointee.words) { unsafe $0 }
    var request = unsafe Request(
      operation: message.pointee.operation, words: words, sender: message.pointee.sender, data: data,
      dataCount: Int(message.pointee.dataLength), reply: reply,
      capacity: min(Int(message.pointee.bufferCapacity), Self.dataLimit), number: UInt64(number), canBeKept: canBeKept,
      asking: senderOf, rights: rightsOfSender, lives: processLives)
    handler(&request)
    unsafe words.pointee = request.reply
    unsafe message.pointee.dataAddress = UInt32(UInt(bitPattern: reply))
    unsafe message.pointee.dataLength = UInt32(truncatingIfNeeded: request.replyCount)
    if request.isKept {
      // Where that fails the caller is gone already.
      _ = SystemCalls.requestKeep(endpoint, number)
      pending = 0
    }
  }
}

extension Message {
  /// Whether a reply has more than three words.
  fileprivate var needsMemory: Bool { dataLength != 0 || words[3] | words[4] | words[5] != 0 }

  /// Becomes a request that came in registers. Who sent it is asked for only where somebody wants to know.
  fileprivate mutating func take(_ request: megha_registers) {
    operation = request.ebx
    words = [request.edx, request.esi, request.edi, 0, 0, 0]
    dataLength = 0
    bufferCapacity = 0
    sender = 0
  }
}

/// The process that sent a request, and whether it holds the service's calls.
private func senderOf(_ number: UInt64) -> UInt32 {
  let answer = SystemCalls.requestSender(UInt32(truncatingIfNeeded: number))
  return answer.result < 0 ? 0 : answer.edx
}

/// Its rights. A sender that has given up waiting has none any more.
private func rightsOfSender(_ number: UInt64) -> UInt32 {
  let answer = SystemCalls.requestSender(UInt32(truncatingIfNeeded: number))
  return answer.result < 0 ? 0 : answer.esi
}

/// What a request asks about processes.
private func processLives(_ process: UInt32) -> Bool {
  // Its address space is gone with its last thread.
  do throws(SystemError) { return try TaskIdentity(process).information().addressSpace != 0 } catch { return false }
}
