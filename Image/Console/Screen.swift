// The machine's screen: the VGA's text mode, or the frame buffer that the boot loader set up instead.
//
// Invariant: the frame buffer is mapped whole, by large pages of the kernel half, before anything is drawn on it; what is
// printed before that is on the serial port only.

import Boot
import Drivers
import Machine
import MachineSupport
import Primitives

/// The cells of the screen: at 0xB8000 in the direct map, or drawn.
enum ScreenCells: CellMemory {
  @inline(__always) static func read(_ index: Int) -> UInt16 {
    kernel.pixels.isOn
      ? kernel.pixels.read(index)
      : memory_read16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2))
  }

  @inline(__always) static func write(_ index: Int, _ cell: UInt16) {
    if kernel.pixels.isOn {
      draw(index, cell)
    } else {
      memory_write16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2), cell)
    }
  }

  static func showCursor(at index: Int) {
    if kernel.pixels.isOn {
      kernel.pixels.showCursor(at: index)
    } else {
      TextModeCursor<MachinePorts>.show(at: index)
    }
  }

  @inline(never)
  private static func draw(_ index: Int, _ cell: UInt16) { kernel.pixels.write(index, cell) }
}

enum Screen {
  private static var pageMask: UInt32 { 0x1f_ffff }
  private static var pages: Range<Int> { index(KernelLayout.screenStart)..<index(KernelLayout.screenEnd) }
  private static func index(_ address: UInt32) -> Int { Int((address &- DirectMap.start) &>> 21) }

  /// Draws on the loader's frame buffer from now on, where there is one and the screen is not in text mode.
  static func start(_ framebuffer: BootFramebuffer?) {
    guard let framebuffer, framebuffer.kind != .text else { return }
    do throws(PixelScreenError) {
      guard case .rgb(let red, let green, let blue) = framebuffer.kind else { throw .notDirect }
      // Its first byte may lie anywhere in its first large page.
      let limit = UInt64(KernelLayout.screenEnd &- KernelLayout.screenStart &- pageMask &- 1)
      let place = try PixelPlace(
        width: framebuffer.width, height: framebuffer.height, pitch: framebuffer.pitch,
        bitsPerPixel: framebuffer.bitsPerPixel, limit: limit)
      let address = try map(framebuffer.address.value, place.length)
      kernel.pixels.start(at: address, place, red: red, green: green, blue: blue)
      kernel.console.clearScreen()
    } catch {
      var output = KernelOutput()
      error.describe(to: &output)
      output.write("\n")
    }
  }

  /// Maps `length` bytes of a device. Returns where the first is. The pages are uncached but for what the firmware's memory
  /// type registers say of them (Intel SDM Vol. 3, 12.5.2, UC-).
  private static func map(_ physical: UInt64, _ length: UInt64) throws(PixelScreenError) -> UInt32 {
    // PAE promises 36 address bits on every processor (Intel SDM Vol. 3, 4.1.4).
    guard physical < 1 << 36, length <= 1 << 36 &- physical else { throw .unreachable(address: physical) }
    let directory = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let inPage = UInt32(truncatingIfNeeded: physical) & pageMask
    var page = physical & ~UInt64(pageMask)
    var entry = pages.lowerBound
    while page < physical &+ length {
      // Present, writable, large, cache disabled.
      directory[entry] = page | 0x93
      page &+= UInt64(pageMask) &+ 1
      entry &+= 1
    }
    write_cr3(read_cr3())
    return KernelLayout.screenStart &+ inPage
  }

  /// Adds flags to the pages, once it is known which there are.
  static func setFlags(_ flags: UInt64) {
    let directory = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    for index in pages where directory[index] != 0 { directory[index] |= flags }
  }
}
