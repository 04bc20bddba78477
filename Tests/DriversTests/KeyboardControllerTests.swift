import Drivers
import Primitives
import TestSupport
import Testing

/// A model of the i8042 and a keyboard, with faults to order.
private final class ControllerModel {
  var output: [UInt32] = []
  var configuration: UInt32 = 0x45
  var pendingCommand: UInt32?
  var selfTestAnswer: UInt32 = 0x55
  var wiresAnswer: UInt32 = 0
  /// The keyboard's answers to a byte, in turn; nil for a keyboard that is not there.
  var keyboardAnswers: [UInt32]? = []
  /// What somebody types before each answer.
  var typed: [UInt32] = []
  /// The command from which on the controller takes nothing more.
  var busyAfter: UInt32?
  /// The commands that get no answer.
  var unanswered: Set<UInt32> = []
  var isBusy = false
  var toKeyboard: [UInt32] = []

  func attach(to recorder: Recorder) {
    recorder.onRead = { [self] port in
      if port == 0x64 { return (output.isEmpty ? 0 : 1) | (isBusy ? 2 : 0) }
      return output.isEmpty ? 0 : output.removeFirst()
    }
    recorder.onWrite = { [self] port, value in port == 0x64 ? command(value) : data(value) }
  }

  private func command(_ value: UInt32) {
    if value == busyAfter { isBusy = true }
    pendingCommand = nil
    guard !unanswered.contains(value) else { return }
    switch value {
    case 0x20: output.append(configuration)
    case 0x60: pendingCommand = value
    case 0xaa: output.append(selfTestAnswer)
    case 0xab: output.append(wiresAnswer)
    default: break
    }
  }

  private func data(_ value: UInt32) {
    if pendingCommand == 0x60 {
      configuration = value
      pendingCommand = nil
      return
    }
    toKeyboard.append(value)
    guard var answers = keyboardAnswers else { return }
    output.append(contentsOf: typed)
    output.append(answers.isEmpty ? 0xfa : answers.removeFirst())
    keyboardAnswers = answers
  }
}

@Suite struct KeyboardControllerTests {
  private let controller = KeyboardController<FakePorts>()

  private func initialise(_ change: (ControllerModel) -> Void = { _ in }) -> (
    KeyboardStatus, ControllerModel, Int
  ) {
    Recorder().run { recorder in
      let model = ControllerModel()
      change(model)
      model.attach(to: recorder)
      let status = controller.initialise()
      return (status, model, recorder.accessCount)
    }
  }

  private func text(_ status: KeyboardStatus) -> String {
    var output = TextCollector()
    status.describe(to: &output)
    return output.text
  }

  @Test func aWorkingKeyboardTakesThisTrace() {
    Recorder().run { recorder in
      ControllerModel().attach(to: recorder)
      #expect(controller.initialise() == .ready)
      let trace = recorder.takeTrace().filter { $0 != "in 64" }
      #expect(
        trace == [
          "out 64 ad", "out 64 a7", "out 64 20", "in 60", "out 64 60", "out 60 44", "out 64 aa", "in 60",
          "out 64 ab", "in 60", "out 64 60", "out 60 64", "out 64 ae", "out 60 f6", "in 60", "out 60 f4",
          "in 60", "out 64 20", "in 60", "out 64 60", "out 60 65",
        ])
    }
  }

  @Test func initialisationIsShortAndLeavesTheKeyboardsInterruptOpen() {
    let (status, model, accesses) = initialise { $0.output = [0x1e, 0x9e, 0xfa] }
    #expect(status == .ready)
    #expect(status.canReceive)
    #expect(accesses < 100)
    #expect(model.configuration == 0x65)
    #expect(model.toKeyboard == [0xf6, 0xf4])
  }

  @Test func anAbsentControllerIsFoundAtOnce() {
    Recorder().run { recorder in
      recorder.onRead = { _ in 0xff }
      let status = controller.initialise()
      #expect(status == .controllerAbsent)
      #expect(!status.canReceive)
      #expect(recorder.takeTrace() == ["in 64"])
      #expect(controller.read() == nil)
    }
    #expect(text(.controllerAbsent) == "keyboard: no controller at port 0x60")
  }

  @Test func aSilentKeyboardDoesNotHoldTheBoot() {
    let (status, model, accesses) = initialise { $0.keyboardAnswers = nil }
    #expect(status == .keyboardSilent)
    #expect(status.canReceive)
    #expect(model.configuration & 1 == 1)
    #expect(accesses < 110_000)
    #expect(text(status) == "keyboard: the controller works, no keyboard answers")
  }

  @Test(arguments: [UInt32(0xad), 0xa7, 0x20, 0x60, 0xaa, 0xab])
  func aBusyControllerIsReportedWithTheCommand(command: UInt32) {
    let (status, _, accesses) = initialise { $0.busyAfter = command }
    guard case .controllerBusy(let reported) = status else {
      Issue.record("the status is \(status)")
      return
    }
    #expect(accesses < 110_000)
    #expect(!status.canReceive)
    #expect(
      text(status) == "keyboard: the controller does not take command 0x\(hexadecimal(UInt32(reported)))")
  }

  @Test(arguments: [UInt32(0x20), 0xaa, 0xab])
  func aSilentControllerIsReportedWithTheCommand(command: UInt32) {
    let (status, _, accesses) = initialise { $0.unanswered = [command] }
    #expect(status == .controllerSilent(command: UInt8(command)))
    #expect(!status.canReceive)
    #expect(accesses < 110_000)
    #expect(text(status).hasPrefix("keyboard: the controller does not answer command 0x"))
  }

  @Test func failedTestsAreReportedWithTheAnswer() {
    let selfTest = initialise { $0.selfTestAnswer = 0xfc }.0
    #expect(selfTest == .selfTestFailed(answer: 0xfc))
    #expect(text(selfTest) == "keyboard: the controller's self test answered 0xfc instead of 0x55")
    let wires = initialise { $0.wiresAnswer = 3 }.0
    #expect(wires == .wiresFailed(answer: 3))
    #expect(text(wires) == "keyboard: the interface test answered 0x03 instead of 0x00")
  }

  @Test func aCommandIsSentAgainWhenAskedForAtMostTwice() {
    let again = initialise { $0.keyboardAnswers = [0xfe, 0xfe, 0xfa, 0xfe, 0xfa] }
    #expect(again.0 == .ready)
    #expect(again.1.toKeyboard == [0xf6, 0xf6, 0xf6, 0xf4, 0xf4])
    let refused = initialise { $0.keyboardAnswers = [0xfe, 0xfe, 0xfe, 0xfe] }
    #expect(refused.0 == .keyboardRefused(command: 0xf6, answer: 0xfe))
    #expect(refused.0.canReceive)
    #expect(refused.1.toKeyboard == [0xf6, 0xf6, 0xf6])
    let strange = initialise { $0.keyboardAnswers = [0xfa, 0x1e] }
    #expect(strange.0 == .keyboardRefused(command: 0xf4, answer: 0x1e))
    #expect(text(strange.0) == "keyboard: command 0xf4 was answered with 0x1e instead of 0xfa")
  }

  @Test func keysPressedAtBootAreNoAnswers() {
    let typing = initialise { $0.typed = [0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x1f] }
    #expect(typing.0 == .ready)
    #expect(typing.1.toKeyboard == [0xf6, 0xf4])
    let flood = initialise { $0.typed = [UInt32](repeating: 0x1e, count: 8) }
    #expect(flood.0 == .keyboardRefused(command: 0xf6, answer: 0x1e))
    #expect(flood.2 < 110_000)
  }

  @Test func readingSkipsTheMouseAndEnds() {
    Recorder().run { recorder in
      recorder.answers = [0x64: [0x21, 0x21, 0x01, 0x00], 0x60: [1, 2, 0x1e]]
      #expect(controller.read() == 0x1e)
      #expect(controller.read() == nil)
      recorder.onRead = { _ in 0x21 }
      #expect(controller.read() == nil)
      #expect(recorder.accessCount == 7 + 32)
    }
  }

  @Test func anInterruptTakesWhatWaitsAndNoMoreThanSixteen() {
    Recorder().run { recorder in
      let model = ControllerModel()
      model.output = [0x2a, 0x23, 0xaa, 0x17]
      model.attach(to: recorder)
      var decoder = KeyboardDecoder()
      let ring = SharedRing()
      #expect(controller.receive(decoder: &decoder, into: &ring.bytes) == 4)
      #expect(ring.takeText() == "Hi")
      model.output = [UInt32](repeating: 0x1e, count: 40)
      #expect(controller.receive(decoder: &decoder, into: &ring.bytes) == 16)
      #expect(ring.count == 16)
    }
  }

  @Test(arguments: 1...8)
  func randomHardwareNeverHoldsTheBoot(seed: Int) {
    Recorder().run { recorder in
      var generator = SeededGenerator(seed: UInt64(seed))
      recorder.onRead = { _ in UInt32.random(in: 0...255, using: &generator) }
      let status = controller.initialise()
      #expect(!text(status).isEmpty)
      #expect(recorder.accessCount < 2_000_000)
    }
  }
}
