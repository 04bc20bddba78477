// The cells of the screen: the VGA's text mode, or drawn on a frame buffer.

import Drivers
import MachineSupport
import Platform
import Primitives

/// The cells of the screen: at 0xB8000 in the direct map, or drawn.
struct ScreenCells: CellMemory {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(__always) func read(_ index: Int) -> UInt16 {
    context.consoles.pixels.isOn
      ? context.consoles.pixels.read(index)
      : memory_read16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2))
  }

  @inline(__always) func write(_ index: Int, _ cell: UInt16) {
    if context.consoles.pixels.isOn {
      draw(index, cell)
    } else {
      memory_write16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2), cell)
    }
  }

  func showCursor(at index: Int) {
    if context.consoles.pixels.isOn {
      context.consoles.pixels.showCursor(at: index)
    } else {
      TextModeCursor<MachinePorts>.show(at: index)
    }
  }

  @inline(never)
  private func draw(_ index: Int, _ cell: UInt16) { context.consoles.pixels.write(index, cell) }
}
