// How a campaign tells the host of each mutant before it starts it and after: by a port of the emulator (QEMU's debugcon),
// a byte an instruction, past the kernel and whatever a mutant did to the console. Where nobody listens the bytes are lost.
//
//     #INDEX,MUTATION=OUTCOME     a mutant; what follows the equals sign is missing where the machine did not survive
//     +INDEX                      all was in order after this mutant
//     !FIRST,LAST,WHAT            it was not, after these
//     .                           the campaign is over

import Primitives
import UserSupport

struct HostPort: TextOutput {
  private static var number: UInt16 { 0xe9 }

  mutating func write(byte: UInt8) { port_write(Self.number, byte) }
}
