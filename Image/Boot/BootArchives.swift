// The files that the boot loader brings along with the kernel, and what is said where they are missing or cannot be used.

import ABI
import Boot
import Consoles
import Executables
import Files
import Objects
import Platform
import Primitives

struct BootArchives {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// The machine stops where an archive does not lie in memory: a loader that does not look has put its end where there is
  /// none. `map` is what the firmware reports, before anything is taken out of it but the first MiB, where small archives lie.
  func check(_ boot: borrowing BootInformation, lieIn map: borrowing MemoryMap) {
    for index in 0..<boot.moduleCount where !map.covers(boot.module(index).range.above(MemoryMap.firstAddress)) {
      var output = KernelOutput(context)
      output.write("boot: ")
      describe(boot, index, to: &output)
      output.write(" does not lie in memory, of which the machine has ")
      output.write(decimal: map.frameCount / 256)
      output.write(" MiB; give the machine more memory or the kernel less to load\n")
      panic("a boot archive does not fit into memory")
    }
  }

  /// Opens all archives. One that cannot be read is left out, with a sentence.
  func open(_ boot: borrowing BootInformation) {
    for index in 0..<boot.moduleCount {
      let range = boot.module(index).range
      guard range.length > 0 else { continue }
      let address = DirectMap.address(of: range.start)
      do throws(ArchiveError) {
        try context.objects.archives.add(
          Archive(
            at: UnsafeRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped,
            count: Int(UInt32(truncatingIfNeeded: range.length))))
      } catch {
        var output = KernelOutput(context)
        output.write("files: ")
        describe(boot, index, to: &output)
        output.write(" cannot be used: ")
        error.describe(to: &output)
        output.write("\n")
      }
    }
    BootFiles(context).index()
  }

  /// Says why the first program is not there, and what to do.
  func explainMissing(_ path: StaticString, _ boot: borrowing BootInformation) -> Never {
    var output = KernelOutput(context)
    output.write("start: ")
    output.write(path)
    if boot.moduleCount == 0 {
      output.write(" is not there, since the boot loader passed no boot archive: give it the file boot.cpio too, in ")
      output.write("GRUB with `module2 /boot/boot.cpio` after the kernel's line, in QEMU with `-initrd boot.cpio`\n")
      panic("there is no boot archive")
    }
    output.write(" is in none of what the boot loader passed, where boot.cpio should be:\n")
    for index in 0..<boot.moduleCount {
      output.write("       ")
      describe(boot, index, to: &output)
      output.write("\n")
    }
    panic("there is no first process")
  }

  private func describe(_ boot: borrowing BootInformation, _ index: Int, to output: inout KernelOutput) {
    let range = boot.module(index).range
    output.write("boot archive ")
    output.write(decimal: index + 1)
    let text = boot.moduleText(index)
    if !text.isEmpty {
      output.write(" \"")
      for place in text.indices { output.write(byte: text[place]) }
      output.write("\"")
    }
    output.write(", ")
    output.write(decimal: range.length)
    output.write(" bytes at ")
    output.write(hexadecimal: range.start.value)
    output.write(",")
  }
}
