// Measures Linux in the same emulator: Debian's kernel package, and one program of the tree as the whole system.
//
// Invariant: the host's package manager is not touched: apt works on folders of its own below build/peers.

import Foundation
import MeghaBuild

extension Project {
  /// Boots Linux and returns the medians that its program prints, by key.
  func measureLinux(timeout: Int) async throws -> [String: Int] {
    let folder = file("build/peers")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let tools = try Toolchain.find().tools
    var programs: [(path: String, file: String)] = []
    for (source, path) in [("measure", "init"), ("null", "null")] {
      let output = folder.appending(path: path).path
      _ = try await demand(
        "\(tools)/clang",
        [
          "-target", "i686-linux-gnu", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector",
          "-fno-pic",
          "-mno-sse", "-O2", "-fuse-ld=lld", file("bench/linux/\(source).c").path, "-o", output,
        ], in: folder)
      programs.append((path, output))
    }
    return try await runLinux(programs, timeout: timeout)
  }

  /// Boots Linux with these programs as all its files, of which the first is what it starts. Returns the values of the lines
  /// `row NAME VALUE` that it prints.
  func runLinux(_ programs: [(path: String, file: String)], timeout: Int) async throws -> [String: Int] {
    let folder = file("build/peers")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let kernel = try await linuxKernel(in: folder)
    var archive = ArchiveWriter()
    for program in programs {
      try archive.add(path: program.path, contents: [UInt8](try Data(contentsOf: URL(fileURLWithPath: program.file))))
    }
    try Data(archive.finish()).write(to: folder.appending(path: "init.cpio"))
    let result = try await ChildProcess.capture(
      "timeout",
      [
        "\(max(timeout, 600))", "qemu-system-i386", "-accel", "tcg", "-m", "256", "-kernel", kernel,
        "-initrd",
        "init.cpio", "-append", "console=ttyS0 mitigations=off quiet panic=-1", "-serial", "stdio",
        "-nodefaults",
        "-display", "none", "-net", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-no-reboot",
        "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm",
      ], in: folder)
    let values = measuredRows(in: result.output)
    guard !values.isEmpty else { throw Failure("Linux measured nothing:\n\(result.output)") }
    return values
  }

  /// The path of an unpacked Debian kernel for i686, which is downloaded once.
  private func linuxKernel(in folder: URL) async throws -> String {
    func find() -> String? {
      let boot = folder.appending(path: "linux/boot")
      let names = (try? FileManager.default.contentsOfDirectory(atPath: boot.path)) ?? []
      return names.first { $0.hasPrefix("vmlinuz-") }.map { boot.appending(path: $0).path }
    }
    if let path = find() { return path }
    for name in ["state/lists/partial", "cache/archives/partial"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    let options = [
      "APT::Architecture=i386", "APT::Architectures=i386", "Dir::State=\(folder.path)/state",
      "Dir::Cache=\(folder.path)/cache", "Dir::State::status=/dev/null", "Acquire::Languages=none",
    ].flatMap { ["-o", $0] }
    // A list that cannot be had is of another suite; the package is what matters.
    _ = try await ChildProcess.capture("apt-get", options + ["update", "-q"], in: folder)
    let depends = try await demand("apt-cache", options + ["depends", "linux-image-686"], in: folder)
    guard
      let name = depends.split(separator: "\n").first(where: { $0.contains("Depends: ") })?
        .split(separator: " ").last
    else { throw Failure("There is no package linux-image-686 for i386:\n\(depends)") }
    _ = try await demand("apt-get", options + ["download", String(name)], in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    guard let package = names.first(where: { $0.hasSuffix(".deb") }) else {
      throw Failure("The package \(name) was not downloaded.")
    }
    _ = try await demand("dpkg-deb", ["-x", package, "linux"], in: folder)
    guard let path = find() else { throw Failure("The package \(package) holds no kernel.") }
    return path
  }

  /// The values of lines `row NAME VALUE`.
  func measuredRows(in text: String) -> [String: Int] {
    var values: [String: Int] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ")
      if words.count == 3, words[0] == "row", let value = Int(words[2]) { values[String(words[1])] = value }
    }
    return values
  }

  /// Runs a command that must succeed; returns what it printed.
  private func demand(_ executable: String, _ arguments: [String], in folder: URL) async throws -> String {
    let result = try await ChildProcess.capture(executable, arguments, in: folder)
    guard result.status == 0 else {
      throw Failure("\(executable) ended with status \(result.status):\n\(result.output)")
    }
    return result.output
  }
}
