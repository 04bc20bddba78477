// `megha image`: a CD image that boots through GRUB, on QEMU and on a PC: with a BIOS, and with UEFI where GRUB's modules
// for it are installed.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild

struct Image: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Makes build/megha.iso, a CD image that boots.")

  func run() async throws {
    let project = try Project.current()
    try await project.build()
    let path = "build/megha.iso"
    let lock = try project.lock()
    try await project.makeImage(
      at: project.file(path).path, modules: ["build/boot.cpio"], commandLine: "")
    lock.release()
    print("made \(path)")
  }
}

extension Project {
  /// The parts of GRUB that the image needs; all of them would make it ten times as large. Only those that every platform
  /// of GRUB has: what reads the disk is of one platform, and part of the image that grub-mkrescue makes for it anyway.
  /// The maps of partitions are there because UEFI's GRUB asks for each of them before it reads its configuration.
  private static let grubModules =
    "multiboot2 normal iso9660 all_video test part_acorn part_amiga part_apple part_bsd part_dfly part_dvh part_gpt "
    + "part_msdos part_plan part_sun part_sunpc"

  /// Makes a CD image of the kernel, without its debug information, and of boot archives.
  func makeImage(at path: String, modules: [String], commandLine: String) async throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    let boot = folder.url.appending(path: "disk/boot")
    let manager = FileManager.default
    try manager.createDirectory(at: boot.appending(path: "grub"), withIntermediateDirectories: true)
    let toolchain = try Toolchain.find()
    let stripped = try await ChildProcess.run(
      "\(toolchain.tools)/llvm-objcopy",
      ["--strip-debug", "build/kernel.elf", boot.appending(path: "kernel.elf").path], in: root)
    guard stripped == 0 else { throw Failure("The kernel could not be copied for the image.") }
    var lines = [
      "set timeout=0",
      // UEFI has no text mode: a kernel's screen is one that GRUB sets up.
      "if [ $grub_platform = efi ]; then insmod all_video; fi",
      "menuentry Megha {", "  multiboot2 /boot/kernel.elf \(commandLine)",
      // A kernel that can draw gets a frame buffer, also where the VGA shows text by itself.
      "  if [ $grub_platform = pc ]; then set gfxpayload=text; fi",
    ]
    for module in modules {
      let source = URL(fileURLWithPath: module, relativeTo: root)
      try manager.copyItem(at: source, to: boot.appending(path: source.lastPathComponent))
      lines.append("  module2 /boot/\(source.lastPathComponent)")
    }
    lines.append("}\n")
    try Data(lines.joined(separator: "\n").utf8).write(to: boot.appending(path: "grub/grub.cfg"))
    // What it calls takes paths apart as a shell does, so all of them are below the folder that it runs in.
    let image = "image.iso"
    let made = try await ChildProcess.capture(
      "grub-mkrescue",
      [
        "--install-modules=\(Self.grubModules)", "--fonts=", "--locales=", "--themes=", "--compress=xz", "-o", image,
        "disk",
      ], in: folder.url, environment: ["TMPDIR": "."])
    guard made.status == 0 else { throw Failure("grub-mkrescue failed:\n\(made.output)") }
    let destination = URL(fileURLWithPath: path)
    try? manager.removeItem(at: destination)
    try manager.moveItem(at: URL(fileURLWithPath: folder.path(image)), to: destination)
  }
}
