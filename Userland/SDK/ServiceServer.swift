// Serving: the endpoint of a published name, and the loop that takes requests and answers them.
//
// Invariant: a handle that comes with a request is closed before the request is handled. No server that is built on this asks
// for any, and whoever likes could fill its table with them.

import ABI
import Runtime
import ServiceSupport

@safe
public struct ServiceServer {
  private let endpoint: UInt32
  private let buffers: UnsafeMutablePointer<UInt8>
  private var message = Message()
  /// The number of the request that has not been answered yet; 0: none.
  private var pending: UInt32 = 0

  /// The most data that a request or a reply carries, in bytes.
  public static var dataLimit: Int { 65536 }

  /// Publishes a name, for the calling thread to serve.
  public init(_ name: StaticString) throws(SystemError) {
    let bytes = Bytes(name)
    unsafe buffers = try Self.makeBuffers()
    endpoint = try checked(unsafe SystemCalls.servicePublish(bytes.address, UInt32(bytes.count)))
  }

  private init(endpoint: UInt32) throws(SystemError) {
    unsafe buffers = try Self.makeBuffers()
    self.endpoint = endpoint
  }

  /// The same name, for the calling thread to serve beside the one that published it.
  public func forThisThread() throws(SystemError) -> ServiceServer { try ServiceServer(endpoint: endpoint) }

  /// The first half takes a request's data, the second half holds the reply's.
  private static func makeBuffers() throws(SystemError) -> UnsafeMutablePointer<UInt8> {
    let page = try checked(SystemCalls.memoryMap(0, UInt32(2 * dataLimit), [.read, .write]))
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
    let number: UInt32
    if pending == 0 {
      number = try checked(unsafe SystemCalls.receive(endpoint, &message))
    } else {
      number = try checked(unsafe SystemCalls.replyAndReceive(endpoint, pending, &message))
    }
    handle(number, handler)
  }

  /// The same, and waits for what is in the set too. Returns false where something of that came first, or its time is over.
  public mutating func answerNext(
    or set: inout WaitSet, _ handler: (inout Request) -> Void
  ) throws(SystemError) -> Bool {
    // A caller that is gone needs no answer.
    if pending != 0 { _ = unsafe SystemCalls.reply(pending, &message) }
    pending = 0
    offerRoom()
    do throws(SystemError) {
      let number = try checked(unsafe SystemCalls.receiveAny(endpoint, &message, &set))
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

  private mutating func offerRoom() {
    message.bufferAddress = UInt32(UInt(bitPattern: buffers))
    message.bufferCapacity = UInt32(Self.dataLimit)
  }

  private mutating func handle(_ number: UInt32, _ handler: (inout Request) -> Void) {
    pending = number
    // What came with a handle is not kept: it could not be sent again.
    let canBeKept = message.operation & Message.passesHandle == 0
    if !canBeKept {
      _ = SystemCalls.close(message.words[5])
      message.operation &= ~Message.passesHandle
      message.words[5] = 0
    }
    let reply = unsafe buffers + Self.dataLimit
    // In the buffer, or lent.
    let data = unsafe UnsafePointer<UInt8>(bitPattern: UInt(message.dataAddress))
    let isKept = unsafe withUnsafeMutablePointer(to: &message) { message in
      let words = unsafe withUnsafeMutablePointer(to: &message.pointee.words) { unsafe $0 }
      var request = unsafe Request(
        operation: message.pointee.operation, words: words, sender: message.pointee.sender, data: data,
        dataCount: Int(message.pointee.dataLength), reply: reply,
        capacity: min(Int(message.pointee.bufferCapacity), Self.dataLimit), number: canBeKept ? UInt64(number) : 0,
        lives: processLives)
      handler(&request)
      unsafe words.pointee = request.reply
      unsafe message.pointee.dataAddress = UInt32(UInt(bitPattern: reply))
      unsafe message.pointee.dataLength = UInt32(truncatingIfNeeded: request.replyCount)
      return request.isKept
    }
    if isKept {
      // Where that fails the caller is gone already.
      _ = SystemCalls.requestKeep(endpoint, number)
      pending = 0
    }
  }
}

/// What a request asks about processes.
private func processLives(_ process: UInt32) -> Bool {
  // Its address space is gone with its last thread.
  do throws(SystemError) { return try TaskIdentity(process).information().addressSpace != 0 } catch { return false }
}
