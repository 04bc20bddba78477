// Processes with a personality: whose calls a service gives a meaning, in steps that the kernel makes; and their copies, whose pages are
// shared until one side writes.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Personality {
    /// What the layer of these tests makes of a call, by its number.
    private enum Call {
      /// The sum of its six words.
      static var sum: UInt32 { 1 }
      /// The bytes of a text, each one more, at the address in the second word.
      static var text: UInt32 { 2 }
      /// The native call of the number in its first word, with the words after that.
      static var native: UInt32 { 3 }
      static var noStep: UInt32 { 4 }
      /// Four bytes to the address in the first word.
      static var give: UInt32 { 5 }
      /// For ever another step.
      static var endless: UInt32 { 6 }
      static var stop: UInt32 { 7 }
    }

    /// Serves as a layer until somebody makes the call `stop`.
    private static func serve(_ caller: Caller) -> Int32 {
      var endless = false
      var textGoesTo: UInt32 = 0
      caller.serve(caller.publish("layer"), room: 4096) { message in
        let words = message.words
        let data = caller.read(Int(message.dataLength), at: message.dataAddress)
        message.dataLength = 0
        message.words = [PersonalityStep.answer().rawValue, 0, 0, UInt32(bitPattern: -14), 0, 0]
        func give(_ bytes: [UInt8], to address: UInt32) {
          caller.write(bytes, at: Caller.data)
          (message.dataAddress, message.dataLength) = (Caller.data, UInt32(bytes.count))
          message.words[2] = address
        }
        switch message.operation {
        case PersonalityRequest.result:
          message.words[1] = words[0]
          if endless { message.words[0] = PersonalityStep.bytes.rawValue }
          if textGoesTo != 0, Int32(bitPattern: words[0]) >= 0 { give(data.map { $0 + 1 }, to: textGoesTo) }
          if textGoesTo != 0 { message.words[1] = words[0] == 0 ? UInt32(data.count) : words[0] }
          textGoesTo = 0
        case PersonalityRequest.call + Call.sum: for index in 0..<6 { message.words[1] &+= words[index] }
        case PersonalityRequest.call + Call.text:
          message.words[0] = PersonalityStep.text.rawValue
          (message.words[1], message.words[2]) = (words[0], 4096)
          textGoesTo = words[1]
        case PersonalityRequest.call + Call.native:
          message.words[0] = PersonalityStep.native(words[0]).rawValue
          for index in 1..<6 { message.words[index] = words[index] }
        case PersonalityRequest.call + Call.give: give([1, 2, 3, 4], to: words[0])
        case PersonalityRequest.call + Call.endless:
          endless = true
          message.words[0] = PersonalityStep.bytes.rawValue
        case PersonalityRequest.call + Call.stop: return false
        default: message.words[0] = 0
        }
        return true
      }
      return 0
    }

    /// Runs `program` with the layer as its personality, in a kind that the seed says. Returns how it ended.
    private func run(seed: UInt64, _ program: @escaping Program) -> (outcome: TaskOutcome?, text: String) {
      KernelTests.run(program, seed: seed, layer: Self.serve)
    }

    /// Every kind of step, from every kind of task, with the layer in every kind of task.
    @Test(arguments: 0..<32 as Range<UInt64>)
    func stepsAreMade(seed: UInt64) {
      let (outcome, text) = run(seed: seed) { caller in
        func call(_ number: UInt32, _ words: UInt32...) -> Int32 {
          seed & 1 == 0 ? caller.callByGate(number, words) : caller.call(number, Array(words.prefix(5)))
        }
        #expect(call(Call.sum, 1, 2, 3, 4, 5) == 15)
        caller.write(Array("hello".utf8) + [0], at: Caller.data)
        #expect(call(Call.text, Caller.data, Caller.data + 100) == 5)
        #expect(caller.read(5, at: Caller.data + 100) == Array("ifmmp".utf8))
        // Behind the text there may be nothing.
        caller.write(Array("end".utf8) + [0], at: Caller.data + 8188)
        #expect(call(Call.text, Caller.data + 8188, Caller.data) == 3)
        #expect(call(Call.text, 0x1000, Caller.data) == SystemError.badAddress.rawValue)
        #expect(call(Call.text, Caller.data, 0x1000) == -14)
        #expect(call(Call.give, Caller.data + 4) == 0)
        #expect(caller.word(at: Caller.data + 4) == 0x0403_0201)
        #expect(call(Call.give, 0x1000) == -14)
        #expect(call(Call.give, 0xc000_0000) == -14)
        // Native calls are the process's own, with what it may.
        let pages = call(Call.native, SystemCall.memoryMap.rawValue, 0, 8192, 3)
        #expect(pages > 0)
        caller.write([7], at: UInt32(pages) << 12)
        #expect(call(Call.native, SystemCall.memoryUnmap.rawValue, UInt32(pages) << 12, 8192) == 0)
        #expect(call(Call.native, 9999) == SystemError.unknownCall.rawValue)
        #expect(call(Call.native, SystemCall.write.rawValue, 1, 0xc000_0000, 1) == SystemError.badAddress.rawValue)
        _ = call(Call.native, SystemCall.abort.rawValue, 21)
        return 1
      }
      #expect(outcome?.status == 21 && outcome?.kind == OutcomeKind.exited.rawValue, "\(text)")
    }

    /// A layer that gives no step, or no end of steps, or that is gone, ends the process and says so.
    @Test(arguments: [Call.noStep, Call.endless, Call.stop], [0, 1, 2, 3] as [UInt64])
    func aLayerThatDoesNotGoOn(number: UInt32, seed: UInt64) {
      let (outcome, text) = run(seed: seed) { caller in
        _ = caller.callByGate(number)
        _ = caller.callByGate(number)
        return 1
      }
      #expect(outcome?.kind == OutcomeKind.faulted.rawValue)
      #expect(text.contains("program: its personality \"layer\" does not go on: "), "\(text)")
    }

    /// A copy has what was there, and each side keeps what it writes; the parent may write before, meanwhile and afterwards.
    @Test(arguments: 0..<64 as Range<UInt64>)
    func copiesHaveTheirOwn(seed: UInt64) {
      let (outcome, text) = run(seed: seed) { caller in
        func native(_ call: SystemCall, _ words: UInt32..., copy: @escaping Program = { _ in 0 }) -> Int32 {
          caller.callByGate(Call.native, [call.rawValue] + words, copy: copy)
        }
        let mapping = UInt32(native(.memoryMap, 0, 5 * 4096, 3)) << 12
        for page in 0..<5 as Range<UInt32> { caller.write([UInt8(page), 1], at: mapping + page * 4096 + 100) }
        caller.write([9], at: Caller.data + 5000)
        let child = native(.processClone, 0) { copy in
          #expect(copy.read(1, at: Caller.data + 5000) == [9] || copy.read(1, at: Caller.data + 5000) == [8])
          for page in stride(from: 4, through: 0, by: -1) as StrideThrough<UInt32> {
            #expect(copy.read(2, at: mapping + page * 4096 + 100) == [UInt8(page), 1])
            copy.write([UInt8(page) + 50], at: mapping + page * 4096 + 100)
            #expect(copy.read(2, at: mapping + page * 4096 + 100) == [UInt8(page) + 50, 1])
          }
          _ = copy.callByGate(Call.native, [SystemCall.abort.rawValue, 33])
          return 1
        }
        #expect(child > 0)
        for page in 0..<3 as Range<UInt32> { caller.write([77], at: mapping + page * 4096 + 101) }
        let place = caller.place(TaskOutcome())
        #expect(native(.wait, UInt32(bitPattern: child), 0, place) == child)
        #expect(caller.read(at: place, TaskOutcome()).status == 33)
        for page in 0..<5 as Range<UInt32> {
          #expect(caller.read(2, at: mapping + page * 4096 + 100) == [UInt8(page), page < 3 ? 77 : 1])
          caller.write([5], at: mapping + page * 4096 + 100)
        }
        _ = native(.abort, 0)
        return 1
      }
      #expect(outcome?.status == 0 && outcome?.kind == OutcomeKind.exited.rawValue, "\(text)")
    }

    /// What needs the frame of a call is refused to who came without, and to those whose calls are native.
    @Test func copiesAreForWhoCanBeCopied() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        #expect(caller.call(.processClone, 0) == SystemError.unsupported.rawValue)
        #expect(caller.call(.processClone, 2) == SystemError.badArgument.rawValue)
        #expect(caller.start("/bin/init", personality: 1) == SystemError.badHandle.rawValue)
        #expect(caller.start("/bin/init", personality: 99) == SystemError.badHandle.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
