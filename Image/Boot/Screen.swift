// The machine's screen: the VGA's text mode, or the frame buffer that the boot loader set up instead.
//
// Invariant: the frame buffer is mapped whole, by large pages of the kernel half, before anything is drawn on it; what is
// printed before that is on the serial port only.

import ABI
import Boot
import Consoles
import Drivers
import MachineSupport
import Platform
import Primitives
import VirtualMemory

struct Screen {
  let context: Context

  init(_ context: Context) { self.context = context }

  private static var pageMask: UInt32 { 0x1f_ffff }
  private static var pages: Range<Int> { index(KernelLayout.screenStart)..<index(KernelLayout.screenEnd) }
  private static func index(_ address: UInt32) -> Int { Int((address &- DirectMap.start) &>> 21) }

  /// Draws on the loader's frame buffer from now on, where there is one and the screen is not in text mode.
  func start(_ framebuffer: BootFramebuffer?) {
    guard let framebuffer, framebuffer.kind != .text else { return }
    do throws(PixelScreenError) {
      guard case .rgb(let red, let green, let blue) = framebuffer.kind else { throw .notDirect }
      // Its first byte may lie anywhere in its first large page.
      let limit = UInt64(KernelLayout.screenEnd &- KernelLayout.screenStart &- Self.pageMask &- 1)
      let place = try PixelPlace(
        width: framebuffer.width, height: framebuffer.height, pitch: framebuffer.pitch,
        bitsPerPixel: framebuffer.bitsPerPixel, limit: limit)
      let address = try map(framebuffer.address.value, place.length)
      context.consoles.pixels.start(at: address, place, red: red, green: green, blue: blue)
      context.consoles.console.clearScreen()
    } catch {
      var output = KernelOutput(context)
      error.describe(to: &output)
      output.write("\n")
    }
  }

  /// Maps `length` bytes of a device. Returns where the first is. The pages are uncached but for what the firmware's memory
  /// type registers say of them (Intel SDM Vol. 3, 12.5.2, UC-).
  private func map(_ physical: UInt64, _ length: UInt64) throws(PixelScreenError) -> UInt32 {
    // PAE promises 36 address bits on every processor (Intel SDM Vol. 3, 4.1.4).
    guard physical < 1 << 36, length <= 1 << 36 &- physical else { throw .unreachable(address: physical) }
    let directory = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let inPage = UInt32(truncatingIfNeeded: physical) & Self.pageMask
    var page = physical & ~UInt64(Self.pageMask)
    var entry = Self.pages.lowerBound
    while page < physical &+ length {
      // Present, writable, large, cache disabled.
      directory[entry] = page | 0x93
      page &+= UInt64(Self.pageMask) &+ 1
      entry &+= 1
    }
    write_cr3(read_cr3())
    return KernelLayout.screenStart &+ inPage
  }

  /// Adds the flags to its pages that the processor turns out to know. The kernel's directory is loaded anew after this.
  func setFlags() {
    let features = context.features
    let flags: UInt64 = (features.hasGlobalPages ? 1 << 8 : 0) | (features.hasNoExecute ? 1 << 63 : 0)
    let directory = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    for index in Self.pages where directory[index] != 0 { directory[index] |= flags }
  }
}
