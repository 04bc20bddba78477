// The speaker of a PC, as a linked module: channel 2 of the interval timer makes the tone, two bits of port 0x61 let it
// through (Intel 8254 data sheet; IBM PC AT Technical Reference, "System Control Port B").
//
//     operation 0   words: frequency in Hz, milliseconds   sounds, and comes back when the tone is over
//     operation 1   silence

import Drivers
import ModuleInterface
import ModuleSupport
import ServiceSupport

private enum Port {
  static var tone: UInt16 { 0x42 }
  static var control: UInt16 { 0x43 }
  static var gate: UInt16 { 0x61 }
}

/// Channel 2, low byte then high byte, square wave.
private var squareWave: UInt8 { 0xb6 }
/// Timer 2 gate and speaker data enable.
private var gateBits: UInt8 { 3 }
private var longestTone: UInt32 { 10_000 }

@c(speaker_start) public func start() -> Int32 {
  let timer = PortClaim.take(Port.tone...Port.control)
  guard timer == 0 else { return timer }
  return PortClaim.take(Port.gate...Port.gate)
}

@c(speaker_stop) public func stop() { silence() }

@c(speaker_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  answer(message) { request in
    switch request.operation {
    case 0: return sound(frequency: request.words[0], milliseconds: request.words[1])
    case 1:
      silence()
      return 0
    default: return ServiceError.unsupported
    }
  }
}

/// The lowest frequency is the one whose divisor still fits 16 bits.
private func sound(frequency: UInt32, milliseconds: UInt32) -> Int32 {
  let clock = IntervalTimer<ModulePorts>.frequency
  guard frequency > clock / 65536, frequency <= 20_000, milliseconds <= longestTone else {
    return ServiceError.badArgument
  }
  let divisor = clock / frequency
  ModulePorts.write8(Port.control, squareWave)
  ModulePorts.write8(Port.tone, UInt8(truncatingIfNeeded: divisor))
  ModulePorts.write8(Port.tone, UInt8(truncatingIfNeeded: divisor >> 8))
  ModulePorts.write8(Port.gate, ModulePorts.read8(Port.gate) | gateBits)
  let hasSlept = Clock.sleep(milliseconds: milliseconds)
  silence()
  return hasSlept ? 0 : ServiceError.cancelled
}

private func silence() { ModulePorts.write8(Port.gate, ModulePorts.read8(Port.gate) & ~gateBits) }
