// Notices: what a process with a personality is told of before its own code goes on, in every kind of task and by schedules of a seed.

import ABI
import MachineSupport
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Notice {
    /// What the layer of these tests was told, and what it answers.
    private final class Layer {
      struct Told: Equatable {
        var kinds: NoticeKinds
        var low: UInt32
        var high: UInt32
        var keys: TerminalSignals
        var place: UInt32
        var registers: NoticedRegisters
      }
      var told: [Told] = []
      var low: UInt32 { told.reduce(0) { $0 | $1.low } }
      var kinds: NoticeKinds { told.reduce([]) { $0.union($1.kinds) } }
      /// Where the process goes on after a notice; nil: where it is.
      var enters: ((Told) -> (registers: NoticedRegisters, bytes: [UInt8], at: UInt32)?) = { _ in nil }
      /// Whether its calls are answered with a wish for a notice.
      var asks = false

      /// Its one call is the native one of the first word.
      func serve(_ caller: Caller) -> Int32 {
        caller.serve(caller.publish("layer"), room: 4096) { message in
          let words = message.words
          let data = caller.read(Int(message.dataLength), at: message.dataAddress)
          message.dataLength = 0
          let kinds: NoticeKinds = [.childEnded, .timer, .fault]
          message.words = [PersonalityStep.answer(kinds, isNoticed: asks).rawValue, words[0], 0, 0, 0, 0]
          switch message.operation {
          case PersonalityRequest.result: asks = false
          case PersonalityRequest.notice:
            asks = false
            let notice = Told(
              kinds: NoticeKinds(rawValue: words[0]), low: words[1], high: words[2],
              keys: TerminalSignals(rawValue: words[3]), place: words[4], registers: Self.registers(data))
            told.append(notice)
            message.words[0] = PersonalityStep.answer(kinds).rawValue
            guard let (registers, bytes, address) = enters(notice) else { return true }
            var settable: [UInt8] = []
            for index in 0..<NoticedRegisters.settable {
              withUnsafeBytes(of: registers.words[index].littleEndian) { settable += Array($0) }
            }
            caller.write(settable + bytes, at: Caller.data)
            (message.dataAddress, message.dataLength) = (Caller.data, UInt32(settable.count + bytes.count))
            message.words = [PersonalityStep.enter(kinds).rawValue, address, 0, 0, 0, 0]
          default:
            message.words[0] = PersonalityStep.native(words[0]).rawValue
            for index in 1..<6 { message.words[index] = words[index] }
          }
          return true
        }
        return 0
      }

      private static func registers(_ data: [UInt8]) -> NoticedRegisters {
        NoticedRegisters(
          words: stride(from: 0, to: data.count, by: 4).map { place in
            (0..<4).reduce(0 as UInt32) { $0 | UInt32(data[place + $1]) << UInt32(8 * $1) }
          })
      }
    }

    /// Runs `program` with the layer as its personality, in kinds that the seed says, while the first process does `meanwhile`.
    private func run(
      seed: UInt64, _ layer: Layer, _ program: @escaping Program,
      meanwhile: @escaping (Caller, UInt32) -> Void = { _, _ in }
    ) -> (outcome: TaskOutcome?, text: String) {
      KernelTests.run(program, seed: seed, layer: { layer.serve($0) }, meanwhile: meanwhile)
    }

    private static func native(_ caller: Caller, _ call: SystemCall, _ words: UInt32...) -> Int32 {
      caller.callByGate(1, [call.rawValue] + words)
    }

    /// What others tell cuts waits short, and all of it arrives, in whatever the process is meanwhile.
    @Test(arguments: 0..<64 as Range<UInt64>)
    func waitsAreCutShort(seed: UInt64) {
      let layer = Layer()
      let (outcome, text) = run(seed: seed, layer) { caller in
        let ends = caller.place(PipeEnds())
        #expect(Self.native(caller, .pipeCreate, ends) == 0)
        let reader = caller.word(at: ends)
        var isReading = false
        while layer.low & 1 << 31 == 0 {
          isReading.toggle()
          let result =
            isReading
            ? Self.native(caller, .read, reader, Caller.data, 1) : Self.native(caller, .sleep, 0xffff_ffff, 0x7fff_ffff)
          #expect(result == SystemError.cancelled.rawValue)
        }
        _ = Self.native(caller, .abort, 21)
        return 1
      } meanwhile: { caller, task in
        for bit in 0..<32 as Range<UInt32> {
          let keys: TerminalSignals = bit == 5 ? .interrupt : []
          #expect(caller.call(.eventSend, task, EventKind.told.rawValue, keys.rawValue, 1 << bit, bit) == 0)
          if bit % 3 == 0 { caller.sleep(UInt64(bit) * 10_000) }
        }
      }
      #expect(outcome?.status == 21, "\(text)")
      #expect(layer.low == .max && layer.kinds == .told)
      #expect(layer.told.contains { $0.keys == .interrupt })
      #expect(layer.told.reduce(0) { $0 | $1.high } == 31)
    }

    /// A process that is told of something may be ended at any moment.
    @Test(arguments: 0..<32 as Range<UInt64>)
    func endsMeanwhile(seed: UInt64) {
      let (outcome, text) = run(seed: seed, Layer()) { caller in
        while true { _ = Self.native(caller, .sleep, 1000, 0) }
      } meanwhile: { caller, task in
        for bit in 0..<UInt32(seed % 16) {
          _ = caller.call(.eventSend, task, EventKind.told.rawValue, 0, 1 << bit, 0)
          caller.sleep(seed * 700)
        }
        #expect(caller.call(.kill, task, 9) == 0)
      }
      #expect(outcome?.kind == OutcomeKind.killed.rawValue, "\(text)")
    }

    /// The process goes on where its personality says, with what that puts on its stack; what only the kernel may say stays.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func goesOnElsewhere(seed: UInt64) {
      let layer = Layer()
      layer.enters = { told in
        guard told.registers.vector == 0x80 else { return nil }
        var registers = told.registers
        registers.edi = 0x1234
        registers.eax = 0x7777
        registers.eip = 0x40_0010
        registers.esp = (told.place - 64) & ~15
        registers.eflags = 0xffff_ffff
        return (registers, [9, 8, 7, 6, 5], registers.esp + 4)
      }
      let (outcome, text) = run(seed: seed, layer) { caller in
        let before = caller.trap(0x80, 1, [SystemCall.yield.rawValue])
        layer.asks = true
        let frame = caller.trap(0x80, 1, [SystemCall.yield.rawValue, 2, 3])
        #expect(layer.told.count == 1 && layer.kinds == [])
        #expect(frame.registers.edi == 0x1234 && frame.registers.eax == 0x7777 && frame.registers.ecx == 2)
        #expect(frame.eip == 0x40_0010 && frame.esp < layer.told[0].place)
        #expect(layer.told[0].registers.esp == before.esp && layer.told[0].place <= before.esp)
        #expect(frame.cs == before.cs && frame.ss == before.ss)
        #expect(frame.eflags == before.eflags | NoticedRegisters.settableFlags)
        #expect(caller.read(5, at: frame.esp + 4) == [9, 8, 7, 6, 5])
        _ = Self.native(caller, .abort, 21)
        return 1
      }
      #expect(outcome?.status == 21, "\(text)")
    }

    /// The kernel's half, a stack pointer among the kernel's own frames, bytes that have no room.
    @Test(arguments: 0..<4, 0..<4 as Range<UInt64>)
    func goesNowhere(mistake: Int, seed: UInt64) {
      let layer = Layer()
      layer.enters = { told in
        var registers = told.registers
        var (bytes, address): ([UInt8], UInt32) = ([], 0)
        switch mistake {
        case 0: registers.eip = 0xc000_0000
        case 1: registers.esp = 0xc000_0000
        case 2: (bytes, address) = ([1], 0x1000)
        default: (bytes, address) = ([1, 2], 0xbfff_ffff)
        }
        return (registers, bytes, address)
      }
      let (outcome, text) = run(seed: seed, layer) { caller in
        layer.asks = true
        _ = caller.trap(0x80, 1, [SystemCall.yield.rawValue])
        return 1
      }
      #expect(outcome?.kind == OutcomeKind.faulted.rawValue)
      #expect(text.contains("program: its personality \"layer\" does not go on: has"), "\(text)")
    }

    /// Its children, its timer, and exceptions of its own code.
    @Test(arguments: 0..<16 as Range<UInt64>)
    func happens(seed: UInt64) {
      let layer = Layer()
      layer.enters = { told in
        guard told.kinds == .fault, told.registers.vector == 0 else { return nil }
        var registers = told.registers
        registers.eip += 2
        return (registers, [], 0)
      }
      let (outcome, text) = run(seed: seed, layer) { caller in
        _ = Self.native(caller, .yield)
        let child = caller.callByGate(1, [SystemCall.processClone.rawValue, 0]) { copy in
          _ = copy.callByGate(1, [SystemCall.abort.rawValue, 3])
          return 1
        }
        #expect(child > 0)
        while !layer.kinds.contains(.childEnded) { _ = Self.native(caller, .sleep, 0xffff_ffff, 0) }
        #expect(Self.native(caller, .wait, UInt32(bitPattern: child), 1, caller.place(TaskOutcome())) == child)
        #expect(Self.native(caller, .eventTimer, 1_000_000, 0, 0, 0) == 0)
        while !layer.kinds.contains(.timer) { _ = Self.native(caller, .sleep, 0xffff_ffff, 0) }
        let count = layer.told.count
        let frame = caller.trap(0)
        #expect(layer.told.count == count + 1 && frame.eip == layer.told[count].registers.eip + 2)
        // The personality has nothing to say to this one: it ends the process as ever.
        _ = caller.trap(6)
        return 1
      }
      #expect(outcome?.kind == OutcomeKind.faulted.rawValue && outcome?.status == 6, "\(text)")
    }

    /// Who has native calls is told nothing, and a personality's answers change nothing for it.
    @Test func nobodyElse() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let size = UInt32(MemoryLayout<TaskInformation>.size)
        let own = caller.call(.taskInformation, 0, caller.place(TaskInformation()), size)
        let told = EventKind.told.rawValue
        #expect(caller.call(.eventSend, UInt32(own), told, 0, 1, 0) == SystemError.unsupported.rawValue)
        #expect(caller.call(.eventSend, UInt32(own), told, 32, 1, 0) == SystemError.badArgument.rawValue)
        #expect(caller.call(.eventSend, 9999, told, 0, 1, 0) == SystemError.noSuchTask.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
