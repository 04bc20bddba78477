// The child's side: invents calls by what the table says of their arguments, and makes them.
//
// Invariants:
// - The kernel is never asked to write to the worker's own stack or image, but for a structure of the right size: in
//   Ring 0 a return to where it was not called from could do anything, and nothing would be learned about the kernel.
// - The worker holds nothing outside its stack and image, so whatever it does to its memory does not hurt it.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

struct Worker {
  /// Memory that calls read and write: pages to use, one page that is read-only, one that allows nothing; after each
  /// comes a hole.
  private static var arena: UInt32 { 0x6000_0000 }
  private static var arenaSize: UInt32 { 0x4000 }
  private static var readOnlyPage: UInt32 { 0x6001_0000 }
  private static var forbiddenPage: UInt32 { 0x6002_0000 }

  private var random: SeededRandom
  private let parent: UInt32
  private let own = current_task()
  private var done: UInt32 = 0
  private var lastTask: UInt32 = 0
  private var lastHandle: UInt32 = 0
  private var lastMapping: UInt32 = 0
  /// The structure that a call reads; rebuilt for each.
  private var structure = InlineArray<40, UInt32>(repeating: 0)

  init(seed: UInt32, child: UInt32, parent: UInt32) {
    random = SeededRandom(seed: seed, stream: child)
    self.parent = parent
  }

  /// Makes `count` calls. Returns how many it made.
  mutating func run(count: UInt32) -> Int32 {
    prepare()
    while done < count {
      makeCall()
      done &+= 1
    }
    return Int32(bitPattern: done)
  }

  /// Gives up the rights to stop the machine, to end others and to start Ring-0 tasks, and sometimes the rest; closes
  /// the console, which is no place for random bytes.
  private mutating func prepare() {
    Process.drop(random.oneIn(2) ? .all : Rights.toDevices.union([.power, .tasks, .ring0]))
    _ = SystemCalls.close(StandardHandle.input)
    _ = SystemCalls.close(StandardHandle.output)
    _ = SystemCalls.memoryMap(Self.arena, Self.arenaSize, [.read, .write])
    _ = SystemCalls.memoryMap(Self.readOnlyPage, 4096, .read)
    _ = SystemCalls.memoryMap(Self.forbiddenPage, 4096, [])
    for offset in 0..<(64 as UInt32) { volatile_write(Self.arena + 4 * offset, random.next()) }
    Paths.write(to: Self.arena + 0x400)
  }

  private mutating func makeCall() {
    guard let call = chooseCall() else {
      _ = megha_system_call_registers(SystemCall.count &+ random.next() % 0x1000, random.next(), address(), 3, 4, 5)
      return
    }
    var words = InlineArray<5, UInt32>(repeating: 0)
    for index in 0..<5 { words[index] = call.argument(index).map { word(for: $0.kind, of: call) } ?? random.next() }
    // What it did so far is not lost where it ends itself.
    if call == .exit || call == .abort { words[0] = done }
    if call == .kill { words[1] = done }
    if call == .processStart || call == .threadStart, !random.oneIn(16) { words[1] = structureSize(of: call) }
    if call == .taskInformation, !random.oneIn(8) { words[2] = UInt32(MemoryLayout<TaskInformation>.size) }
    let registers = megha_system_call_registers(call.rawValue, words[0], words[1], words[2], words[3], words[4])
    let result = registers.result
    guard result >= 0 else { return }
    switch call {
    case .processStart, .threadStart: lastTask = UInt32(bitPattern: result)
    case .open, .serviceOpen, .servicePublish, .notificationCreate: lastHandle = UInt32(bitPattern: result)
    case .memoryMap: lastMapping = UInt32(bitPattern: result) << 12
    default: break
    }
  }

  /// Nil once in a while: a number that is no call's. Calls that end the worker or take long are rare.
  private mutating func chooseCall() -> SystemCall? {
    if random.oneIn(64) { return nil }
    while let call = SystemCall(rawValue: random.below(SystemCall.count)) {
      switch call {
      case .exit, .abort: if random.oneIn(32) { return call }
      case .processStart, .memoryInformation, .kill, .processStop: if random.oneIn(16) { return call }
      default: return call
      }
    }
    return nil
  }

  // MARK: Words

  private mutating func word(for kind: CallArgumentKind, of call: SystemCall) -> UInt32 {
    switch kind {
    case .number: return number()
    case .flags: return random.oneIn(8) ? random.next() : random.below(64)
    case .task: return task()
    case .handle:
      // Without an endpoint.
      if call == .receiveAny && random.oneIn(2) { return .max }
      return random.oneIn(8) ? random.next() : random.oneIn(2) ? lastHandle : random.below(40)
    case .bytesIn: return random.oneIn(2) ? Paths.address(random.next(), in: Self.arena + 0x400) : address()
    case .bytesOut, .structureOut, .address: return address()
    case .length: return length()
    case .structureIn(let size), .structureInOut(let size):
      if random.oneIn(4) { return address() }
      fill(size: size, for: call)
      return withUnsafeMutablePointer(to: &structure) { UInt32(UInt(bitPattern: $0)) }
    case .timeLow: return random.oneIn(2) ? 0 : random.below(200_000)
    case .timeHigh: return random.oneIn(256) ? random.next() : 0
    }
  }

  private mutating func number() -> UInt32 {
    switch random.below(7) {
    case 0: return 0
    case 1: return random.below(8)
    case 2: return random.below(0x4000)
    case 3: return 1 << random.below(32)
    case 4: return 0 &- random.below(0x2000)
    // Where a number of one more bit, or of the other sign, begins.
    case 5: return (1 << random.below(32)) &- 1
    default: return random.next()
    }
  }

  private mutating func length() -> UInt32 {
    switch random.below(8) {
    case 0: return 0
    case 1: return random.below(0x10000)
    case 2: return 0 &- random.below(0x2000)
    case 3: return random.next()
    default: return random.below(32)
    }
  }

  private mutating func task() -> UInt32 {
    switch random.below(8) {
    case 0: return 0
    case 1: return parent
    case 2: return random.below(16)
    case 3: return random.next()
    case 4: return own
    default: return lastTask
    }
  }

  /// Addresses of every kind but those of the worker's own stack and image.
  private mutating func address() -> UInt32 {
    switch random.below(16) {
    case 0: return random.oneIn(2) ? 0 : random.below(0x10000)
    case 1: return Self.arena + Self.arenaSize &- random.below(64)
    case 2: return Self.readOnlyPage + random.below(0x1000)
    case 3: return Self.forbiddenPage + random.below(0x1000)
    case 4: return 0xc000_0000 &+ (random.next() & 0x3fff_ffff)
    case 5: return 0xc000_0000 &- random.below(0x1000)
    case 6: return 0 &- random.below(0x1000)
    case 7: return 0xc010_0000 + random.below(0x10_0000)
    case 8: return lastMapping &+ random.below(0x2000)
    case 9: return 0x1000_0000 &+ random.next() % 0x9f00_0000
    case 10: return Self.arena + Self.arenaSize + random.below(0x10_0000) & ~0xfff
    default: return Self.arena + random.below(Self.arenaSize) & (random.oneIn(4) ? .max : ~3)
    }
  }

  // MARK: Structures

  private mutating func fill(size: UInt32, for call: SystemCall) {
    for index in 0..<Int(min(size / 4, 40)) {
      structure[index] = random.oneIn(3) ? address() : random.oneIn(2) ? length() : number()
    }
    switch call {
    case .processStart: fillProcess()
    case .threadStart: fillThread()
    case .call, .receive, .reply, .replyAndReceive, .requestAnswer, .receiveInRegisters, .replyMessageAndReceive:
      fillMessage()
    case .receiveAny: fillSet()
    case .moduleLoad: if random.oneIn(2) { structure[1] = 0 }
    default: break
    }
  }

  private func structureSize(of call: SystemCall) -> UInt32 {
    UInt32(call == .processStart ? MemoryLayout<ProcessRequest>.size : MemoryLayout<ThreadRequest>.size)
  }

  private mutating func fillProcess() {
    if random.oneIn(4) { return }
    var request = ProcessRequest()
    request.path = TextSlice(address: Paths.address(random.next(), in: Self.arena + 0x400), length: length())
    if !random.oneIn(4) { request.path = Paths.program(in: Self.arena + 0x400) }
    if random.oneIn(4) {
      request.imageAddress = address()
      request.imageLength = length()
    }
    if random.oneIn(2) {
      request.argumentsAddress = address()
      request.argumentCount = random.below(20)
    }
    request.flags = StartFlags(rawValue: random.oneIn(4) ? random.below(64) : 0)
    request.priority = random.oneIn(4) ? random.below(40) : 0
    request.explanationAddress = address()
    request.explanationCapacity = length()
    set(request)
  }

  private mutating func fillThread() {
    var request = ThreadRequest()
    let entry: @convention(c) (UInt32) -> Void = fuzzThread
    request.entry = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    if random.oneIn(64) { request.entry = address() }
    request.argument = random.next()
    request.flags = StartFlags(rawValue: random.oneIn(2) ? 0 : random.oneIn(2) ? 8 : random.below(32))
    request.stackSize = random.oneIn(2) ? 0 : number()
    request.priority = random.oneIn(4) ? random.below(40) : 0
    set(request)
  }

  private mutating func fillMessage() {
    var message = Message()
    message.operation = number()
    if random.oneIn(2) {
      message.dataAddress = address()
      message.dataLength = length()
    }
    if random.oneIn(2) {
      message.bufferAddress = address()
      message.bufferCapacity = length()
    }
    set(message)
  }

  private mutating func fillSet() {
    var wanted = WaitSet()
    wanted.notification = lastHandle
    wanted.bits = random.oneIn(2) ? 0 : number()
    wanted.kinds = EventKinds(rawValue: random.oneIn(8) ? random.next() : random.below(16))
    wanted.time = WordPair(UInt64(random.below(200_000)))
    set(wanted)
  }

  private mutating func set<Value: BitwiseCopyable>(_ value: Value) {
    withUnsafeMutableBytes(of: &structure) { $0.storeBytes(of: value, as: Value.self) }
  }
}

/// What the threads do that the worker starts: a little, or nothing, and end.
@c func fuzzThread(_ argument: UInt32) {
  for _ in 0..<(argument & 7) { Thread.yield() }
  Process.exit(Int32(bitPattern: argument))
}
