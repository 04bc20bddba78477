// A program whose calls a layer of the test's gives their meaning.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  /// Runs `program` with `layer` as its personality, both in kinds of tasks that the seed says, while the first process does `meanwhile`.
  /// Afterwards as many pages are free as before.
  static func run(
    _ program: @escaping Program, seed: UInt64, layer: @escaping Program,
    meanwhile: @escaping (Caller, UInt32) -> Void = { _, _ in }
  ) -> (outcome: TaskOutcome?, text: String) {
    let kernel = HostedKernel(seed: seed)
    kernel.preemptions = Int(seed * 11 % 50)
    kernel.kernelPreemptions = Int(seed * 7 % 50)
    kernel.add("/bin/layer", layer)
    kernel.add("/bin/program", program)
    var outcome: TaskOutcome?
    let result = kernel.run { caller in
      let before = caller.memoryInformation().free
      let server = caller.start("/bin/layer", Processes.kinds[Int(seed / 4 % 4)])
      var handle = caller.open(service: "layer")
      while handle < 0 {
        caller.sleep(100_000)
        handle = caller.open(service: "layer")
      }
      let task = caller.start("/bin/program", Processes.kinds[Int(seed % 4)], personality: handle)
      #expect(task > 0)
      meanwhile(caller, UInt32(bitPattern: task))
      outcome = caller.wait(task)
      caller.call(.close, UInt32(bitPattern: handle))
      caller.call(.kill, UInt32(bitPattern: server), 0)
      #expect(caller.wait(server) != nil)
      let after = caller.memoryInformation()
      #expect(after.free == before && after.discrepancies == 0)
      return 0
    }
    #expect(result.status == 0, "\(result.text)")
    return (outcome, result.text)
  }
}
