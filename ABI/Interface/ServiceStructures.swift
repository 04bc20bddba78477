// The structures of system calls about handles, modules and services, laid out as those of Structures.swift are.

/// The handles that every process begins with, unless its starter gave it none: what it reads, what it writes, and where it
/// says what is wrong. No other handle gets one of these numbers by itself; `handlePlace` changes what they stand for.
public enum StandardHandle {
  @inlinable public static var input: UInt32 { 0 }
  @inlinable public static var output: UInt32 { 1 }
  @inlinable public static var error: UInt32 { 2 }
  @inlinable public static var count: UInt32 { 3 }
}

/// What a new process gets as one of its standard handles.
public struct HandleSource: Equatable, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// What the starter has under the same number, if bytes are read from it or written to it and it may be duplicated; else nothing.
  @inlinable public static var inherited: HandleSource { .init(rawValue: 0) }
  /// Nothing.
  @inlinable public static var none: HandleSource { .init(rawValue: .max) }
  /// What this handle of the starter's stands for, with the rights that it has; it needs the right `duplicate`.
  @inlinable public static func handle(_ handle: UInt32) -> HandleSource { .init(rawValue: handle &+ 1) }
}

/// What a handle can stand for.
public enum ObjectKind: UInt32, CaseIterable, Sendable {
  case none = 0
  case terminal = 1
  /// The other side of a pseudo-terminal.
  case terminalMaster = 2
  case nullDevice = 3
  case file = 4
  case service = 5
  case endpoint = 6
  case notification = 7
  case interrupt = 8
  case ports = 9
  case pipeReader = 10
  case pipeWriter = 11
  /// A file of a file system that a service has.
  case servedFile = 12
  case directory = 13
  case zeroDevice = 14
}

public struct HandleInformation: BitwiseCopyable, Sendable {
  /// An `ObjectKind`.
  public var kind: UInt32 = 0
  public var rights = HandleRights(rawValue: 0)
  /// Of a file: where the next read or write begins.
  public var position: UInt32 = 0
  @inlinable public init() {}
}

/// The two handles of a new pipe.
public struct PipeEnds: BitwiseCopyable, Sendable {
  public var reading: UInt32 = 0
  public var writing: UInt32 = 0
  @inlinable public init() {}
}

/// How much a pipe holds.
public enum PipeLimits {
  /// Bytes that are written and not read yet, at the most.
  @inlinable public static var capacity: UInt32 { 8192 }
  /// Up to so many bytes of one `write` come into the pipe together, or not at all.
  @inlinable public static var atomic: UInt32 { 4096 }
}

/// What may be done with a handle. A new handle allows everything; a duplicate may allow less.
public struct HandleRights: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// To make duplicates of it.
  @inlinable public static var duplicate: HandleRights { .init(rawValue: 1) }
  /// To pass it on in a message.
  @inlinable public static var pass: HandleRights { .init(rawValue: 2) }
  /// To read from it: bytes, requests, ports, the bits of a notification.
  @inlinable public static var read: HandleRights { .init(rawValue: 4) }
  /// To write to it: bytes, ports, the bits of a notification.
  @inlinable public static var write: HandleRights { .init(rawValue: 8) }
  /// To call a service.
  @inlinable public static var call: HandleRights { .init(rawValue: 16) }
  @inlinable public static var all: HandleRights { .init(rawValue: 31) }
}

public struct ModuleParameters: BitwiseCopyable, Sendable {
  /// An array of `count` TextSlices `name=value`.
  public var address: UInt32 = 0
  public var count: UInt32 = 0
  /// Where one sentence goes that explains a refusal; capacity 0: it goes to the log only.
  public var explanationAddress: UInt32 = 0
  public var explanationCapacity: UInt32 = 0
  @inlinable public init() {}
}

public struct ModuleInformation: BitwiseCopyable, Sendable {
  public var name = Name()
  public var version = Name()
  /// Its place, 0 to 63.
  public var number: UInt32 = 0
  /// 0 loading, 1 live, 2 stopping, 3 failed, 4 starting, 5 draining: the last calls are finishing.
  public var state: UInt32 = 0
  public var base: UInt32 = 0
  public var pages: UInt32 = 0
  /// Tasks inside the module now.
  public var threadsInside: UInt32 = 0
  /// The modules that use this one: a bit for each place.
  public var users = WordPair()
  public var calls: UInt32 = 0
  public var faults: UInt32 = 0
  /// Bytes of kernel memory that it has allocated.
  public var allocatedBytes: UInt32 = 0
  @inlinable public init() {}
}

/// A request or a reply. Six words travel in the structure; longer data is copied once from buffer to buffer.
public struct Message: BitwiseCopyable, Sendable {
  /// What is asked for, in the lower 31 bits. With the bit `passesHandle` the last word is a handle of the sender's,
  /// which the kernel replaces by one of the receiver's for the same object; in a reply likewise.
  public var operation: UInt32 = 0
  public var words = InlineArray<6, UInt32>(repeating: 0)
  /// Bytes to send; the receiver's `bufferAddress`/`bufferCapacity` say where they may go.
  public var dataAddress: UInt32 = 0
  public var dataLength: UInt32 = 0
  /// Where bytes that come in go, and how many there is room for.
  public var bufferAddress: UInt32 = 0
  public var bufferCapacity: UInt32 = 0
  /// The identity of the sending process, filled in by the kernel. With the bit `fromHolder` where that process holds the
  /// service's calls, as only who moves it does.
  public var sender: UInt32 = 0
  @inlinable public init() {}

  @inlinable public static var passesHandle: UInt32 { 0x8000_0000 }
  /// What a server that receives in registers finds as the operation where all of the request is in its message.
  @inlinable public static var isInMemory: UInt32 { 0x8000_0000 }
  /// A bit in `sender`; identities have 31.
  @inlinable public static var fromHolder: UInt32 { 0x8000_0000 }
  /// A bit in a request's `dataLength`: the data are whole pages, lent for as long as the call lasts instead of copied, to a
  /// server that has a place for them. The server finds in `dataAddress` where they are.
  @inlinable public static var lendsPages: UInt32 { 0x8000_0000 }
}

/// What `receiveAny` waits for besides requests, and what of it came.
public struct WaitSet: BitwiseCopyable, Sendable {
  /// A handle of a notification, and the bits that are waited for; 0: none, and the handle means nothing.
  public var notification: UInt32 = 0
  public var bits: UInt32 = 0
  /// Kinds of events, which are taken by `eventWait`.
  public var kinds = EventKinds(rawValue: 0)
  /// The longest wait in nanoseconds; all ones: no limit.
  public var time = WordPair(.max)
  /// What came: bits, which are taken, and kinds of events, which are not.
  public var bitsCame: UInt32 = 0
  public var kindsCame = EventKinds(rawValue: 0)
  @inlinable public init() {}
}

/// What `serviceControl` does.
public enum ServiceAction: UInt32, Sendable {
  /// Waits until the calls inside have been answered, and keeps all further ones waiting, except those of the caller.
  case hold = 0
  /// Lets the calls go on.
  case release = 1
  /// Ends the term of the server that was there when the hold began, once a successor has published the name.
  case retire = 2
}

/// Where memory is that a device reaches.
public struct DeviceMemoryPlace: BitwiseCopyable, Sendable {
  /// In the driver's address space, and as the device names it.
  public var address: UInt32 = 0
  public var physicalAddress: UInt32 = 0
  @inlinable public init() {}
}

public enum ServicePlacement: UInt32, Sendable {
  case server = 0
  case ring0Server = 1
  case linked = 2
}

public struct ServiceInformation: BitwiseCopyable, Sendable {
  public var name = Name()
  public var placement: UInt32 = 0
  /// The process or module that serves it.
  public var owner: UInt32 = 0
  public var calls: UInt32 = 0
  public var faults: UInt32 = 0
  /// 0: nobody serves it now; 1: served; 2: its calls are held back.
  public var state: UInt32 = 0
  /// Callers that wait for their turn, and callers whose request is being handled.
  public var waiting: UInt32 = 0
  public var inside: UInt32 = 0
  @inlinable public init() {}
}
