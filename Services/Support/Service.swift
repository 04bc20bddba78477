// What a service is, whatever its placement: a value that handles requests, and that can put its state into bytes so
// that another placement goes on where this one stopped.
//
// A service is one file or a few in Services/NAME, with a type that conforms to `Service` and the line
// `typealias PlacedService = …`. The build makes a program of it (a server in Ring 3 or Ring 0) and a module (linked
// into the kernel). The service itself never learns which it is.

/// How a service answers what it has kept. It is bound in Services/Server and Services/Module.
public protocol KeptAnswers {
  /// Returns false where the answer reached nobody: the caller has given up, or its request goes to a successor. What it
  /// carried is the service's still.
  static func send(_ words: InlineArray<6, UInt32>, _ bytes: [UInt8], to request: KeptRequest) -> Bool
}

/// A service. Requests come one at a time; those that it keeps are answered when it is woken, or by another request.
public protocol Service {
  /// The name by which it is called, 1 to 31 bytes.
  static var name: StaticString { get }
  init()
  /// Answers a request through `request`.
  mutating func handle(_ request: inout Request)
  /// Something may have come that requests are kept for: one of its lines has called, or the moment has come.
  mutating func woken()
  /// While it keeps requests: when it is to be woken at the latest, in nanoseconds since boot; `.max` where only lines matter.
  /// Nil: it waits for nothing, and what a line has to say stays for later.
  var nextWake: UInt64? { get }
  /// Brings what is only in memory to where it stays: the service may be about to end.
  mutating func settle()
  /// Writes the state that `restore` needs. A service without state writes nothing.
  func save(to state: inout StateWriter)
  /// Takes over the state that `save` wrote, in any placement. Returns false where the bytes make no sense; the
  /// service is then as it was.
  mutating func restore(from state: inout StateReader) -> Bool
}

extension Service {
  public mutating func woken() {}
  public var nextWake: UInt64? { nil }
  public mutating func settle() {}
  public func save(to state: inout StateWriter) {}
  public mutating func restore(from state: inout StateReader) -> Bool { true }
}

/// Operations that every service has; its own are below 0x7fffff00. Those on its state are for who moves it: to others they
/// are operations that it does not have.
public enum CommonOperation {
  /// Writes part of the state: word 0 is the offset. Reply: word 0 is the whole size, the data the part.
  public static var save: UInt32 { 0x7fff_ff01 }
  /// Takes a part of the state: word 0 is the offset, word 1 the whole size. Reply: word 0 is 1, or 0 where refused.
  public static var restore: UInt32 { 0x7fff_ff02 }
  /// Does nothing and answers: whether the service lives.
  public static var ping: UInt32 { 0x7fff_ff03 }
  /// Brings what is only in memory to where it stays, and answers then. The manager asks for it before it ends a service.
  public static var settle: UInt32 { 0x7fff_ff04 }
}

/// A service with what it needs to be saved and restored in parts. Both placements drive it.
public struct ServiceHost<Placed: Service> {
  public var service = Placed()
  private var savedState: [UInt8] = []
  private var incomingState: [UInt8] = []
  /// It was asked for its state and by nobody else since: what it took from a device now, its successor would not have.
  private var isSaved = false
  /// The most bytes of a state.
  private static var stateLimit: UInt32 { 16 << 20 }

  public init() {}

  /// Answers one request.
  public mutating func handle(_ request: inout Request) {
    switch request.operation {
    case CommonOperation.save, CommonOperation.restore:
      guard request.isFromHolder else {
        request.reply[0] = unknownOperation
        return
      }
      if request.operation == CommonOperation.save { save(&request) } else { restore(&request) }
    case CommonOperation.ping: request.reply[0] = 1
    case CommonOperation.settle:
      service.settle()
      request.reply[0] = 1
    default:
      if !request.isFromHolder { isSaved = false }
      service.handle(&request)
    }
  }

  /// When the service is to be woken at the latest; nil: not at all.
  public var nextWake: UInt64? { isSaved ? nil : service.nextWake }
  public mutating func woken() { if !isSaved { service.woken() } }

  private mutating func save(_ request: inout Request) {
    // A word of 32 bits may be no Int.
    let offset = Int(clamping: request.words[0])
    if offset == 0 {
      service.settle()
      isSaved = true
      var writer = StateWriter()
      service.save(to: &writer)
      savedState = writer.bytes
    }
    request.reply[0] = UInt32(savedState.count)
    guard offset < savedState.count else {
      savedState = []
      return
    }
    request.write(Array(savedState[offset..<(offset + min(savedState.count - offset, request.capacity))]))
  }

  private mutating func restore(_ request: inout Request) {
    if request.words[0] == 0 { incomingState = [] }
    guard request.words[0] == UInt32(incomingState.count), request.words[1] <= Self.stateLimit,
      request.data.count <= Int(request.words[1]) - incomingState.count
    else {
      incomingState = []
      return
    }
    append(request.data)
    guard UInt32(incomingState.count) == request.words[1] else {
      request.reply[0] = 1
      return
    }
    var reader = StateReader(bytes: incomingState)
    request.reply[0] = service.restore(from: &reader) ? 1 : 0
    incomingState = []
  }

  private mutating func append(_ data: Span<UInt8>) {
    for index in data.indices { incomingState.append(data[index]) }
  }
}
