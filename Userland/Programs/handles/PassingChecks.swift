// Handles in requests and replies, between two processes.

import ABI
import Primitives
import Runtime
import SDK

enum PassingOperation {
  /// Word 5: a notification, of which the server sets bit 0. Reply: word 0 is what came of it.
  static var signal: UInt32 { 1 }
  /// Reply: word 5 is a notification of the server's, which has bit 1 set.
  static var give: UInt32 { 2 }
  /// The server fills its table, takes what the request names, and empties it again.
  static var fill: UInt32 { 3 }
  /// The reply names a handle that the server does not hold.
  static var giveNothing: UInt32 { 4 }
}

/// The server's side, in the process of the checks.
enum PassingChecks {
  private static var name: StaticString { "handles" }

  static func run(_ checks: inout Checklist) {
    let result = unsafe SystemCalls.servicePublish(name.utf8Start, UInt32(name.utf8CodeUnitCount))
    guard result >= 0 else {
      checks.check(false, "the service is published")
      return
    }
    let endpoint = Handle(UInt32(result))
    checks.check(
      Handles.refusal { () throws(SystemError) in try endpoint.duplicate(.read) } == .unsupported,
      "an endpoint has one handle")
    guard let own = try? Notification(), let client = Handles.start("--client") else { return }
    try? own.signal(2)
    var received: [Handle] = []
    var message = Message()
    var number = unsafe SystemCalls.receive(endpoint.number, &message)
    while number > 0 {
      let isPassed = message.operation & Message.passesHandle != 0
      let handle = Handle(message.words[5])
      var isLast = false
      switch message.operation & ~Message.passesHandle {
      case PassingOperation.signal:
        let refusal = isPassed ? Handles.refusal { () throws(SystemError) in try Notification(handle).signal(1) } : nil
        message.operation = 0
        message.words[0] = UInt32(bitPattern: refusal?.rawValue ?? (isPassed ? 0 : 1))
        if isPassed { received.append(handle) }
      case PassingOperation.give:
        message.operation = Message.passesHandle
        message.words[5] = own.handle.number
      case PassingOperation.giveNothing:
        message.operation = Message.passesHandle
        message.words[5] = 31
        // The kernel tells the server, which may answer anew.
        let refused = unsafe SystemCalls.reply(UInt32(number), &message)
        checks.check(refused == SystemError.badHandle.rawValue, "a server cannot pass a handle that it does not hold")
        message.operation = 0
      case PassingOperation.fill:
        var handles: [Handle] = []
        while let handle = try? Handle.output.duplicate(.write) { handles.append(handle) }
        message.operation = 0
        _ = unsafe SystemCalls.reply(UInt32(number), &message)
        // The next request passes a handle, for which there is no room: it fails for its caller, and is not seen here.
        number = unsafe SystemCalls.receive(endpoint.number, &message)
        for handle in handles { handle.close() }
        continue
      default:
        isLast = true
      }
      if isLast {
        _ = unsafe SystemCalls.reply(UInt32(number), &message)
        break
      }
      number = unsafe SystemCalls.replyAndReceive(endpoint.number, UInt32(number), &message)
    }
    checks.check(number > 0, "the server gets every request")
    checks.check(
      (try? client.wait()) == .exited(status: 0), "the client's checks of what it passed and got hold")
    // The notifications died with the client that made them; the handles here did not.
    var isGone = received.count == 2
    for (index, handle) in received.enumerated() {
      // The first allows everything, the second to wait only.
      let refusal = Handles.refusal { () throws(SystemError) in
        if index == 0 { try Notification(handle).signal(1) } else { _ = try Notification(handle).wait() }
      }
      if refusal != .peerGone { isGone = false }
      handle.close()
    }
    checks.check(isGone, "a notification dies with the process that made it, whoever holds it")
    checks.check((try? own.signal(1)) != nil, "and lives on when another process that held it ends")
    own.handle.close()
    endpoint.close()
  }
}

/// The client's side, in a process of its own. Its status is the number of the first check that failed.
enum PassingClient {
  static func run() -> Int32 {
    let name: StaticString = "handles"
    let result = unsafe SystemCalls.serviceOpen(name.utf8Start, UInt32(name.utf8CodeUnitCount))
    guard result >= 0, let notification = try? Notification() else { return 1 }
    let service = UInt32(result)

    var message = request(PassingOperation.signal, notification.handle)
    guard call(service, &message) == 0, message.words[0] == 0, (try? notification.wait(nanoseconds: 0)) == 1 else {
      return 2
    }
    // A handle that allows less arrives with less.
    guard let half = try? notification.handle.duplicate([.read, .pass]) else { return 3 }
    message = request(PassingOperation.signal, half)
    guard call(service, &message) == 0, message.words[0] == UInt32(bitPattern: SystemError.badHandle.rawValue) else {
      return 4
    }
    // One that must not be passed, and one that is none: the call fails here, the server never sees it.
    guard let bound = try? notification.handle.duplicate([.read, .write]) else { return 5 }
    message = request(PassingOperation.signal, bound)
    guard call(service, &message) == SystemError.badHandle.rawValue else { return 6 }
    message = request(PassingOperation.signal, Handle(29))
    guard call(service, &message) == SystemError.badHandle.rawValue else { return 7 }
    // Without the bit the last word is a word.
    message = request(PassingOperation.signal, notification.handle)
    message.operation &= ~Message.passesHandle
    guard call(service, &message) == 0, message.words[0] == 1 else { return 8 }
    // Registers have no place for a handle.
    guard
      SystemCalls.callShort(service, PassingOperation.signal | Message.passesHandle, 0, 0, 0)
        == SystemError.badArgument.rawValue
    else { return 9 }

    message = request(PassingOperation.give, nil)
    guard call(service, &message) == 0, message.operation == Message.passesHandle,
      (try? Notification(Handle(message.words[5])).wait()) == 2
    else { return 10 }
    message = request(PassingOperation.giveNothing, nil)
    guard call(service, &message) == 0, message.operation == 0 else { return 11 }

    message = request(PassingOperation.fill, nil)
    guard call(service, &message) == 0 else { return 12 }
    message = request(PassingOperation.signal, notification.handle)
    guard call(service, &message) == SystemError.limitReached.rawValue else { return 13 }
    message = request(0, nil)
    return call(service, &message) == 0 ? 0 : 14
  }

  private static func request(_ operation: UInt32, _ handle: Handle?) -> Message {
    var message = Message()
    message.operation = operation
    if let handle {
      message.operation |= Message.passesHandle
      message.words[5] = handle.number
    }
    return message
  }

  private static func call(_ service: UInt32, _ message: inout Message) -> Int32 {
    unsafe SystemCalls.call(service, &message, .max, .max)
  }
}
