// Random calls by several processes and threads of all kinds, with random schedules: whatever they ask for, the kernel goes on, and
// afterwards all memory is accounted for.
//
// `MEGHA_FUZZ_CALLS` and `MEGHA_FUZZ_SEED` make it longer or another one (docs/reliability.md).

import ABI
import Foundation
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Fuzz {
    private static func setting(_ name: String) -> Int? {
      ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    @Test(arguments: [1, 2, 3, 4])
    func randomCalls(part: Int) {
      let seed = UInt64((Self.setting("MEGHA_FUZZ_SEED") ?? 0) * 4 + part)
      let wanted = (Self.setting("MEGHA_FUZZ_CALLS") ?? 400_000) / 4
      let kernel = HostedKernel(seed: seed)
      kernel.kernelPreemptions = 30
      let fuzzer = CallFuzzer(kernel, seed: seed)
      let start = ContinuousClock.now
      let result = kernel.run { caller in
        let before = caller.memoryInformation()
        fuzzer.run(as: caller, calls: wanted)
        let after = caller.memoryInformation()
        #expect(after.discrepancies == 0, "seed \(seed)")
        // Page tables of the kernel half stay once they are needed.
        let tables = after.pageTables - before.pageTables
        #expect(after.free + tables == before.free && tables < 8, "seed \(seed): \(before) then \(after)")
        return 0
      }
      let time = ContinuousClock.now - start
      #expect(result.status == 0, "seed \(seed): \(result.end) after \(fuzzer.last) \(result.text.suffix(3000))")
      print("fuzz: seed \(seed), \(kernel.calls) calls in \(time), \(fuzzer.starts) tasks")
    }
  }
}

/// Tasks that call at random.
final class CallFuzzer {
  private let kernel: HostedKernel
  private var random: SeededGenerator
  private(set) var starts = 0
  /// The latest calls, to be shown.
  private(set) var last: [(number: UInt32, words: [UInt32])] = []
  private var thread: UInt32 = 0

  init(_ kernel: HostedKernel, seed: UInt64) {
    self.kernel = kernel
    random = SeededGenerator(seed: seed &* 0x9e37_79b9)
    kernel.add("/bin/worker") { [unowned self] caller in work(caller) }
    thread = kernel.address { [unowned self] caller in work(caller) }
  }

  private func pick(_ range: ClosedRange<UInt32>) -> UInt32 { UInt32.random(in: range, using: &random) }

  /// As the first process: keeps workers going until so many calls are made, then ends all.
  func run(as caller: Caller, calls: Int) {
    var workers: [Int32] = []
    while kernel.calls < calls {
      while workers.count < 6 {
        let worker = caller.start(
          "/bin/worker", KernelTests.Processes.kinds.randomElement(using: &random)!, dropping: [.power, .tasks])
        guard worker > 0 else { break }
        starts += 1
        workers.append(worker)
      }
      caller.sleep(UInt64(pick(100_000...3_000_000)))
      // Some wait for what never comes.
      if pick(0...3) == 0, let victim = workers.randomElement(using: &random) { caller.call(.kill, UInt32(victim), 1) }
      while true {
        let ended = caller.call(.wait, 0, WaitFlags.noWait.rawValue, 0)
        guard ended > 0 else { break }
        workers.removeAll { $0 == ended }
      }
    }
    // Orphans have become children of the first process by the time their parents have ended.
    while true {
      var task: Int32 = 0
      while true {
        task = caller.call(.taskNext, UInt32(task))
        guard task > 0 else { break }
        caller.call(.kill, UInt32(task), 1)
      }
      guard caller.wait() != nil else { return }
    }
  }

  private func work(_ caller: Caller) -> Int32 {
    let own = (0..<4).map { _ in caller.place([UInt8](repeating: 0, count: 256)) }
    while true {
      let number = pick(0...SystemCall.count + 3)
      if let call = SystemCall(rawValue: number) {
        switch call {
        // Ends the task, which should have a life before.
        case .exit, .abort: if pick(0...40) != 0 { continue }
        // A test that lets kernel allocations fail, and others that stop the machine on purpose.
        case .kernelTest: continue
        default: break
        }
      }
      if pick(0...30) == 0 { plausible(caller, own) }
      let words = (0..<5).map { _ in word(own) }
      last.append((number, words))
      if last.count > 8 { last.removeFirst() }
      _ = caller.call(number, words)
      if pick(0...20) == 0 { caller.write(pick(0...UInt32.max), at: own[Int(pick(0...3))] + pick(0...50) * 4) }
    }
  }

  /// A call that is likely to succeed.
  private func plausible(_ caller: Caller, _ own: [UInt32]) {
    let names = ["a", "b", "c"]
    let name = names[Int(pick(0...2))]
    switch pick(0...11) {
    case 0: _ = caller.start("/bin/worker", KernelTests.Processes.kinds.randomElement(using: &random)!)
    case 1: _ = caller.startThread(thread, KernelTests.Processes.kinds.randomElement(using: &random)!)
    case 2: _ = caller.publish(name)
    case 3: _ = caller.open(service: name)
    case 4:
      var message = Message()
      message.words[5] = pick(0...8)
      message.operation = pick(0...1) << 31 | pick(0...3)
      (message.dataAddress, message.dataLength) = (word(own), pick(0...3) == 0 ? word(own) : pick(0...200))
      (message.bufferAddress, message.bufferCapacity) = (own[0], 256)
      _ = caller.callMessage(Int32(pick(2...8)), &message, limit: UInt64(pick(0...100_000)))
    case 5: _ = caller.control(name, ServiceAction(rawValue: pick(0...2))!)
    case 6: caller.call(.memoryMap, 0, pick(1...100_000), 3)
    case 7: caller.call(.wait, 0, WaitFlags.noWait.rawValue, own[1])
    case 8: caller.call(.notificationCreate)
    case 9: caller.call(.pipeCreate, own[2])
    case 10: caller.call(.handlePlace, pick(3...12), pick(0...2))
    default: caller.sleep(UInt64(pick(0...1_000_000)))
    }
  }

  private func word(_ own: [UInt32]) -> UInt32 {
    switch pick(0...11) {
    case 0, 1: pick(0...8)
    case 2: pick(0...64)
    case 3, 4: own[Int(pick(0...3))] + pick(0...63) * 4
    case 5: own[Int(pick(0...3))] + pick(0...255)
    case 6: Caller.data + pick(0...8192)
    case 7: AddressLayout.dynamicStart + pick(0...64) * 4096
    case 8: 1 << pick(0...31)
    case 9: 0 &- pick(0...64)
    case 10: AddressLayout.kernelStart &+ pick(0...0x2000) &- 0x1000
    default: pick(0...UInt32.max)
    }
  }
}
