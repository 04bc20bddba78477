// The console: a long text keeps nobody else from the processor.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Console {
    /// A text of 64 KiB takes as many calls as its writer has turns.
    @Test func aLongTextIsWrittenInParts() {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.step = 0
      var rounds = 0
      var longest: Int32 = 0
      let peer = kernel.address { caller in
        while true {
          rounds += 1
          caller.call(.yield)
        }
      }
      let length: UInt32 = 65_536
      let result = kernel.run { caller in
        let thread = caller.startThread(peer)
        let address = UInt32(caller.call(.memoryMap, 0, length, 3)) << 12
        for page in 0..<length / 4096 {
          caller.write((0..<4096).map { $0 % 64 == 63 ? 0x0a : 0x61 }, at: address + page * 4096)
        }
        var done: UInt32 = 0
        while done < length {
          let written = caller.call(.write, 1, address + done, length - done)
          guard written > 0 else { return 1 }
          longest = max(longest, written)
          done += UInt32(written)
        }
        caller.call(.kill, UInt32(thread), 0)
        return 0
      }
      #expect(result.status == 0)
      #expect(result.text.utf8.filter { $0 == 0x61 }.count >= 64_512)
      #expect(rounds > 5 && longest < 16_384, "\(rounds) rounds, \(longest) bytes in one call")
    }

    /// What is typed goes to one job: not to one in the background, to each that it is given to, and back to the giver when
    /// that has ended.
    @Test func theConsoleHasAnOwner() {
      let kernel = HostedKernel()
      var log: [String] = []
      func line(_ name: String) -> (Caller) -> Int32 {
        { caller in
          log.append("\(name) \(caller.readConsole())")
          return caller.call(.terminalGive, 0, 0) == 0 ? 0 : 1
        }
      }
      kernel.add("/bin/background", line("background"))
      kernel.add("/bin/foreground", line("foreground"))
      let result = kernel.run { caller in
        let background = caller.start("/bin/background", .ownJob)
        let foreground = caller.start("/bin/foreground", .ownJob)
        caller.sleep(1_000_000)
        #expect(caller.call(.terminalGive, 0, UInt32(foreground)) == 0)
        #expect(caller.call(.terminalGive, 0, 9999) == SystemError.noSuchTask.rawValue)
        kernel.type("to the foreground\n")
        #expect(caller.wait(foreground)?.status == 0)
        kernel.type("to the first\n")
        log.append("first \(caller.readConsole())")
        // It could not take the console by itself, and gets it when it is given.
        #expect(caller.call(.terminalGive, 0, UInt32(background)) == 0)
        kernel.type("to the background\n")
        #expect(caller.wait(background)?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(log == ["foreground to the foreground", "first to the first", "background to the background"])
    }

    /// A job gives away only what it has itself, to what lies inside it.
    @Test func nobodyTakesTheConsole() {
      let kernel = HostedKernel()
      kernel.add("/bin/thief") { caller in
        let own = caller.call(.terminalGive, 0, 0)
        let other = caller.call(.terminalGive, 0, 1)
        let attention = caller.call(.attentionWait)
        return [own, other, attention].allSatisfy { $0 == SystemError.notPermitted.rawValue } ? 0 : 1
      }
      let result = kernel.run { caller in caller.wait(caller.start("/bin/thief", .ownJob))?.status ?? 2 }
      #expect(result.status == 0, "\(result.text)")
    }

    /// The attention key takes the console from whoever has it, drops what waits, and gives it back behind the shell that it
    /// brought, however deep that has given it on.
    @Test(arguments: [0, 5])
    func theAttentionKey(kept: Int) {
      let kernel = HostedKernel()
      var log: [String] = []
      kernel.add("/bin/deaf") { caller in
        caller.sleep(50_000_000)
        log.append("deaf \(caller.readConsole())")
        return 0
      }
      kernel.add("/bin/reader") { caller in
        log.append("reader \(caller.readConsole())")
        return 0
      }
      kernel.add("/bin/attention") { caller in
        caller.sleep(1_000_000)
        let child = caller.start("/bin/reader", .ownJob)
        #expect(caller.call(.terminalGive, 0, UInt32(child)) == 0)
        kernel.type("to the reader\n")
        _ = caller.wait(child)
        kernel.type("to the shell\n")
        log.append("shell \(caller.readConsole())")
        return 0
      }
      let result = kernel.run { caller in
        let deaf = caller.start("/bin/deaf", .ownJob)
        #expect(caller.call(.terminalGive, 0, UInt32(deaf)) == 0)
        kernel.type(String(repeating: "x", count: kept) + "\u{1d}\u{1d}")
        #expect(caller.call(.attentionWait) >= 0)
        let shell = caller.start("/bin/attention", .ownJob)
        #expect(caller.call(.terminalGive, 0, UInt32(shell)) == 0)
        caller.sleep(60_000_000)
        #expect(caller.wait(shell)?.status == 0)
        kernel.type("to the deaf\n")
        #expect(caller.wait(deaf)?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(log == ["reader to the reader", "shell to the shell", "deaf to the deaf"])
    }
  }
}

extension HostedKernel {
  /// Somebody types on the serial line.
  func type(_ text: String) {
    machine.stamp += 200_000_000
    machine.serial.type(Array(text.utf8))
    machine.local.request(0x34)
  }
}

extension Caller {
  /// What a read of the console brings.
  fileprivate func readConsole() -> String {
    withScratch {
      let place = place([UInt8](repeating: 0, count: 64))
      let count = call(.read, 0, place, 64)
      return count < 0 ? "error \(count)" : String(decoding: read(Int(count - 1), at: place), as: UTF8.self)
    }
  }
}
