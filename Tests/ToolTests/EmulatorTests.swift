import Foundation
import MeghaBuild
import SystemPackage
import Testing

@testable import Emulator

@Suite struct MachineOptionsTests {
  @Test(arguments: [("8M", 8), ("512", 512), ("4G", 4096), ("1g", 1024), ("12288M", 12288)])
  func sizesAreRead(text: String, mebibytes: Int) {
    #expect(MemorySize(text)?.mebibytes == mebibytes)
  }

  @Test(arguments: ["", "M", "-1M", "0", "64K", "1.5G", "99G", "65537"])
  func otherSizesAreRefused(text: String) {
    #expect(MemorySize(text) == nil)
  }

  @Test func modulesAreSeparatedByCommasThatPathsMayContain() throws {
    var options = MachineOptions(boot: .kernel(path: "kernel", modules: ["one", "t,wo"]))
    options.commandLine = "quiet"
    options.deterministic = true
    let words = options.arguments(hostChannel: "/h", monitors: nil)
    let position = try #require(words.firstIndex(of: "-initrd"))
    #expect(words[position + 1] == "one,t,,wo")
    #expect(words.contains("-no-reboot"))
    #expect(words.contains("shift=0,sleep=off"))
    #expect(words.contains("base=2026-01-01,clock=vm"))
    let append = try #require(words.firstIndex(of: "-append"))
    #expect(words[append + 1] == "quiet")
  }

  @Test func aWatchedMachineStopsInsteadOfEnding() {
    let options = MachineOptions(boot: .iso(path: "image"))
    let words = options.arguments(
      hostChannel: "/h", monitors: MachineOptions.Monitors(people: "/m", events: "/e"))
    #expect(words.contains("reboot=shutdown,shutdown=pause"))
    #expect(words.contains("unix:/e,server=on,wait=off"))
    #expect(!words.contains("-no-reboot"))
  }
}

@Suite struct GatheredFilesTests {
  @Test func qemuIsGivenPlainNamesOnly() throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    let root = folder.url.appending(path: "a tree, with $x")
    try FileManager.default.createDirectory(at: root.appending(path: "build"), withIntermediateDirectories: true)
    for name in ["kernel.elf", "boot.cpio", "my disk"] {
      try Data(name.utf8).write(to: root.appending(path: "build/\(name)"))
    }
    var options = MachineOptions(
      boot: .kernel(path: "build/kernel.elf", modules: ["build/boot.cpio", root.path + "/build/boot.cpio"]))
    options.disk = root.path + "/build/my disk"
    let gathered = try options.gathered(in: folder, root: root)
    #expect(gathered.boot == .kernel(path: "kernel", modules: ["archive0", "archive1"]))
    #expect(gathered.disk == "disk")
    let monitors = MachineOptions.Monitors(people: "monitor", events: "events")
    let words = gathered.arguments(hostChannel: "host", monitors: monitors)
    #expect(words.allSatisfy { !$0.contains(folder.url.path) && !$0.contains("$x") })
    for (name, contents) in [
      ("kernel", "kernel.elf"), ("archive0", "boot.cpio"), ("archive1", "boot.cpio"), ("disk", "my disk"),
    ] {
      #expect(try String(contentsOfFile: folder.path(name), encoding: .utf8) == contents)
    }
  }
}

@Suite struct GuestLimitTests {
  private func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test func whatDoesNotFitIntoMemoryIsRefusedWithBothSizes() throws {
    let memory = try #require(MemorySize("256M"))
    let room = GuestLimits.archiveRoom(in: memory)
    try GuestLimits.judge(size: room, memory: memory)
    #expect(
      refusal { try GuestLimits.judge(size: 300 << 20, memory: memory) }
        == "What was added makes archives of 300.0 MiB, and a guest with 256 MiB of memory has room for 251.0 MiB. "
        + "Add less, or give it more memory with --ram.")
    let large = try #require(MemorySize("4G"))
    #expect(
      refusal { try GuestLimits.judge(size: 600 << 20, memory: large) }?.hasSuffix("Add less: more memory is no help.")
        == true)
    #expect(GuestLimits.archiveRoom(in: try #require(MemorySize("1M"))) == 0)
  }

  @Test func moreFilesThanTheGuestTakesAreRefusedWithItsLimit() throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    func archive(_ name: String, files: Int) throws -> URL {
      var writer = ArchiveWriter()
      for number in 0..<files { try writer.add(path: "extra/\(name)\(number)", contents: []) }
      let url = URL(fileURLWithPath: folder.path(name))
      try Data(writer.finish()).write(to: url)
      return url
    }
    let boot = try archive("boot", files: 48)
    try GuestLimits.judge(archives: [boot, try archive("fits", files: 2000)])
    #expect(
      refusal { try GuestLimits.judge(archives: [boot, try archive("many", files: 3000)]) }
        == "The guest would not take what was added: The archives have 3048 entries together; the limit is 2048.")
  }

  @Test func sizesAreJudgedBeforeAnythingIsRead() throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    let file = URL(fileURLWithPath: folder.path("sparse"))
    try Data().write(to: file)
    // As large as no memory of this host.
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 1 << 40)
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "sparse")
    for name in ["sparse", "link"] {
      #expect(throws: OverlayError(description: "1099511627776 bytes")) {
        try Overlay.archive(files: [URL(fileURLWithPath: folder.path(name))], script: nil) {
          throw OverlayError(description: "\($0) bytes")
        }
      }
    }
    #expect(throws: OverlayError(description: "/dev/zero is neither a file nor a folder.")) {
      try Overlay.archive(files: [URL(fileURLWithPath: "/dev/zero")], script: nil)
    }
  }
}

@Suite struct FirmwareTests {
  @Test(arguments: Firmware.allCases.filter { $0 != .bios && $0.obstacle == nil })
  func theMachineWritesToItsOwnVariables(firmware: Firmware) throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    var options = MachineOptions(boot: .iso(path: "image"))
    options.firmware = try UEFI(firmware, folder: folder)
    let words = options.arguments(hostChannel: "/h", monitors: nil)
    #expect(words.contains(firmware == .uefi32 ? "q35,smm=on" : "q35"))
    let flash = words.filter { $0.hasPrefix("if=pflash") }
    #expect(flash.count == 2)
    #expect(flash.first?.contains("readonly=on") == true)
    #expect(flash.last?.hasSuffix("file=variables") == true)
    #expect(FileManager.default.isWritableFile(atPath: folder.path("variables")))
  }

  @Test func aBIOSHasNoFilesAndNoObstacle() throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    #expect(try UEFI(.bios, folder: folder) == nil)
    #expect(Firmware.bios.obstacle == nil)
  }
}

@Suite struct MachinePartTests {
  private func words(_ change: (inout MachineOptions) -> Void) -> [String] {
    var options = MachineOptions(boot: .iso(path: "image"))
    change(&options)
    return options.arguments(hostChannel: "/h", monitors: nil)
  }

  private func value(of option: String, in words: [String]) -> [String] {
    words.indices.dropLast().filter { words[$0] == option }.map { words[$0 + 1] }
  }

  @Test func anImageIsACdADiskOrAStick() {
    #expect(value(of: "-cdrom", in: words { _ in }) == ["image"])
    let disk = words { $0.medium = .disk }
    #expect(!disk.contains("-cdrom"))
    #expect(value(of: "-device", in: disk).contains { $0.hasPrefix("ide-hd") && $0.hasSuffix("bootindex=0") })
    let stick = words { $0.medium = .usb }
    let devices = value(of: "-device", in: stick)
    #expect(devices.first == "qemu-xhci,id=usb")
    #expect(devices.contains { $0.hasPrefix("usb-storage") && $0.hasSuffix("bootindex=0") })
  }

  @Test func whatIsMissingIsNotThere() {
    #expect(value(of: "-serial", in: words { $0.missing = [.serial] }) == ["none"])
    #expect(words { _ in }.contains { $0.hasPrefix("isa-debug-exit") })
    #expect(!words { $0.missing = [.exit] }.contains { $0.hasPrefix("isa-debug-exit") })
    #expect(value(of: "-vga", in: words { $0.missing = [.screen] }) == ["none"])
    #expect(!value(of: "-device", in: words { $0.missing = [.screen, .vga] }).contains("bochs-display"))
    let pixels = words { $0.missing = [.vga] }
    #expect(value(of: "-vga", in: pixels) == ["none"])
    #expect(value(of: "-device", in: pixels).contains("bochs-display"))
    let usb = words { $0.missing = [.ps2] }
    #expect(value(of: "-machine", in: usb) == ["pc,i8042=off"])
    #expect(value(of: "-device", in: usb).contains("usb-kbd,bus=usb.0"))
  }
}

@Suite struct HostChannelTests {
  @Test func linesAreReadAndOthersPassedOver() {
    let channel = HostChannel("ready\r\nnonsense\nstatus 3\nstatus 260\n")
    #expect(channel.isReady)
    #expect(channel.status == 260)
    #expect(channel.panic == nil)
    #expect(HostChannel("panic Out of frames.\n").panic == "Out of frames.")
    #expect(HostChannel("status x\n").status == nil)
  }

  @Test func theExitStatusTellsHowTheRunEnded() {
    func outcome(_ text: String, timeout: Int? = nil) -> Outcome {
      Outcome(channel: HostChannel(text), qemuStatus: 0, timedOutAfter: timeout)
    }
    #expect(outcome("status 260\n").exitStatus == 4)
    #expect(outcome("status -1\n").exitStatus == 255)
    #expect(outcome("panic\n").exitStatus == 125)
    #expect(outcome("status 0\npanic late\n").exitStatus == 125)
    #expect(outcome("ready\n").exitStatus == 125)
    #expect(outcome("ready\n", timeout: 9).exitStatus == 124)
    #expect(outcome("ready\n", timeout: 9) == .timedOut(seconds: 9))
  }
}

@Suite struct OverlayTests {
  @Test func scriptsAreSplitOutsideOfQuotationMarks() {
    #expect(Overlay.commands(of: "a; b\n c ;;\n") == ["a", "b", "c"])
    #expect(Overlay.commands(of: "echo 'x; y'; echo \"p;q\"") == ["echo 'x; y'", "echo \"p;q\""])
    #expect(Overlay.commands(of: " ; ").isEmpty)
    #expect(Overlay.commands(of: "case a in b) c;; *) d;; esac; e") == ["case a in b) c;; *) d;; esac", "e"])
  }

  @Test func filesAreAddedByTheirBareNames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "overlay-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let inner = folder.appending(path: "inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    try Data("1".utf8).write(to: folder.appending(path: "one"))
    try Data("2".utf8).write(to: inner.appending(path: "two"))
    #expect(try Overlay.archive(files: [], script: nil) == nil)
    let archive = try #require(try Overlay.archive(files: [folder, inner], script: "a;b"))
    let text = String(decoding: archive, as: UTF8.self)
    #expect(text.contains("extra/one\0") && text.contains("extra/two\0"))
    #expect(text.contains("boot/script\0") && text.contains("a\nb\n"))
    #expect(throws: OverlayError.self) { try Overlay.archive(files: [inner, inner], script: nil) }
    #expect(throws: OverlayError.self) {
      try Overlay.archive(files: [folder.appending(path: "none")], script: nil)
    }
  }

  @Test func aFolderGivesAllThatIsInIt() throws {
    let folder = try RunFolder()
    defer { folder.delete() }
    for name in ["tree/sub/deep", "tree/.hidden"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    for name in ["tree/a", "tree/sub/a", "tree/sub/deep/b", "tree/.hidden/c"] {
      try Data(name.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
    }
    // A circle, if it were followed.
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("tree/sub/up"), withDestinationPath: folder.path("tree"))
    let tree = URL(fileURLWithPath: folder.path("tree"))
    let archive = try #require(try Overlay.archive(files: [tree], script: nil))
    var writer = ArchiveWriter()
    for name in ["a", "sub/a", "sub/deep/b"] {
      try writer.add(path: "extra/\(name)", contents: Array("tree/\(name)".utf8))
    }
    #expect(archive == writer.finish())
    #expect(throws: OverlayError.self) {
      try Overlay.archive(files: [tree, URL(fileURLWithPath: folder.path("tree/a"))], script: nil)
    }
  }

  /// The byte that the machine loses is one that means nothing.
  @Test func whatIsPipedInComesBehindAByteThatMeansNothing() throws {
    let (from, to) = (try FileDescriptor.pipe(), try FileDescriptor.pipe())
    _ = try from.writeEnd.writeAll(Array("echo one\n".utf8))
    try from.writeEnd.close()
    PipedInput.copy(from: from.readEnd, to: to.writeEnd)
    try to.writeEnd.close()
    var bytes = [UInt8](repeating: 0xff, count: 64)
    let count = try bytes.withUnsafeMutableBytes { try to.readEnd.read(into: $0) }
    #expect(Array(bytes.prefix(count)) == PipedInput.lead + [UInt8]("echo one\n".utf8))
    for end in [from.readEnd, to.readEnd] { try end.close() }
  }

}

@Suite struct KeyboardTests {
  @Test func textBecomesKeys() {
    #expect(
      Keyboard.keys(for: "aB-\n")?.map { $0.command }.joined(separator: "|")
        == [
          "sendkey a 20", "sendkey shift-b 20", "sendkey minus 20", "sendkey ret 20",
        ].joined(separator: "|"))
    #expect(Keyboard.keys(for: "ä") == nil)
    #expect(Keyboard.keys(for: "\u{7f}") == nil)
  }

  @Test func everyPrintableCharacterHasAKeyOfItsOwn() throws {
    let characters = String(decoding: Array(0x20...0x7e as ClosedRange<UInt8>), as: UTF8.self)
    let keys = try #require(Keyboard.keys(for: characters))
    #expect(Set(keys.map { $0.command }).count == 95)
    #expect(keys.filter { $0.command.hasPrefix("sendkey shift-") }.count == 26 + 21)
  }
}
