import Drivers
import Primitives
import TestSupport
import Testing

@Suite struct LegacyInterruptControllerTests {
  private typealias Controller = PIC8259<FakePorts>

  private func line(_ number: UInt8) throws -> InterruptLine { try #require(InterruptLine(number)) }

  @Test func initialisationMovesTheVectorsAndMasksAll() {
    Recorder().run { recorder in
      var controller = Controller()
      controller.initialise()
      let written = recorder.takeTrace().filter { $0 != "out 80 0" }
      #expect(
        written == [
          "out 20 11", "out a0 11", "out 21 20", "out a1 28", "out 21 4", "out a1 2", "out 21 1", "out a1 1",
          "out 21 ff", "out a1 ff",
        ])
      #expect(controller.mask == 0xffff)
    }
  }

  @Test func linesAreSixteen() throws {
    #expect(InterruptLine(15)?.number == 15)
    #expect(InterruptLine(16) == nil)
    #expect(InterruptLine(255) == nil)
    for number: UInt8 in 0..<16 {
      let vector = Controller.vector(of: try line(number))
      #expect(vector == 0x20 + number)
      #expect(Controller.line(ofVector: vector)?.number == number)
    }
    #expect(Controller.line(ofVector: 0x1f) == nil)
    #expect(Controller.line(ofVector: 0x30) == nil)
  }

  @Test func maskingWritesOnlyTheControllerThatChanges() throws {
    try Recorder().run { recorder in
      var controller = Controller()
      controller.initialise()
      _ = recorder.takeTrace()
      controller.unmask(.timer)
      #expect(recorder.takeTrace() == ["out 21 fe"])
      controller.unmask(.timer)
      #expect(recorder.takeTrace().isEmpty)
      controller.unmask(try line(14))
      #expect(recorder.takeTrace() == ["out a1 bf", "out 21 fa"])
      controller.unmask(.clock)
      #expect(recorder.takeTrace() == ["out a1 be"])
      controller.mask(try line(14))
      #expect(recorder.takeTrace() == ["out a1 fe"])
      controller.mask(.clock)
      #expect(recorder.takeTrace() == ["out a1 ff", "out 21 fe"])
      #expect(!controller.isMasked(.timer))
      #expect(controller.isMasked(.cascade))
      controller.maskAll()
      #expect(recorder.takeTrace() == ["out 21 ff", "out a1 ff"])
    }
  }

  @Test(arguments: 1...4)
  func masksMatchAModelWhateverTheOrder(seed: Int) throws {
    try Recorder().run { recorder in
      var generator = SeededGenerator(seed: UInt64(seed))
      var hardware: [UInt32: UInt32] = [:]
      recorder.onWrite = { hardware[$0] = $1 }
      var controller = Controller()
      controller.initialise()
      var open: Set<UInt8> = []
      for _ in 0..<2_000 {
        let number = UInt8.random(in: 0..<16, using: &generator)
        guard number != 2 else { continue }
        if Bool.random(using: &generator) {
          controller.unmask(try line(number))
          open.insert(number)
        } else {
          controller.mask(try line(number))
          open.remove(number)
        }
        var expected: UInt16 = 0xffff
        for number in open { expected &= ~(1 << UInt16(number)) }
        if open.contains(where: { $0 >= 8 }) { expected &= ~0x0004 }
        #expect(controller.mask == expected)
        #expect(hardware[0x21] == UInt32(expected & 0xff))
        #expect(hardware[0xa1] == UInt32(expected >> 8))
      }
    }
  }

  @Test func endOfInterruptNamesTheLine() throws {
    try Recorder().run { recorder in
      let controller = Controller()
      controller.endOfInterrupt(.timer)
      controller.endOfInterrupt(.firstSerial)
      controller.endOfInterrupt(.clock)
      controller.endOfInterrupt(try line(15))
      #expect(
        recorder.takeTrace() == [
          "out 20 60", "out 20 64", "out a0 60", "out 20 62", "out a0 67", "out 20 62",
        ])
    }
  }

  @Test func onlySevenAndFifteenCanBeSpurious() throws {
    try Recorder().run { recorder in
      var controller = Controller()
      for number: UInt8 in 0..<16 where number & 7 != 7 {
        let line = try line(number)
        #expect(controller.arrival(of: line) == .genuine)
      }
      #expect(recorder.takeTrace().isEmpty)
      recorder.answers = [0x20: [0x80, 0x01], 0xa0: [0x80, 0x00]]
      #expect(controller.arrival(of: .firstSpurious) == .genuine)
      #expect(recorder.takeTrace() == ["out 20 b", "in 20"])
      #expect(controller.arrival(of: .firstSpurious) == .spurious)
      #expect(recorder.takeTrace() == ["out 20 b", "in 20"])
      #expect(controller.arrival(of: .secondSpurious) == .genuine)
      #expect(recorder.takeTrace() == ["out a0 b", "in a0"])
      #expect(controller.arrival(of: .secondSpurious) == .spurious)
      // The first controller did see a request from the second: its line 2 must be ended.
      #expect(recorder.takeTrace() == ["out a0 b", "in a0", "out 20 62"])
      #expect(controller.spuriousCount == 2)
    }
  }

  @Test(arguments: [
    (UInt32(0x00), UInt32(0xff), UInt8?.none), (0x01, 0, 0), (0x02, 0, 1), (0x82, 0, 1), (0x80, 0, 7),
    (0x04, 0x01, 8), (0x04, 0x80, 15), (0x0c, 0x50, 12), (0x05, 0x10, 0), (0x04, 0x00, 2), (0xf8, 0, 3),
  ])
  func theLineInServiceIsFound(first: UInt32, second: UInt32, expected: UInt8?) {
    Recorder().run { recorder in
      recorder.answers = [0x20: [first], 0xa0: [second]]
      #expect(Controller().inServiceLine()?.number == expected)
    }
  }
}

@Suite struct LocalInterruptControllerTests {
  private let controller = LocalAPIC<FakeRegisters>(base: 0xfee0_0000)

  @Test func enablingWritesThisTrace() {
    Recorder().run { recorder in
      controller.enable(spuriousVector: 0xff)
      controller.configure(.zero, as: .external)
      controller.configure(.one, as: .nonMaskable)
      controller.configure(.zero, as: .masked)
      controller.endOfInterrupt()
      #expect(
        recorder.takeTrace() == [
          "out fee00080 0", "out fee00320 10000", "out fee000f0 1ff", "out fee00350 700", "out fee00360 400",
          "out fee00350 10000", "out fee000b0 0",
        ])
    }
  }

  @Test(arguments: [
    (UInt32(0x0005_0014), true), (0x10, true), (0x15, true), (0, false), (0xffff_ffff, false),
  ])
  func presenceIsTheVersion(version: UInt32, expected: Bool) {
    Recorder().run { recorder in
      recorder.answers = [0xfee0_0030: [version]]
      #expect(controller.isPresent == expected)
    }
  }

  @Test func identifierIsTheTopByte() {
    Recorder().run { recorder in
      recorder.answers = [0xfee0_0020: [0x0300_0000]]
      #expect(controller.identifier == 3)
    }
  }

  @Test(arguments: [
    [UInt8](), [0x10], [0x20, 0x21], [0x31, 0xff], [0x5f, 0x60], [0x7f, 0x3e, 0x40], [0xe0],
  ])
  func theHighestVectorInServiceIsFound(vectors: [UInt8]) {
    Recorder().run { recorder in
      recorder.onRead = { address in
        let group = UInt8((address - 0xfee0_0100) >> 4)
        return vectors.filter { $0 >> 5 == group }.reduce(0) { $0 | 1 << UInt32($1 & 31) }
      }
      #expect(controller.inServiceVector() == vectors.max())
      #expect(recorder.accessCount <= 8)
    }
  }

  @Test func theTimerIsStartedStoppedAndRead() {
    Recorder().run { recorder in
      controller.startOneShot(vector: 0x30, divider: .by16, count: 1000)
      #expect(recorder.takeTrace() == ["out fee003e0 3", "out fee00320 30", "out fee00380 3e8"])
      controller.startSilentCount(divider: .by1, count: .max)
      #expect(recorder.takeTrace() == ["out fee003e0 b", "out fee00320 10000", "out fee00380 ffffffff"])
      recorder.answers = [0xfee0_0390: [42], 0xfee0_0280: [0x40]]
      #expect(controller.timerCount == 42)
      controller.restartTimer(count: 7)
      controller.stopTimer()
      #expect(
        recorder.takeTrace() == ["in fee00390", "out fee00380 7", "out fee00320 10000", "out fee00380 0"])
      #expect(controller.takeErrors() == 0x40)
      #expect(recorder.takeTrace() == ["out fee00280 0", "in fee00280"])
    }
  }
}

@Suite struct InputOutputInterruptControllerTests {
  private typealias Controller = IOAPIC<FakeRegisters>

  /// A register file behind the index and data windows.
  private func attach(_ recorder: Recorder, version: UInt32 = 0x0017_0020) -> () -> [UInt32: UInt32] {
    var index: UInt32 = 0
    var registers: [UInt32: UInt32] = [1: version]
    recorder.onWrite = { address, value in
      if address == 0xfec0_0000 { index = value } else { registers[index] = value }
    }
    recorder.onRead = { _ in registers[index] ?? 0 }
    return { registers }
  }

  private func text(_ error: IOAPICError) -> String {
    var output = TextCollector()
    error.describe(to: &output)
    return output.text
  }

  @Test func initialisationMasksEveryPin() throws {
    try Recorder().run { recorder in
      let registers = attach(recorder)
      var controller = Controller(base: 0xfec0_0000)
      try controller.initialise()
      #expect(controller.pinCount == 24)
      for pin: UInt32 in 0..<24 { #expect(registers()[0x10 + 2 * pin] == 0x1_0000) }
      #expect(registers()[0x10 + 48] == nil)
    }
  }

  @Test(arguments: [UInt32(0), 0xffff_ffff, 0x0017_0000, 0x00ff_0020, 0x0117_0020])
  func whatIsNotOneIsRefused(version: UInt32) {
    Recorder().run { recorder in
      recorder.onRead = { _ in version }
      var controller = Controller(base: 0xfec0_0000)
      #expect(throws: IOAPICError.absent(version: version)) {
        try controller.initialise()
      }
      #expect(controller.pinCount == 0)
      #expect(recorder.takeTrace() == ["out fec00000 1", "in fec00010"])
    }
    #expect(text(.absent(version: 0)).contains("reads 0x00000000"))
  }

  @Test func programmingMasksThenWritesHighThenLow() throws {
    try Recorder().run { recorder in
      _ = attach(recorder)
      var controller = Controller(base: 0xfec0_0000)
      try controller.initialise()
      _ = recorder.takeTrace()
      try controller.program(pin: 2, delivery: .nonMaskable, destination: 0)
      #expect(
        recorder.takeTrace() == [
          "out fec00000 14", "out fec00010 10000", "out fec00000 15", "out fec00010 0", "out fec00000 14",
          "out fec00010 400",
        ])
      try controller.program(
        pin: 11, delivery: .fixed(vector: 0x41), trigger: .levelActiveLow, destination: 5, isMasked: true)
      #expect(recorder.writes(to: 0xfec0_0010) == [0x10000, 0x0500_0000, 0x1_a041])
      _ = recorder.takeTrace()
      // A non-maskable interrupt must be edge triggered whatever was asked.
      try controller.program(pin: 0, delivery: .nonMaskable, trigger: .levelActiveLow, destination: 0)
      #expect(recorder.writes(to: 0xfec0_0010).last == 0x400)
    }
  }

  @Test func maskingKeepsTheEntry() throws {
    try Recorder().run { recorder in
      let registers = attach(recorder)
      var controller = Controller(base: 0xfec0_0000)
      try controller.initialise()
      try controller.program(pin: 4, delivery: .fixed(vector: 0x24), destination: 0)
      try controller.mask(pin: 4)
      #expect(registers()[0x18] == 0x1_0024)
      try controller.unmask(pin: 4)
      #expect(registers()[0x18] == 0x24)
    }
  }

  @Test func wrongPinsAndVectorsChangeNothing() throws {
    try Recorder().run { recorder in
      _ = attach(recorder)
      var controller = Controller(base: 0xfec0_0000)
      let before = IOAPICError.pinOutOfRange(pin: 0, limit: 0)
      #expect(throws: before) { try controller.mask(pin: 0) }
      try controller.initialise()
      _ = recorder.takeTrace()
      let pin = IOAPICError.pinOutOfRange(pin: 24, limit: 24)
      #expect(throws: pin) { try controller.program(pin: 24, delivery: .nonMaskable, destination: 0) }
      #expect(throws: pin) { try controller.unmask(pin: 24) }
      let vector = IOAPICError.vectorReserved(vector: 0x0f, lowest: 0x10)
      #expect(throws: vector) {
        try controller.program(pin: 1, delivery: .fixed(vector: 0x0f), destination: 0)
      }
      #expect(recorder.takeTrace().isEmpty)
      #expect(text(pin) == "I/O APIC pin 24 does not exist: it has 24 pins")
      #expect(text(vector) == "I/O APIC vector 0x0f is reserved: the lowest is 0x10")
    }
  }
}
