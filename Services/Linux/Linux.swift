// The personality of Linux programs: the kernel asks it what their system calls mean (Personalities/Linux has the meanings).
//
// Invariant: nobody else gains anything by asking: an answer is a step for whoever asks.

import ABI
import LinuxPersonality
import Primitives
import ServiceSupport

struct LinuxService: Service {
  static var name: StaticString { "linux" }

  private var personality = LinuxPersonality()

  mutating func handle(_ request: inout Request) {
    let operation = request.operation
    if operation == PersonalityRequest.result {
      let result = StepResult(value: Int32(bitPattern: request.words[0]), data: request.copiedData)
      // In two steps: what is answered depends on what is known afterwards.
      let step = personality.resume(result, of: request.sender)
      answer(step, to: &request)
    } else if operation == PersonalityRequest.notice {
      let notice = LinuxNotice(request.words, request.copiedData)
      let step = personality.notice(notice, of: request.sender, isAlive: { request.isAlive($0) })
      answer(step, to: &request)
    } else if operation >= PersonalityRequest.call,
      operation &- PersonalityRequest.call <= PersonalityRequest.lastNumber
    {
      let (words, sender) = (request.words, request.sender)
      let step = personality.begin(
        operation &- PersonalityRequest.call, words, of: sender, isAlive: { request.isAlive($0) },
        tell: { Self.tell(of: $0, by: sender) })
      answer(step, to: &request)
    } else {
      request.reply[0] = unknownOperation
    }
  }

  private static func tell(of number: UInt32, by process: UInt32) {
    PlacedLog.write {
      $0.write("process ")
      $0.write(decimal: process)
      $0.write(" asks Linux for call ")
      $0.write(decimal: number)
      if let name = CallNames.name(of: number) {
        $0.write(" (")
        for byte in name { $0.write(byte: byte) }
        $0.write(")")
      }
      $0.write(", which is not there")
    }
  }

  private mutating func answer(_ step: LinuxStep, to request: inout Request) {
    let (kinds, isNoticed) = personality.settled(request.sender)
    let answer = PersonalityStep.answer(kinds, isNoticed: isNoticed)
    switch step {
    case .answer(let value): put(answer, UInt32(bitPattern: value), in: &request)
    case .give(let bytes, let address, let value):
      let failure = UInt32(bitPattern: LinuxError.badAddress.value)
      guard request.write(bytes) else { return put(answer, failure, in: &request) }
      put(answer, UInt32(bitPattern: value), address, failure, in: &request)
    case .enter(let step):
      // Where there is no room for that many bytes nothing is entered, and the kernel says so.
      request.write(step.data)
      put(.enter(kinds, isNoticed: isNoticed), step.at, step.floatTo, step.floatFrom, in: &request)
    case .native(let step):
      if !step.input.isEmpty { request.write(step.input) }
      put(
        .native(step.call.rawValue, step.ending, count: step.count), step.words.first, step.words.second,
        step.words.third, step.words.fourth, step.words.fifth, in: &request)
    case .bytes(let address, let count): put(.bytes, address, count, in: &request)
    case .text(let address): put(.text, address, ExchangeArea.answerLimit, in: &request)
    }
  }

  private func put(
    _ step: PersonalityStep, _ first: UInt32, _ second: UInt32 = 0, _ third: UInt32 = 0, _ fourth: UInt32 = 0,
    _ fifth: UInt32 = 0, in request: inout Request
  ) {
    request.reply[0] = step.rawValue
    request.reply[1] = first
    request.reply[2] = second
    request.reply[3] = third
    request.reply[4] = fourth
    request.reply[5] = fifth
  }

  // MARK: Moving

  func save(to state: inout StateWriter) { personality.save(to: &state) }

  mutating func restore(from state: inout StateReader) -> Bool { personality.restore(from: &state) }
}

typealias PlacedService = LinuxService
