// The checks of the tree as a whole: layout, generated files, the linked kernel.

import Checks
import Foundation
import Generator
import MeghaBuild

extension Project {
  private static let sourceFolders = [
    "ABI", "Drivers", "Image", "Kernel", "Labs", "Machine", "Modules", "Package.swift", "Services", "Tests", "Tools",
    "Userland", "docs",
  ]

  func testSources(_ report: Report) async throws {
    let folders = Self.sourceFolders.filter { FileManager.default.fileExists(atPath: file($0).path) }
    let format = try await ChildProcess.capture(
      "swift", ["format", "lint", "--strict", "--parallel", "-r"] + folders, in: root)
    report.judge("sources: layout", complaints: format.status == 0 ? [] : [format.output])

    let stale = GeneratedFile.all().filter {
      (try? Data(contentsOf: file($0.path))) != Data($0.text.utf8)
    }
    report.judge(
      "sources: generated files",
      complaints: stale.map { "\($0.path) is not what the table says. Run ./megha generate." })

    let shape = try sourceShape()
    report.judge("sources: the kernel's parts", complaints: shape.complaints(shape.rows) + shape.upwardImports)

    do {
      try await build()
      report.pass("sources: kernel and programs build")
    } catch {
      report.fail("sources: kernel and programs build", ["\(error)"])
      return
    }
    let toolchain = try Toolchain.find()
    // grep leaves the few lines that can matter: the names of functions, F instructions, registers.
    let disassembly = try await ChildProcess.capture(
      "bash",
      [
        "-o", "pipefail", "-c",
        "'\(toolchain.tools)/llvm-objdump' -d --no-show-raw-insn build/kernel.elf "
          + "| LC_ALL=C grep -E '>:$|\tf|%([xyz]?mm|st)'",
      ], in: root)
    let foreign = KernelInstructions.foreign(in: disassembly.output)
    report.judge(
      "sources: no x87, MMX or SSE instruction in the kernel",
      complaints: disassembly.status == 0 ? Array(foreign.prefix(20)) : [disassembly.output])
  }
}
