// Terminals: lines, settings, signals, whose input it is, and both sides of a pseudo-terminal.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Terminals {
    @Test func aLinePassesAndIsShown() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let ends = caller.makeTerminal() else { return 1 }
        #expect(caller.write("ab\u{7f}c\r", to: ends.master) == 5)
        #expect(caller.read(100, from: ends.terminal) == Array("ac\n".utf8))
        #expect(caller.write("out\n", to: ends.terminal) == 4)
        #expect(caller.text(from: ends.master) == "ab\u{08} \u{08}c\r\nout\r\n")
        // A bad address takes nothing.
        #expect(caller.write("x\n", to: ends.master) == 2)
        #expect(caller.call(.read, ends.terminal, 0x10, 4) == SystemError.badAddress.rawValue)
        #expect(caller.read(100, from: ends.terminal) == Array("x\n".utf8))
        #expect(caller.call(.write, ends.master, 0x10, 4) == SystemError.badAddress.rawValue)
        #expect(caller.call(.write, ends.terminal, 0x10, 4) == SystemError.badAddress.rawValue)
        #expect(caller.call(.read, ends.master, 0x10, 4) == SystemError.badAddress.rawValue)
        caller.call(.close, ends.master)
        caller.call(.close, ends.terminal)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    @Test func settingsAreTakenWholeOrNotAtAll() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        guard let ends = caller.makeTerminal(), var information = caller.information(of: ends.terminal) else {
          return 1
        }
        #expect(information.settings.modes.contains([.canonical, .echo, .signals]))
        information.settings.modes.subtract([.canonical, .echo])
        (information.columns, information.rows) = (132, 50)
        information.settings.minimum = 300
        #expect(caller.change(ends.terminal, .all, information) == SystemError.badArgument.rawValue)
        information.settings.minimum = 2
        information.columns = 100_000
        #expect(caller.change(ends.terminal, .all, information) == SystemError.badArgument.rawValue)
        #expect(caller.change(ends.terminal, .init(rawValue: 8), information) == SystemError.badArgument.rawValue)
        let same = caller.information(of: ends.terminal)
        #expect(same?.columns == 0 && same?.settings.minimum == 1)
        information.columns = 132
        #expect(caller.change(ends.master, .all, information) == 0)
        let changed = caller.information(of: ends.terminal)
        #expect(changed?.columns == 132 && changed?.rows == 50 && changed?.settings.minimum == 2)
        #expect(caller.write("abc", to: ends.master) == 3)
        #expect(caller.read(2, from: ends.terminal) == [0x61, 0x62])
        // No terminal, no handle.
        guard let pipe = caller.makePipe() else { return 1 }
        #expect(caller.change(pipe.reading, .all, information) == SystemError.unsupported.rawValue)
        #expect(caller.change(31, .all, information) == SystemError.badHandle.rawValue)
        #expect(caller.call(.terminalInformation, ends.terminal, 0x10) == SystemError.badAddress.rawValue)
        #expect(caller.call(.terminalCreate, 0x10) == SystemError.badAddress.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    /// Without lines: how long a read waits for how much.
    @Test func minimumAndTime() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        guard let ends = caller.makeTerminal(), var information = caller.information(of: ends.terminal) else {
          return 1
        }
        information.settings.modes.subtract([.canonical, .echo])
        (information.settings.minimum, information.settings.time) = (0, 0)
        #expect(caller.change(ends.terminal, .settings, information) == 0)
        #expect(caller.read(4, from: ends.terminal) == [])
        information.settings.time = 20
        #expect(caller.change(ends.terminal, .settings, information) == 0)
        #expect(caller.read(4, from: ends.terminal) == [])
        #expect(caller.write("a", to: ends.master) == 1)
        #expect(caller.read(4, from: ends.terminal) == [0x61])
        information.settings.minimum = 3
        #expect(caller.change(ends.terminal, .settings, information) == 0)
        #expect(caller.write("ab", to: ends.master) == 2)
        // The third does not come in time.
        #expect(caller.read(4, from: ends.terminal) == [0x61, 0x62])
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    /// The master goes: readers get the end, writers an error, whoever watches is told. The terminal's side goes: so does the master.
    @Test func hangUp() {
      let kernel = HostedKernel()
      let reader = kernel.address { caller in Int32(caller.read(10, from: caller.argument)?.count ?? -1) }
      let writer = kernel.address { caller in
        while true {
          let result = caller.write([UInt8](repeating: 0x61, count: 500), to: caller.argument)
          if result < 0 { return result }
        }
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let ends = caller.makeTerminal(), let other = caller.makeTerminal() else { return 1 }
        let notification = UInt32(caller.call(.notificationCreate))
        #expect(caller.call(.terminalWatch, ends.terminal, notification, TerminalSignals.all.rawValue) == 0)
        let reading = caller.startThread(reader, argument: ends.terminal)
        let writing = caller.startThread(writer, argument: ends.terminal)
        caller.sleep(3_000_000)
        caller.call(.close, ends.master)
        #expect(caller.wait(reading)?.status == 0)
        #expect(caller.wait(writing)?.status == SystemError.peerGone.rawValue)
        #expect(caller.call(.notificationWait, notification, 0, 0) == Int32(TerminalSignals.hungUp.rawValue))
        #expect(caller.information(of: ends.terminal)?.isHungUp == 1)
        caller.call(.close, ends.terminal)
        let looking = caller.startThread(reader, argument: other.master)
        caller.sleep(1_000_000)
        caller.call(.close, other.terminal)
        #expect(caller.wait(looking)?.status == 0)
        #expect(caller.write([1], to: other.master) == SystemError.peerGone.rawValue)
        caller.call(.close, other.master)
        caller.call(.close, notification)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    /// Ctrl-C goes to whoever watched last of those around the foreground, also behind more than fits, and to the one before when
    /// that has ended.
    @Test func signalsGoToTheInnermostWatcher() {
      let kernel = HostedKernel()
      kernel.add("/bin/inner") { caller in
        let notification = UInt32(caller.call(.notificationCreate))
        // This waits until it has the terminal.
        guard caller.change(0, [], TerminalInformation()) == 0,
          caller.call(.terminalWatch, 0, notification, TerminalSignals.interrupt.rawValue) == 0
        else { return 1 }
        _ = caller.write([0x2e], to: StandardHandle.output)
        return caller.call(.notificationWait, notification, .max, .max)
      }
      kernel.add("/bin/outsider") { caller in
        let notification = UInt32(caller.call(.notificationCreate))
        return caller.call(.terminalWatch, 0, notification, TerminalSignals.interrupt.rawValue)
      }
      let result = kernel.run { caller in
        // So the stack has its pages.
        caller.withScratch { _ = caller.place([UInt8](repeating: 0, count: 8192)) }
        let before = caller.memoryInformation().free
        guard let ends = caller.makeTerminal() else { return 1 }
        let notification = UInt32(caller.call(.notificationCreate))
        let signals = TerminalSignals([.interrupt, .suspend, .resized])
        #expect(caller.call(.terminalWatch, ends.terminal, notification, signals.rawValue) == 0)
        #expect(caller.call(.terminalWatch, ends.master, notification, 1) == SystemError.unsupported.rawValue)
        #expect(caller.call(.terminalWatch, ends.terminal, notification, 32) == SystemError.badArgument.rawValue)
        #expect(caller.call(.terminalGive, ends.terminal, 0) == 0)
        let handles: InlineArray<3, HandleSource> = [.handle(ends.terminal), .handle(ends.terminal), .none]
        let outsider = caller.start("/bin/outsider", .ownJob, handles: handles)
        #expect(caller.wait(outsider)?.status == SystemError.notPermitted.rawValue)
        let inner = caller.start("/bin/inner", handles: handles)
        caller.sleep(1_000_000)
        #expect(caller.call(.terminalGive, ends.terminal, UInt32(inner)) == 0)
        #expect(caller.read(1, from: ends.master) == [0x2e])
        #expect(caller.write("\u{03}", to: ends.master) == 1)
        #expect(caller.wait(inner)?.status == Int32(TerminalSignals.interrupt.rawValue))
        #expect(caller.call(.notificationWait, notification, 0, 0) == SystemError.wouldBlock.rawValue)
        #expect(caller.write(String(repeating: "x", count: 4096), to: ends.master) == 4096)
        #expect(caller.write("\u{03}", to: ends.master) == 1)
        #expect(caller.call(.notificationWait, notification, 0, 0) == Int32(TerminalSignals.interrupt.rawValue))
        #expect(caller.information(of: ends.terminal)?.readable == 0)
        var information = TerminalInformation()
        (information.columns, information.rows) = (100, 40)
        #expect(caller.change(ends.master, .size, information) == 0)
        #expect(caller.call(.notificationWait, notification, 0, 0) == Int32(TerminalSignals.resized.rawValue))
        for handle in [ends.master, ends.terminal, notification] { caller.call(.close, handle) }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    /// The console: Ctrl-C comes through however much was typed before it.
    @Test func anInterruptBehindAFullConsole() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let notification = UInt32(caller.call(.notificationCreate))
        #expect(caller.call(.terminalWatch, 0, notification, TerminalSignals.interrupt.rawValue) == 0)
        for _ in 0..<100 {
          kernel.type(String(repeating: "y", count: 50))
          caller.sleep(1_000_000)
        }
        kernel.type("\u{03}after\n")
        caller.sleep(1_000_000)
        #expect(caller.call(.notificationWait, notification, 0, 0) == Int32(TerminalSignals.interrupt.rawValue))
        #expect(caller.read(100, from: StandardHandle.input) == Array("after\n".utf8))
        return 0
      }
      #expect(result.status == 0, "\(result.end) \(result.text)")
    }

    /// A program types to another one in pieces, whoever is let run when: each line comes back once and in order, also where the
    /// other side is killed.
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func linesComeBack(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 40
      var random = SeededGenerator(seed: seed &* 31)
      kernel.add("/bin/echo") { caller in
        while let line = caller.read(5000, from: StandardHandle.input), !line.isEmpty {
          var left = line[...]
          while !left.isEmpty {
            let count = caller.write([UInt8](left), to: StandardHandle.output)
            guard count > 0 else { return 1 }
            left = left.dropFirst(Int(count))
          }
        }
        return 0
      }
      let typist = kernel.address { caller in
        for number in 0..<60 {
          var left = Array("\(number) \(String(repeating: "z", count: number * 7 % 300))\r".utf8)[...]
          while !left.isEmpty {
            let count = caller.write([UInt8](left.prefix(50)), to: caller.argument)
            guard count > 0 else { return 1 }
            left = left.dropFirst(Int(count))
          }
        }
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let ends = caller.makeTerminal(), var information = caller.information(of: ends.terminal) else {
          return 1
        }
        information.settings.modes.subtract([.echo, .echoLineFeed])
        #expect(caller.change(ends.terminal, .settings, information) == 0)
        let kind = Processes.kinds.randomElement(using: &random)!
        let other = caller.start("/bin/echo", kind, handles: [.handle(ends.terminal), .handle(ends.terminal), .none])
        caller.call(.close, ends.terminal)
        let thread = caller.startThread(typist, argument: ends.master)
        if seed % 4 == 0 {
          caller.sleep(UInt64.random(in: 0...1_000_000, using: &random))
          caller.call(.kill, UInt32(other), 1)
        }
        var text: [UInt8] = []
        while let piece = caller.read(777, from: ends.master), !piece.isEmpty {
          text += piece
          if text.filter({ $0 == 0x0a }).count == 60 { break }
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
        for (number, line) in lines.enumerated() where seed % 4 != 0 {
          #expect(line == "\(number) \(String(repeating: "z", count: number * 7 % 300))", "seed \(seed)")
        }
        #expect(seed % 4 == 0 || lines.count == 60, "\(lines.count) lines, \(text.count) bytes, \(text.suffix(20))")
        caller.call(.kill, UInt32(thread), 0)
        _ = caller.wait(thread)
        caller.call(.close, ends.master)
        while caller.wait() != nil {}
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "seed \(seed): \(result.end) \(result.text)")
    }
  }
}

extension Caller {
  func makeTerminal() -> TerminalEnds? {
    withScratch {
      let place = place(TerminalEnds())
      return call(.terminalCreate, place) == 0 ? read(at: place, TerminalEnds()) : nil
    }
  }

  func information(of terminal: UInt32) -> TerminalInformation? {
    withScratch {
      let place = place(TerminalInformation())
      return call(.terminalInformation, terminal, place) == 0 ? read(at: place, TerminalInformation()) : nil
    }
  }

  func change(_ terminal: UInt32, _ changes: TerminalChanges, _ information: TerminalInformation) -> Int32 {
    withScratch { call(.terminalChange, terminal, changes.rawValue, place(information)) }
  }

  @discardableResult
  func write(_ text: String, to handle: UInt32) -> Int32 { write(Array(text.utf8), to: handle) }

  func text(from handle: UInt32) -> String? { read(200, from: handle).map { String(decoding: $0, as: UTF8.self) } }
}
