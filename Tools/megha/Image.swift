// `megha image`: one image that boots through GRUB, from a CD and from a disk or stick that it is copied to, with a BIOS and
// with UEFI for 32-bit and for 64-bit processors.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild

struct Image: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes build/megha.iso, which boots from CDs and sticks, by BIOS and by UEFI.",
    discussion: "Copied to a stick as it is, such as by `dd if=build/megha.iso of=/dev/DEVICE bs=1M`, it starts a PC.")

  func run() async throws {
    let project = try Project.current()
    try await project.build()
    let path = "build/megha.iso"
    let lock = try project.lock()
    try await project.makeImage(
      at: project.file(path).path, modules: ["build/boot.cpio"], commandLine: "")
    lock.release()
    for firmware in Firmware.allCases {
      if let obstacle = firmware.loaderObstacle {
        printError("megha: the image does not boot by \(firmware.title): \(obstacle)")
      }
    }
    let titles = Firmware.allCases.filter { $0.loaderObstacle == nil }.map { $0.title }
    print("made \(path); from a CD or a stick it boots by \(titles.joined(separator: ", "))")
  }
}

extension Project {
  /// The parts of GRUB that the image needs; all of them would make it ten times as large. Only those that every platform
  /// of GRUB has: what reads the disk is of one platform, and part of the image that grub-mkrescue makes for it anyway.
  /// The maps of partitions are there because UEFI's GRUB asks for each of them before it reads its configuration.
  private static let grubModules =
    "multiboot2 normal iso9660 all_video test cpuid part_acorn part_amiga part_apple part_bsd part_dfly part_dvh part_gpt "
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
      // UEFI has no text mode, and not every PC with a BIOS has one: the kernel's screen is one that GRUB sets up.
      "if [ $grub_platform = efi ]; then insmod all_video; else insmod vbe; fi",
      "menuentry Megha {", "  multiboot2 /boot/kernel.elf \(commandLine)",
      "  if [ $grub_platform = pc ]; then",
      // What the kernel says to a processor on which it can do nothing else is in text mode.
      "    if cpuid -p; then set gfxpayload=1024x768x32,text; else set gfxpayload=text; fi",
      "  fi",
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
