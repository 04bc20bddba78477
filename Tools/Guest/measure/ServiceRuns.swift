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

struct ServiceRuns {
  static var bufferSize: UInt32 { 65536 }
  private static var placements: [(ServicePlacement, StaticString)] {
    [(.server, "server"), (.ring0Server, "ring0-server"), (.linked, "linked")]
  }

  let runs: Int
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
    do throws(SystemError) {
      if let refusal = try ManagerClient.ask(.start, words[0], placement: placement) {
        return giveUp { line in for byte in refusal { line.write(byte: byte) } }
      }
    } catch { return giveUp { line in line.write(error.sentence) } }
    defer {
      do throws(SystemError) { _ = try ManagerClient.ask(.stop, words[0], placement: placement) } catch {}
    }
    let opened = SystemCalls.serviceOpen(words[0].address, UInt32(words[0].count))
    guard opened >= 0 else { return giveUp { $0.write("The service cannot be opened.") } }
    let handle = UInt32(opened)
    defer { _ = SystemCalls.close(handle) }
    var passes = true
    for request in requests {
      if request.name.count > 0 {
        if !measure(request, handle, name(request)) { passes = false }
      } else if let reason = Exchange(request, handle, limit)?.failure() {
        return giveUp { line in
          line.write("What comes before is refused: ")
          line.write(reason)
        }
      }
    }
    return passes
  }

  private func measure(_ request: Request, _ handle: UInt32, _ name: (inout ConsoleLine) -> Void) -> Bool {
    guard var samples = Samples(), let exchange = Exchange(request, handle, limit) else {
      Row.write(name) { $0.write("There is no memory for samples.") }
      return false
    }
    if let reason = exchange.failure() {
      Row.write(name) { $0.write(reason) }
      return false
    }
    for _ in 0..<Samples.warmUp { _ = exchange.run() }
    let before = Counts.take()
    let failure = samples.take(runs, warmUp: 0) { exchange.run() }
    let counts = Counts.take().since(before, operations: UInt32(runs))
    if let failure {
      Row.write(name) { $0.write(failure.sentence) }
      return false
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
  private let limit: WordPair

  init?(_ request: Request, _ handle: UInt32, _ milliseconds: UInt32) {
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
    limit = WordPair(UInt64(milliseconds) &* 1_000_000)
  }

  /// Sends it, and returns the result of the system call. Without a limit it goes the way that calls commonly go.
  func run(within limit: WordPair = WordPair(.max)) -> Int32 {
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
    let result = run(within: limit)
    if result < 0 { return (SystemError(rawValue: result) ?? .unknownCall).sentence }
    return isUnknownOperation(message.pointee.words[0]) ? "The service does not know the operation." : nil
  }
}
