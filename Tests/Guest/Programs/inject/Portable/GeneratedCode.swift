// Functions that follow from a seed: arithmetic, memory, branches, loops, calls of each other and of the kernel. They do
// nothing wrong; what is made of them by a mutation may.
//
// Invariants:
// - A function calls only those that were written before it, and loops have fixed counts, so that all of it ends; no
//   function does more than `workLimit` allows.
// - The stack is as it was where a statement ends; EBP holds the frame in between.

import ABI
import SDK

/// Where generated code runs, and what it may use there.
struct CodePlace {
  /// The address of the first instruction.
  var origin: UInt32
  /// 1,024 bytes to read and write.
  var data: UInt32
  /// Addresses of functions to call in place of system calls; 0: there are system calls.
  var exports: UInt32 = 0
  /// Whether x87 and SSE registers may be used.
  var hasFloat = true

  /// What lies where in the data: first words to compute with, then a buffer for the kernel to write to, a path, a message.
  static var wordCount: UInt32 { 64 }
  var buffer: UInt32 { data + 256 }
  var path: UInt32 { data + 512 }
  var device: UInt32 { data + 544 }
  static var deviceLength: UInt32 { 9 }
  var message: UInt32 { data + 576 }
  /// The handle of a server's endpoint, a notification's, and where a mapping is.
  var endpoint: UInt32 { data + 640 }
  var handle: UInt32 { data + 644 }
  static var size: UInt32 { 1024 }
}

struct GeneratedCode {
  /// How a function of the module's table is called.
  enum Export: UInt32 {
    case clock, allocate, free, sleep, caller, lives
  }

  var writer: CodeWriter
  let place: CodePlace
  var random: SeededRandom
  /// The addresses of the functions that there are already.
  private var functions: [Function] = []
  /// How much the function in hand does, and how often what is written next is done.
  private var work: UInt32 = 0
  private var repetitions: UInt32 = 1

  private struct Function {
    let address: UInt32
    let work: UInt32
  }

  /// In statements; a call of the kernel counts as many.
  private static var workLimit: UInt32 { 4000 }
  private static var kernelWork: UInt32 { 100 }

  /// The registers that statements compute in.
  private static let registers: [Register] = [.eax, .ecx, .edx, .ebx, .esi, .edi]
  private static var frameSize: UInt8 { 32 }

  init(place: CodePlace, random: SeededRandom) {
    self.place = place
    self.random = random
    writer = CodeWriter(origin: place.origin)
  }

  /// Writes some functions, each larger than the ones before. Returns the address of the last, which calls the others.
  mutating func writeFunctions() -> UInt32 {
    for index in 0..<(2 + random.below(4)) {
      let start = writer.address
      (work, repetitions) = (0, 1)
      writer.enterFrame(size: Self.frameSize)
      for _ in 0..<(3 + random.below(6) + index) { statement(depth: 0) }
      writer.move(.eax, anyRegister())
      writer.leaveFrame()
      functions.append(Function(address: start, work: work))
    }
    return functions[functions.count - 1].address
  }

  /// What a process is: the functions, and an entry that calls the last one and exits with a status below 64.
  mutating func writeProcess() -> UInt32 {
    let function = writeFunctions()
    let entry = writer.address
    writer.call(function)
    writer.apply(.and, .eax, number: 63)
    writer.move(.ebx, .eax)
    systemCall(.exit)
    return entry
  }

  /// What a server is: it publishes its name and answers requests with the help of the functions until something fails.
  mutating func writeServer(nameLength: UInt32) -> UInt32 {
    let function = writeFunctions()
    let entry = writer.address
    writer.set(.ebx, place.path)
    writer.set(.ecx, nameLength)
    systemCall(.servicePublish)
    exitOnError(status: 1)
    writer.store(.eax, to: place.endpoint)
    writer.move(.ebx, .eax)
    writer.set(.ecx, place.message)
    systemCall(.receive)
    let loop = writer.address
    exitOnError(status: 2)
    writer.push(.eax)
    writer.call(function)
    writer.store(.eax, to: place.message + 4)
    writer.pop(.ecx)
    writer.load(.ebx, from: place.endpoint)
    writer.set(.edx, place.message)
    systemCall(.replyAndReceive)
    writer.jump(to: loop)
    return entry
  }

  private mutating func exitOnError(status: UInt32) {
    writer.bytes(0x85, 0xc0)  // TEST EAX, EAX
    let jump = writer.skip(on: 9, isShort: true)  // JNS
    writer.set(.ebx, status)
    systemCall(.exit)
    writer.land(jump, isShort: true)
  }

  /// By the page or, once in a while, by the gate.
  mutating func systemCall(_ call: SystemCall) {
    writer.set(.eax, call.rawValue)
    if random.oneIn(4) { writer.bytes(0xcd, 0x80) } else { writer.call(AddressLayout.systemCallPage) }
  }

  // MARK: Statements

  private mutating func anyRegister() -> Register { Self.registers[Int(random.below(UInt32(Self.registers.count)))] }
  private mutating func wordAddress() -> UInt32 { place.data + 4 * random.below(CodePlace.wordCount) }

  private mutating func statement(depth: Int) {
    work += repetitions
    switch random.below(depth < 2 ? 20 : 14) {
    case 0, 1: arithmetic()
    case 2, 3: memory()
    case 4: shift()
    case 5: divide()
    case 6, 7: call()
    case 8: string()
    case 9: if place.hasFloat { float() } else { memory() }
    case 10: fillFrame()
    case 11: pointers()
    case 12: fillArray()
    case 13: passOnStack()
    case 14, 15: branch(depth: depth)
    case 16, 17: loop(depth: depth)
    default:
      guard admit(Self.kernelWork) else { return arithmetic() }
      place.exports == 0 ? useKernel() : useExport()
    }
  }

  private mutating func arithmetic() {
    let target = anyRegister()
    let source = anyRegister()
    switch random.below(6) {
    case 0: writer.set(target, random.next())
    case 1: writer.move(target, source)
    case 2: writer.multiply(target, source)
    case 3: writer.apply(Operation(rawValue: UInt8(random.below(8))) ?? .add, target, number: random.below(0x200))
    case 4:
      // LEA of the register three times and a number.
      let scaled = 0x40 | source.rawValue &<< 3 | source.rawValue
      writer.bytes(0x8d, 0x44 | target.rawValue &<< 3, scaled, UInt8(random.below(64)))
    default: writer.apply(Operation(rawValue: UInt8(random.below(8))) ?? .add, target, source)
    }
  }

  private mutating func memory() {
    let register = anyRegister()
    switch random.below(6) {
    case 0: writer.load(register, from: wordAddress())
    case 1: writer.store(register, to: wordAddress())
    case 2: writer.load(register, fromFrame: frameWord())
    case 3: writer.store(register, toFrame: frameWord())
    case 4:
      writer.apply(.and, .ecx, number: CodePlace.wordCount - 1)
      writer.load(register, fromTable: place.data, .ecx)
    default:
      writer.move(.edx, register)
      writer.apply(.and, .edx, number: CodePlace.wordCount - 1)
      writer.store(register, toTable: place.data, .edx)
    }
  }

  private mutating func frameWord() -> UInt8 { UInt8(4 + 4 * random.below(UInt32(Self.frameSize / 4))) }

  /// SHL, SHR, ROL, NOT or NEG.
  private mutating func shift() {
    let register = anyRegister().rawValue
    switch random.below(5) {
    case 0: writer.bytes(0xc1, 0xe0 | register, UInt8(random.below(32)))
    case 1: writer.bytes(0xc1, 0xe8 | register, UInt8(random.below(32)))
    case 2: writer.bytes(0xc1, 0xc0 | register, UInt8(random.below(32)))
    case 3: writer.bytes(0xf7, 0xd0 | register)
    default: writer.bytes(0xf7, 0xd8 | register)
    }
  }

  /// DIV by a number that is not 0.
  private mutating func divide() {
    writer.apply(.or, .ecx, number: 1)
    writer.apply(.exclusiveOr, .edx, .edx)
    writer.bytes(0xf7, 0xf1)
  }

  /// Whether so much more work may be done here; it counts then.
  private mutating func admit(_ more: UInt32) -> Bool {
    guard more * repetitions <= Self.workLimit - min(work, Self.workLimit) else { return false }
    work += more * repetitions
    return true
  }

  private mutating func call() {
    guard !functions.isEmpty else { return arithmetic() }
    let function = functions[Int(random.below(UInt32(functions.count)))]
    guard admit(function.work) else { return arithmetic() }
    if random.oneIn(3) {
      writer.set(.eax, function.address)
      writer.bytes(0xff, 0xd0)
    } else {
      writer.call(function.address)
    }
  }

  /// REP STOSD or REP MOVSB inside of the buffer.
  private mutating func string() {
    writer.set(.edi, place.buffer)
    if random.oneIn(2) {
      writer.set(.ecx, 1 + random.below(24))
      writer.bytes(0xf3, 0xab)
    } else {
      writer.set(.esi, place.data)
      writer.set(.ecx, 1 + random.below(96))
      writer.bytes(0xf3, 0xa4)
    }
  }

  /// Fills the locals by REP STOSD: one too many reaches what the frame keeps for the caller.
  private mutating func fillFrame() {
    writer.address(.edi, ofFrame: Self.frameSize)
    writer.set(.ecx, UInt32(Self.frameSize / 4))
    writer.bytes(0xf3, 0xab)
  }

  /// Makes pointers to the data and to a local, keeps them in memory, and goes through them.
  private mutating func pointers() {
    let register = anyRegister()
    writer.set(.esi, place.data + 4 * random.below(32))
    writer.address(.edi, ofFrame: frameWord())
    writer.push(.esi)
    writer.push(.edi)
    writer.store(register, through: .esi, UInt8(4 * random.below(16)))
    writer.pop(.edx)
    writer.pop(.ebx)
    writer.load(.ecx, through: .ebx, UInt8(4 * random.below(16)))
    writer.store(.ecx, through: .edx, 0)
  }

  /// Writes words one after the other, downwards, until an index is 0.
  private mutating func fillArray() {
    writer.set(.ecx, 1 + random.below(24))
    let start = writer.address
    if random.oneIn(2) {
      writer.store(.eax, toTable: place.buffer, .ecx)
    } else {
      writer.load(.edx, fromTable: place.data, .ecx)
      writer.apply(.add, .eax, .edx)
    }
    writer.bytes(0x49, 0x75, UInt8(truncatingIfNeeded: start &- (writer.address &+ 3)))  // DEC ECX, JNZ
  }

  /// Arguments on the stack for a function that takes none, and their removal by the caller.
  private mutating func passOnStack() {
    let count = 1 + random.below(4)
    for _ in 0..<count { writer.push(anyRegister()) }
    if random.oneIn(2) { call() }
    if random.oneIn(2) {
      writer.apply(.add, .esp, number: 4 * count)
    } else {
      for _ in 0..<count { writer.pop(anyRegister()) }
    }
  }

  /// Numbers through the x87 or the SSE registers.
  private mutating func float() {
    if random.oneIn(2) {
      writer.bytes(0xdb, 0x05)  // FILD
      writer.word(wordAddress())
      writer.bytes(0xd8, 0xc0, 0xdb, 0x1d)  // FADD, FISTP
      writer.word(wordAddress())
    } else {
      writer.bytes(0x0f, 0x10, 0x05)  // MOVUPS
      writer.word(place.data + 16 * random.below(12))
      writer.bytes(0x0f, 0x57, 0xc8, 0x0f, 0x11, 0x0d)  // XORPS, MOVUPS
      writer.word(place.data + 16 * random.below(12))
    }
  }

  private mutating func branch(depth: Int) {
    writer.apply(.compare, anyRegister(), anyRegister())
    let isShort = random.oneIn(2)
    let jump = writer.skip(on: UInt8(random.below(16)), isShort: isShort)
    if isShort {
      arithmetic()
      memory()
    } else {
      for _ in 0..<(1 + random.below(3)) { statement(depth: depth + 1) }
    }
    writer.land(jump, isShort: isShort)
  }

  private mutating func loop(depth: Int) {
    let count = 1 + random.below(6)
    repetitions *= count
    let start = writer.beginLoop(UInt8(count))
    for _ in 0..<(1 + random.below(3)) { statement(depth: depth + 1) }
    writer.endLoop(start)
    repetitions /= count
  }
}
