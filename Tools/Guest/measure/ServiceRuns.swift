// Requests to a service in every placement, from clients in both rings.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport
import UserSupport

/// What is asked of the service.
private struct Request {
  /// What it is called; nothing: it is sent once, before the others.
  let name: Bytes
  let operation: UInt32
  let words: InlineArray<6, UInt32>
  let dataLength: UInt32
  let replyCapacity: UInt32

  /// Reads NAME:OPERATION:WORDS:DATA:REPLY.
  init?(_ text: Bytes) {
    let parts = text.split(0x3a)
    guard parts.count == 5, let operation = parts[1].number, let data = parts[3].number, let reply = parts[4].number,
      data <= ServiceRuns.bufferSize, reply <= ServiceRuns.bufferSize
    else { return nil }
    var words = InlineArray<6, UInt32>(repeating: 0)
    if parts[2].count > 0 {
      let numbers = parts[2].split(0x2c)
      guard numbers.count <= 6 else { return nil }
      for (index, number) in numbers.enumerated() {
        guard let value = number.number else { return nil }
        words[index] = value
      }
    }
    (name, self.operation, self.words, dataLength, replyCapacity) = (parts[0], operation, words, data, reply)
  }
}

extension Bytes {
  /// The parts between bytes of one value.
  fileprivate func split(_ separator: UInt8) -> [Bytes] {
    var parts: [Bytes] = []
    var start = 0
    for index in 0...count where index == count || self[index] == separator {
      parts.append(Bytes(start: address + start, count: index - start))
      start = index + 1
    }
    return parts
  }
}

/// Why a service is not measured.
private struct NotMeasured: Error {
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(_ sentence: StaticString) { bytes = Bytes(sentence).copied }
}

struct ServiceRuns {
  static var bufferSize: UInt32 { 65536 }
  private static var placements: [(ServicePlacement, StaticString)] {
    [(.server, "server"), (.ring0Server, "ring0-server"), (.linked, "linked")]
  }

  let runs: Int
  /// The longest that all calls of one request may take, in milliseconds.
  let limit: UInt32
  let kind: TaskKind
  /// The name of the service, and the requests.
  let words: [Bytes]

  /// Starts this program as a client in Ring 3 and as one in Ring 0, one after the other.
  static func startClients(runs: Bytes, limit: Bytes, _ words: [Bytes]) -> Int32 {
    var status: Int32 = 0
    for kind in [TaskKind.ring3, .separate] {
      var list = WordList()
      list.append(ProgramInformation.argument(0))
      list.append(ProgramInformation.argument(1))
      list.append("client")
      list.append(runs)
      list.append(limit)
      list.append(kind.number)
      for word in words { list.append(word) }
      do throws(Refusal) {
        let client = try Process.start(
          ProgramInformation.argument(0), arguments: list, options: StartOptions(flags: kind.flags))
        do throws(SystemError) {
          if try client.wait() != .exited(status: 0) { status = 1 }
        } catch { status = 1 }
      } catch { status = 1 }
    }
    return status
  }

  func measureAll() -> Int32 {
    var requests: [Request] = []
    for word in words.dropFirst() {
      guard let request = Request(word) else {
        Console.write("measure: a request is NAME:OPERATION:WORDS:DATA:REPLY\n")
        return 2
      }
      requests.append(request)
    }
    var status: Int32 = 0
    for (placement, label) in Self.placements where !measure(requests, in: placement, label) { status = 1 }
    return status
  }

  private func measure(_ requests: [Request], in placement: ServicePlacement, _ label: StaticString) -> Bool {
    func name(_ request: Request) -> (inout ConsoleLine) -> Void {
      return { line in
        line.write(kind.label)
        line.write(" to ")
        line.write(label)
        line.write(", ")
        line.write(request.name)
      }
    }
    func giveUp(_ reason: (inout ConsoleLine) -> Void) -> Bool {
      for request in requests where request.name.count > 0 { Row.write(name(request), reason: reason) }
      return false
    }
    defer { stop(placement) }
    var handle: UInt32?
    var passes = true
    for request in requests where request.name.count > 0 {
      // After a request that ended the service it begins anew.
      if handle == nil {
        do throws(NotMeasured) { handle = try start(placement, requests) } catch {
          return giveUp { line in line.write(error.bytes) }
        }
      }
      if let opened = handle, !measure(request, opened, name(request)) {
        passes = false
        _ = SystemCalls.close(opened)
        stop(placement)
        handle = nil
      }
    }
    if let handle { _ = SystemCalls.close(handle) }
    return passes
  }

  /// Starts the service, and sends what comes before the others. Returns a handle to it.
  private func start(_ placement: ServicePlacement, _ requests: [Request]) throws(NotMeasured) -> UInt32 {
    let refusal: [UInt8]?
    do throws(SystemError) { refusal = try ManagerClient.ask(.start, words[0], placement: placement) } catch {
      throw NotMeasured(error.sentence)
    }
    if let refusal { throw NotMeasured(refusal) }
    let opened = SystemCalls.serviceOpen(words[0].address, UInt32(words[0].count))
    guard opened >= 0 else { throw NotMeasured("The service cannot be opened.") }
    for request in requests where request.name.count == 0 {
      guard let reason = failure(before: request, UInt32(opened)) else { continue }
      _ = SystemCalls.close(UInt32(opened))
      throw NotMeasured(Bytes("What comes before is refused: ").copied + Bytes(reason).copied)
    }
    return UInt32(opened)
  }

  private func stop(_ placement: ServicePlacement) {
    do throws(SystemError) { _ = try ManagerClient.ask(.stop, words[0], placement: placement) } catch {}
  }

  private func failure(before request: Request, _ handle: UInt32) -> StaticString? {
    guard let exchange = Exchange(request, handle) else { return "There is no memory for it." }
    return withLimit { exchange.failure() } ?? "It was not answered within the limit."
  }

  /// Does something that asks the service, and ends the service where that takes longer than the limit. Returns nil then.
  private func withLimit<Result>(_ body: () -> Result) -> Result? {
    let isOver = UnsafeMutablePointer<Bool>.allocate(capacity: 1)
    defer { isOver.deallocate() }
    isOver.initialize(to: false)
    let (name, limit) = (words[0], limit)
    // A server that loops is as urgent as programs are or more so: who ends it must be more urgent still.
    var options = StartOptions(flags: kind.flags)
    options.priority = 31
    let watch = try? Thread.start(options) { () -> Int32 in
      Thread.sleep(milliseconds: limit)
      isOver.pointee = true
      // A call into a linked module is cut short by the kernel.
      if let service = ServiceList.find(name), service.owner != 0 { try? TaskIdentity(service.owner).kill(status: 1) }
      return 0
    }
    let result = body()
    try? watch?.task.kill(status: 0)
    _ = try? watch?.join()
    return isOver.pointee ? nil : result
  }

  private func measure(_ request: Request, _ handle: UInt32, _ name: (inout ConsoleLine) -> Void) -> Bool {
    guard var samples = Samples(), let exchange = Exchange(request, handle) else {
      Row.write(name) { $0.write("There is no memory for samples.") }
      return false
    }
    var counts = Counts()
    let failure: StaticString?? = withLimit {
      if let reason = exchange.failure() { return reason }
      for _ in 0..<Samples.warmUp { _ = exchange.run() }
      let before = Counts.take()
      let failure = samples.take(runs, warmUp: 0) { exchange.run() }
      counts = Counts.take().since(before, operations: UInt32(runs))
      return failure?.sentence
    }
    switch failure {
    case nil:
      Row.write(name) { line in
        line.write("It was not answered ")
        line.write(decimal: runs + Samples.warmUp + 1)
        line.write(" times within ")
        line.write(decimal: limit)
        line.write(" million instructions.")
      }
      return false
    case .some(let reason?):
      Row.write(name) { $0.write(reason) }
      return false
    case .some(nil): break
    }
    samples.sort()
    Row.write(name, samples, counts)
    return true
  }
}

/// A request with the memory that its message is in; it is sent again and again.
private struct Exchange {
  private let message: UnsafeMutablePointer<Message>
  private let request: Request
  private let handle: UInt32

  init?(_ request: Request, _ handle: UInt32) {
    do throws(SystemError) {
      // Data and reply, and behind both the message.
      let page = try Memory.map(2 * ServiceRuns.bufferSize + 4096, [.read, .write])
      guard let memory = UnsafeMutablePointer<UInt8>(bitPattern: UInt(page)) else { return nil }
      memory.initialize(repeating: 1, count: Int(2 * ServiceRuns.bufferSize))
      let place = UnsafeMutableRawPointer(memory + Int(2 * ServiceRuns.bufferSize))
      message = place.initializeMemory(as: Message.self, to: Message())
    } catch { return nil }
    self.request = request
    self.handle = handle
  }

  /// Sends it, and returns the result of the system call. It goes the way that calls without a limit go.
  func run() -> Int32 {
    let limit = WordPair(.max)
    message.pointee.operation = request.operation
    message.pointee.words = request.words
    message.pointee.dataLength = request.dataLength
    message.pointee.bufferAddress = base &+ ServiceRuns.bufferSize
    message.pointee.bufferCapacity = request.replyCapacity
    message.pointee.dataAddress = base
    return SystemCalls.call(handle, message, limit.low, limit.high)
  }

  /// Where its memory begins.
  private var base: UInt32 { UInt32(UInt(bitPattern: message)) &- 2 &* ServiceRuns.bufferSize }

  /// Sends it once. Returns why that failed.
  func failure() -> StaticString? {
    let result = run()
    if result < 0 { return (SystemError(rawValue: result) ?? .unknownCall).sentence }
    return isUnknownOperation(message.pointee.words[0]) ? "The service does not know the operation." : nil
  }
}
