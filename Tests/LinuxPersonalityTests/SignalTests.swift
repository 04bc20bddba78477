// Signals: the frames that handlers find, byte by byte as Linux lays them out, what holds them back, what they cut short, and whom they
// are sent to.

import ABI
import ServiceSupport
import TestSupport
import Testing

@testable import LinuxPersonality

@Suite struct SignalTests {
  private let memory: UInt32 = 0x0805_0000
  private let handler: UInt32 = 0x0804_a000
  private let restorer: UInt32 = 0x0804_b000

  private func model(moves: Bool = false) -> NativeModel {
    let model = NativeModel()
    model.moves = moves
    model.add(pages: memory, 8192)
    model.add(pages: NativeModel.stackPointer - 0x6000, 0x6000)
    return model
  }

  private func ask(
    _ model: NativeModel, _ signal: UInt32, _ handler: UInt32, flags: UInt32 = 0, mask: UInt64 = 0
  ) {
    var bytes: [UInt8] = []
    for word in [handler, flags | 0x0400_0000, restorer, UInt32(truncatingIfNeeded: mask), UInt32(mask >> 32)] {
      bytes.append(word: word)
    }
    try! model.write(bytes, at: memory)
    #expect(model.call(.rtSigaction, signal, memory, 0, 8) == 0)
  }

  private func hold(_ model: NativeModel, _ set: UInt64, how: UInt32 = 2) {
    var bytes = [UInt8](repeating: 0, count: 8)
    bytes.put(set, at: 0)
    try! model.write(bytes, at: memory)
    let value = model.call(.rtSigprocmask, how, memory, 0, 8)
    // In a handler that began at once the register has the signal.
    #expect(value == 0 || model.registers.eip == handler || model.registers.eip == handler + 16)
  }

  /// The handler returns: the restorer takes what it finds off the stack and asks for the return.
  private func leave(_ model: NativeModel, _ call: LinuxCall) {
    let frame = model.registers.esp
    #expect(model.word(frame) == restorer)
    model.registers.esp = frame + (call == .sigreturn ? 8 : 4)
    model.registers.eip = restorer + 9
    (model.registers.ebx, model.registers.esi, model.registers.eflags) = (1, 2, 0x246)
    model.call(call)
  }

  private func prepared(_ model: NativeModel) -> NoticedRegisters {
    (model.registers.edi, model.registers.esi, model.registers.ebp, model.registers.ebx) = (11, 22, 33, 44)
    (model.registers.edx, model.registers.ecx, model.registers.eflags) = (55, 66, 0x693)
    return model.registers
  }

  // MARK: Frames

  @Test("A handler finds struct sigframe, and the program goes on as it was", arguments: [0, 12288])
  func plainFrame(reserve: UInt32) {
    let model = model()
    model.reserve = reserve
    ask(model, 10, handler, mask: 0x2_0000_0001)
    hold(model, 1 << 40)
    let before = prepared(model)
    #expect(model.call(.kill, 77, 10) == 10)
    let frame = model.registers.esp
    #expect(model.registers.eip == handler && (frame + 4) & 15 == 0)
    #expect((model.registers.eax, model.registers.edx, model.registers.ecx) == (10, 0, 0))
    // DF is off in a function; what no handler may set stays.
    #expect(model.registers.eflags == 0x293)
    #expect(model.word(frame) == restorer && model.word(frame + 4) == 10)
    let float = model.word(frame + 8 + 76)
    #expect(model.float.to == float + 112 && model.float.to & 63 == 0 && model.float.from == 0)
    #expect(model.float.to + 512 <= NativeModel.stackPointer - reserve)
    let context: [UInt32] = [
      0x33, 0, 0x7b, 0x7b, 11, 22, 33, NativeModel.stackPointer, 44, 55, 66, 0, 0, 0, NativeModel.callEnd, 0x73, 0x693,
      NativeModel.stackPointer, 0x7b, float, 0, 0,
    ]
    for (index, word) in context.enumerated() { #expect(model.word(frame + 8 + UInt32(index) * 4) == word, "\(index)") }
    // extramask, and popl %eax; movl $119, %eax; int $0x80.
    #expect(model.word(frame + 720) == 1 << 8)
    #expect((try? model.read(frame + 724, 8)) == [0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80])
    // Held back meanwhile: what was, what the action says, and the signal itself.
    #expect(model.call(.rtSigprocmask, 0, 0, memory, 8) == 0)
    #expect(model.word(memory) == 0x201 && model.word(memory + 4) == 0x102)
    leave(model, .sigreturn)
    var after = before
    after.eax = 0
    #expect(model.registers == after)
    #expect(model.float.from == float + 112)
    #expect(model.call(.rtSigprocmask, 0, 0, memory, 8) == 0)
    #expect(model.word(memory) == 0 && model.word(memory + 4) == 0x100)
  }

  @Test("A handler with SA_SIGINFO finds struct rt_sigframe, and what it changes there is gone on with")
  func informedFrame() throws {
    let model = model()
    ask(model, 12, handler, flags: 4)
    _ = prepared(model)
    model.happen(.told, signals: Signal.bit(12))
    let frame = model.registers.esp
    #expect(model.registers.eip == handler && (frame + 4) & 15 == 0 && model.registers.eax == 12)
    #expect(model.registers.edx == frame + 16 && model.registers.ecx == frame + 144)
    #expect(model.word(frame + 4) == 12 && model.word(frame + 8) == frame + 16 && model.word(frame + 12) == frame + 144)
    // siginfo: number, errno, SI_USER. ucontext: flags, link, a stack that is not there.
    for (index, word) in ([12, 0, 0, 0] as [UInt32]).enumerated() {
      #expect(model.word(frame + 16 + UInt32(index) * 4) == word)
    }
    for (index, word) in ([0, 0, 0, 2, 0] as [UInt32]).enumerated() {
      #expect(model.word(frame + 144 + UInt32(index) * 4) == word)
    }
    #expect(model.word(frame + 164 + 28) == NativeModel.stackPointer && model.word(frame + 164 + 64) == 0x693)
    #expect(model.word(frame + 252) == 0 && model.word(frame + 256) == 0)
    #expect((try model.read(frame + 260, 7)) == [0xb8, 173, 0, 0, 0, 0xcd, 0x80])
    try model.write([0x77, 0, 0, 0], at: frame + 164 + 44)
    // Held back from now on by what the handler wrote.
    try model.write([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], at: frame + 252)
    leave(model, .rtSigreturn)
    #expect(model.registers.eax == 0x77 && model.registers.esp == NativeModel.stackPointer)
    #expect(model.call(.rtSigprocmask, 0, 0, memory, 8) == 0)
    #expect(model.word(memory) == ~(1 << 8 | 1 << 18) && model.word(memory + 4) == ~0)
  }

  @Test("A frame that is not there, or has no room, ends the program")
  func noFrame() {
    let model = model()
    model.registers.esp = 0x1000
    model.call(.sigreturn)
    #expect(model.ended == 139)
    let other = self.model()
    ask(other, 10, handler)
    other.registers.esp = 0x2000
    other.happen(.told, signals: Signal.bit(10))
    #expect(other.ended == 139)
  }

  @Test("Handlers that want another stack get it, unless the kernel works on the program's own")
  func otherStack() throws {
    for reserve in [0, 12288] as [UInt32] {
      let model = model()
      model.reserve = reserve
      var bytes: [UInt8] = []
      for word in [memory + 4096, 0, 4096] { bytes.append(word: word) }
      try model.write(bytes, at: memory)
      #expect(model.call(.sigaltstack, memory, memory + 64) == 0)
      #expect(model.word(memory + 68) == 2)
      ask(model, 10, handler, flags: 0x0800_0004)
      model.call(.kill, 77, 10)
      let isOther = model.registers.esp >= memory + 4096 && model.registers.esp < memory + 8192
      #expect(isOther == (reserve == 0))
      #expect(model.word(model.registers.esp + 144 + 8) == memory + 4096)
    }
  }

  // MARK: What comes when

  @Test("What is held back waits, comes once, and the lowest first")
  func heldBack() {
    let model = model()
    for signal in [10, 12] as [UInt32] { ask(model, signal, handler) }
    hold(model, Signal.bit(10) | Signal.bit(12) | Signal.bit(9))
    for signal in [12, 10, 12] as [UInt32] { #expect(model.call(.kill, 77, signal) == 0) }
    #expect(model.call(.rtSigpending, memory, 8) == 0)
    #expect(model.word(memory) == UInt32(Signal.bit(10) | Signal.bit(12)))
    hold(model, Signal.bit(12), how: 2)
    #expect(model.registers.eip == handler && model.registers.eax == 10)
    leave(model, .sigreturn)
    #expect(model.registers.eip == NativeModel.callEnd)
    hold(model, Signal.bit(12), how: 1)
    #expect(model.registers.eip == handler && model.registers.eax == 12)
    leave(model, .sigreturn)
    #expect(model.registers.eip == NativeModel.callEnd && model.ended == nil)
  }

  @Test("A signal that waited comes as soon as a handler has returned")
  func oneAfterAnother() {
    let model = model()
    ask(model, 10, handler)
    ask(model, 12, handler + 16, mask: Signal.bit(10))
    model.call(.kill, 77, 12)
    model.happen(.told, signals: Signal.bit(10))
    #expect(model.registers.eip == handler + 16)
    leave(model, .sigreturn)
    #expect(model.registers.eip == handler)
    leave(model, .sigreturn)
    #expect(model.registers.eip == NativeModel.callEnd)
  }

  @Test("SA_RESETHAND, SA_NODEFER, ignored signals, and those that do nothing by themselves")
  func actions() {
    let model = model()
    ask(model, 10, handler, flags: 0xc000_0000)
    model.call(.kill, 77, 10)
    #expect(model.registers.eip == handler)
    #expect(model.call(.rtSigprocmask, 0, 0, memory, 8) == 0 && model.word(memory) == 0)
    ask(model, 12, 1)
    for signal in [12, 17, 23, 28, 18, 0] as [UInt32] { #expect(model.call(.kill, 77, signal) == 0) }
    #expect(model.ended == nil)
    #expect(model.call(.rtSigaction, 9, memory, 0, 8) == LinuxError.invalid.value)
    model.call(.kill, 77, 10)
    #expect(model.ended == 138)
  }

  @Test("Who has no handler is stopped or ended, with the signal as its status")
  func byDefault() {
    let model = model()
    model.call(.kill, 77, 20)
    #expect(model.sent == [[SystemCall.processStop.rawValue, 77, 1, 0, 0, 0]])
    model.call(.tgkill, 77, 77, 6)
    #expect(model.ended == 134)
    #expect(LinuxProcess.waitStatus(kind: OutcomeKind.killed.rawValue, status: 134) == 6)
    #expect(LinuxProcess.waitStatus(kind: OutcomeKind.faulted.rawValue, status: 0) == 8)
    #expect(LinuxProcess.waitStatus(kind: OutcomeKind.faulted.rawValue, status: 14) == 11)
  }

  // MARK: Calls that are cut short

  @Test("A call that is cut short is made once more where nothing comes of it, or the handler asks for that")
  func repeated() {
    for (flags, isRepeated) in [(0, false), (0x1000_0000, true)] as [(UInt32, Bool)] {
      let model = model()
      model.handles[0]!.bytes = [1, 2, 3]
      // An ignored signal first.
      model.interruptions[.read] = (.childEnded, 0)
      #expect(model.call(.read, 0, memory, 2) == 2)
      ask(model, 10, handler, flags: flags)
      model.interruptions[.read] = (.told, Signal.bit(10))
      model.call(.read, 0, memory, 2)
      #expect(model.registers.eip == handler)
      leave(model, .sigreturn)
      #expect(model.registers.eip == (isRepeated ? NativeModel.callEnd - 2 : NativeModel.callEnd))
      #expect(model.registers.eax == (isRepeated ? 3 : UInt32(bitPattern: LinuxError.interrupted.value)))
    }
  }

  @Test("A sleep that nothing comes of ends when it was to, and one with a handler tells what is left")
  func sleeps() {
    let model = model()
    try! model.write([10, 0, 0, 0, 0, 0, 0, 0], at: memory + 512)
    model.interruptions[.sleep] = (.childEnded, 0)
    #expect(model.call(.nanosleep, memory + 512, memory + 600) == 0)
    #expect(model.word(memory + 600) == 10 && model.word(memory + 604) == 0)
    ask(model, 14, handler, flags: 0x1000_0000)
    model.interruptions[.sleep] = (.told, Signal.bit(14))
    model.call(.nanosleep, memory + 512, memory + 600)
    #expect(model.registers.eip == handler)
    leave(model, .sigreturn)
    #expect(model.registers.eip == NativeModel.callEnd)
    #expect(model.registers.eax == UInt32(bitPattern: LinuxError.interrupted.value))
  }

  @Test("rt_sigsuspend holds back what it was given, and its handler leaves what was held back before")
  func suspends() {
    let model = model()
    ask(model, 10, handler)
    hold(model, Signal.bit(10))
    model.call(.kill, 77, 10)
    var bytes = [UInt8](repeating: 0, count: 8)
    bytes.put(Signal.bit(12), at: 0)
    try! model.write(bytes, at: memory)
    model.call(.rtSigsuspend, memory, 8)
    #expect(model.registers.eip == handler)
    #expect(model.call(.rtSigprocmask, 0, 0, memory + 8, 8) == 0)
    #expect(model.word(memory + 8) == UInt32(Signal.bit(10) | Signal.bit(12)))
    leave(model, .sigreturn)
    #expect(model.registers.eax == UInt32(bitPattern: LinuxError.interrupted.value))
    #expect(model.call(.rtSigprocmask, 0, 0, memory + 8, 8) == 0)
    #expect(model.word(memory + 8) == UInt32(Signal.bit(10)))
  }

  // MARK: What happens to a process

  @Test("It is told of its children only where it has a handler, and of exceptions likewise")
  func kinds() {
    let model = model()
    model.call(.getpid)
    #expect(model.noticed == [])
    ask(model, 17, handler)
    #expect(model.noticed == .childEnded)
    ask(model, 11, handler, flags: 4)
    #expect(model.noticed == [.childEnded, .fault])
    model.call(.alarm, 3)
    #expect(model.noticed == [.childEnded, .fault, .timer])
    #expect(model.call(.alarm, 0) == 3)
    (model.registers.vector, model.registers.error, model.registers.address) = (14, 6, 12)
    model.happen(.fault)
    let frame = model.registers.esp
    #expect(model.registers.eip == handler && model.registers.eax == 11)
    #expect(model.word(frame + 16 + 8) == 1 && model.word(frame + 16 + 12) == 12)
    #expect(model.word(frame + 164 + 48) == 14 && model.word(frame + 164 + 52) == 6)
    #expect(model.word(frame + 164 + 84) == 12)
    // In the handler it is held back: the kernel ends the program.
    model.happen(.fault)
    #expect(model.registers.esp == frame)
  }

  @Test("Keys are for the group that has the terminal")
  func keys() {
    let model = model()
    ask(model, 2, handler)
    model.happen(.told, keys: .interrupt)
    #expect(model.registers.eip == handler)
    leave(model, .sigreturn)
    #expect(model.call(.getpgrp) == 77 && model.call(.getsid, 0) == 77)
    #expect(model.call(.ioctl, 0, 0x540f, memory) == 0 && model.word(memory) == 77)
    #expect(model.call(.fork) == 78)
    #expect(model.call(.setpgid, 78, 78) == 0 && model.call(.getpgid, 78) == 78)
    #expect(model.call(.setpgid, 79, 0) == LinuxError.noSuchProcess.value)
    #expect(model.call(.setpgid, 78, 99) == LinuxError.notPermitted.value)
    try! model.write([78, 0, 0, 0], at: memory)
    #expect(model.call(.ioctl, 0, 0x5410, memory) == 0)
    model.happen(.told, keys: .interrupt)
    #expect(model.registers.eip == NativeModel.callEnd)
    #expect(model.call(.setpgid, 0, 78) == LinuxError.notPermitted.value || model.call(.getpgrp) == 78)
  }

  @Test("Others are told where they have a handler, and ended where they have none")
  func others() {
    let model = model()
    ask(model, 10, handler)
    #expect(model.call(.fork) == 78)
    #expect(model.call(.setpgid, 78, 78) == 0)
    model.forget()
    #expect(model.call(.kill, 78, 10) == 0)
    #expect(model.call(.kill, 78, 15) == 0)
    #expect(model.call(.kill, 78, 17) == 0)
    #expect(model.call(.kill, 78, 19) == 0)
    #expect(model.call(.kill, 78, 18) == 0)
    #expect(model.call(.kill, 0 &- 78, 9) == 0)
    #expect(
      model.sent == [
        [SystemCall.eventSend.rawValue, 78, EventKind.told.rawValue, 0, 1 << 9, 0],
        [SystemCall.kill.rawValue, 78, 143], [SystemCall.processStop.rawValue, 78, 1, 0, 0, 0],
        [SystemCall.processStop.rawValue, 78, 0, 0, 0, 0], [SystemCall.kill.rawValue, 78, 137],
      ])
    model.failures[.kill] = .notPermitted
    #expect(model.call(.kill, 1, 15) == LinuxError.notPermitted.value)
    model.failures[.taskInformation] = .noSuchTask
    #expect(model.call(.kill, 500, 0) == LinuxError.noSuchProcess.value)
    #expect(model.call(.kill, 0 &- 500, 15) == LinuxError.noSuchProcess.value)
    #expect(model.call(.kill, 78, 65) == LinuxError.invalid.value)
  }

  // MARK: Moving

  @Test("All of it comes to the same end where the layer moves between any two steps")
  func moves() {
    var ends: [[NoticedRegisters]] = []
    for moves in [false, true] {
      let model = model(moves: moves)
      var registers: [NoticedRegisters] = []
      func note() { registers.append(model.registers) }
      ask(model, 10, handler, flags: 0x1000_0004)
      ask(model, 12, handler + 16)
      hold(model, Signal.bit(12))
      model.handles[0]!.bytes = [1, 2, 3]
      model.interruptions[.read] = (.told, Signal.bit(10) | Signal.bit(12))
      model.call(.read, 0, memory, 2)
      note()
      leave(model, .rtSigreturn)
      note()
      hold(model, 0)
      note()
      leave(model, .sigreturn)
      note()
      model.call(.rtSigsuspend, memory, 8)
      ends.append(registers)
      #expect(model.ended == 143)
    }
    #expect(ends[0] == ends[1])
  }
}
