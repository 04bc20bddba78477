// The kernel that `megha doctor` boots: a class, an array and 64-bit division show that Embedded Swift, the
// linker, libgcc and the emulator work together. It prints on the first serial port, gives its status on the
// second, the host channel, and leaves the machine.

import ProbeSupport

private final class Counter {
  var value: UInt64 = 1
}

private func write(_ text: StaticString, port: UInt16) {
  for index in 0..<text.utf8CodeUnitCount { probe_out(port, text.utf8Start[index]) }
}

@c(probe_main) public func probeMain() {
  let counter = Counter()
  for factor in [UInt64(2), 3, 7, 1_000_000_007] { counter.value &*= factor }
  let works = counter.value / 42 == 1_000_000_007
  write(works ? "The probe runs.\n" : "The probe computed nonsense.\n", port: 0x3f8)
  write(works ? "status 0\n" : "status 1\n", port: 0x2f8)
  probe_out(0xf4, 0x10)
}
