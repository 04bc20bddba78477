// What programs do with pipes and with whatever bytes are read from and written to.

import ABI

extension Caller {
  /// Makes a pipe. Nil where there is none to be had.
  func makePipe() -> PipeEnds? {
    withScratch {
      let place = place(PipeEnds())
      return call(.pipeCreate, place) == 0 ? read(at: place, PipeEnds()) : nil
    }
  }

  func write(_ bytes: [UInt8], to handle: UInt32) -> Int32 {
    withScratch { call(.write, handle, place(bytes), UInt32(bytes.count)) }
  }

  /// What was read, at most so many bytes; nil where it failed.
  func read(_ count: UInt32, from handle: UInt32) -> [UInt8]? {
    withScratch {
      let place = place([UInt8](repeating: 0, count: Int(count)))
      let result = call(.read, handle, place, count)
      return result < 0 ? nil : read(Int(result), at: place)
    }
  }
}
