// The launcher `./megha`, run in trees of its own with commands of its own: what it installs, when it builds, and who waits.

import Foundation
import MeghaBuild
import TestSupport
import Testing

/// A tree with the launcher and a host of which only what is put into `commands` is there.
private struct Launcher: ~Copyable {
  /// A path that a shell takes apart where it is not quoted.
  let root = FileManager.default.temporaryDirectory.appending(path: "launcher $x 'y-\(UUID().uuidString)")
  var commands: URL { root.appending(path: "host commands") }
  /// What the commands were called with, a line each.
  var calls: [String] { text("calls").split(separator: "\n").map(String.init) }

  private static let basics = [
    "bash", "cat", "dirname", "env", "find", "flock", "head", "id", "mkdir", "mktemp", "mv", "readlink", "rm", "sed",
    "sort", "touch", "chmod", "cp",
  ]

  init() throws {
    let manager = FileManager.default
    try manager.createDirectory(at: commands, withIntermediateDirectories: true)
    try manager.copyItem(at: treeRoot.appending(path: "megha"), to: root.appending(path: "megha"))
    for folder in [
      "Tools", "ABI/Definition", "Drivers", "Kernel/Boot", "Kernel/Diagnostics", "Kernel/Executables", "Kernel/Files",
      "Kernel/Primitives",
      "Tests/ModuleCases",
    ] {
      try manager.createDirectory(at: root.appending(path: folder), withIntermediateDirectories: true)
    }
    try Data().write(to: root.appending(path: "Package.swift"))
    for name in Self.basics {
      let places = ["/bin/\(name)", "/usr/bin/\(name)"]
      let place = try #require(places.first { manager.isExecutableFile(atPath: $0) })
      try manager.createSymbolicLink(atPath: commands.appending(path: name).path, withDestinationPath: place)
    }
    try add("sudo", "[ \"$1\" = -v ] || exec \"$@\"")
    try add("git", "")
    // Makes a command that says what it is given.
    try add(
      "swift",
      """
      if [ "$1" = --version ]; then echo "Swift version 6.3.1"; exit; fi
      echo "swift $*" >>"$CALLS"
      mkdir -p "$3/.build/debug"
      printf '#!/bin/sh\\necho "command $*"\\n' >"$3/.build/debug/megha"
      chmod +x "$3/.build/debug/megha"
      """)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  /// Adds a command of the host: a script for the shell.
  func add(_ name: String, _ script: String) throws {
    let url = commands.appending(path: name)
    try Data("#!/bin/bash\n\(script)\n".utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
  }

  /// Has `apt-get` bring the commands of these packages, and fail for all others.
  func sell(_ packages: [String: String], updates: Bool = true) throws {
    let cases = packages.map { "\($0.key)) cp \"$0\" \"${0%/*}/\($0.value)\" ;;" }.joined(separator: "\n")
    try add(
      "apt-get",
      """
      echo "apt-get $*" >>"$CALLS"
      if [ "$1" = update ]; then echo "E: broken source"; exit \(updates ? 0 : 100); fi
      if [ "$1" = --assume-no ]; then
        echo "0 upgraded, 7 newly installed, 0 to remove and 0 not upgraded."
        echo "Need to get 12.3 MB of archives."
        exit 1
      fi
      shift 6
      for package; do case $package in \(packages.keys.joined(separator: "|"))) ;; *) echo "E: no $package"; exit 100 ;; esac; done
      for package; do case $package in
      \(cases)
      esac; done
      """)
  }

  /// The process of `./megha` with these arguments, and the pipes of its outputs.
  func start(_ arguments: [String]) throws -> (process: Process, output: Pipe, errors: Pipe) {
    let process = Process()
    process.executableURL = root.appending(path: "megha")
    process.arguments = arguments
    process.environment = [
      "PATH": commands.path, "CALLS": root.appending(path: "calls").path, "TMPDIR": commands.path,
    ]
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, errors)
  }

  func run(_ arguments: String...) throws -> (output: String, errors: String, status: Int32) {
    let (process, output, errors) = try start(arguments)
    let texts = [output, errors].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
    process.waitUntilExit()
    return (texts[0], texts[1], process.terminationStatus)
  }

  func text(_ file: String) -> String {
    (try? String(contentsOf: root.appending(path: file), encoding: .utf8)) ?? ""
  }
}

@Suite struct LauncherTests {
  @Test func theCommandIsBuiltOnceAndGetsItsArguments() throws {
    let launcher = try Launcher()
    let first = try launcher.run("help", "a b", "$c")
    #expect(first.output == "command help a b $c\n")
    #expect(first.status == 0)
    #expect(first.errors.contains("building the command"))
    let second = try launcher.run("help")
    #expect(second.errors.isEmpty)
    // The host tests are built with the same flags, or each would build anew what the other has built.
    let flags = HostBuild.flags.joined(separator: " ")
    #expect(launcher.calls == ["swift build --package-path \(launcher.root.path) -c debug --product megha \(flags)"])
  }

  @Test func aMovedTreeIsBuiltAnewAndKeepsWhatWasFetched() throws {
    let launcher = try Launcher()
    _ = try launcher.run("help")
    for path in ["checkouts", "x86_64-unknown-linux-gnu"] {
      try FileManager.default.createDirectory(
        at: launcher.root.appending(path: ".build/\(path)"), withIntermediateDirectories: true)
    }
    try Data("/elsewhere\n".utf8).write(to: launcher.root.appending(path: ".build/megha-place"))
    let moved = try launcher.run("help")
    #expect(moved.output == "command help\n")
    #expect(moved.errors.contains("this tree was moved or copied"))
    #expect(launcher.calls.count == 2)
    func exists(_ path: String) -> Bool {
      FileManager.default.fileExists(atPath: launcher.root.appending(path: path).path)
    }
    #expect(exists(".build/checkouts"))
    #expect(!exists(".build/x86_64-unknown-linux-gnu"))
    #expect(try launcher.run("help").errors.isEmpty)
  }

  @Test func aBuildThatFailsSaysWhy() throws {
    let launcher = try Launcher()
    try launcher.add("swift", "[ $1 = --version ] && echo 'Swift version 6.3' || { echo 'error: no'; exit 1; }")
    let result = try launcher.run("help")
    #expect(result.status == 1)
    #expect(result.errors.contains("error: no\n"))
    #expect(result.errors.hasSuffix("megha: the command megha could not be built\n"))
  }

  @Test(arguments: [
    (["build"], ["ninja-build"]), (["run", "--script", "hello"], ["ninja-build", "qemu-system-x86"]),
    (["bench", "--check"], ["ninja-build", "qemu-system-x86"]),
    (["bench", "--json", "x", "--check"], ["ninja-build", "qemu-system-x86"]),
    (["bench", "call"], ["ninja-build", "qemu-system-x86"]),
    (["bench"], ["ninja-build", "qemu-system-x86"]),
    (["bench", "--write"], ["librsvg2-bin", "ninja-build", "qemu-system-x86"]),
    (["bench", "--compare", "x", "y"], []),
    (["image"], ["grub-common", "mtools", "ninja-build", "xorriso"]),
    (["run", "--iso"], ["grub-common", "mtools", "ninja-build", "qemu-system-x86", "xorriso"]),
    (["run", "--from", "usb"], ["grub-common", "mtools", "ninja-build", "qemu-system-x86", "xorriso"]),
    (["run", "--firmware", "bios"], ["grub-common", "mtools", "ninja-build", "qemu-system-x86", "xorriso"]),
    (["run", "--display"], ["ninja-build", "qemu-system-x86"]),
    (["debug"], ["gdb", "ninja-build", "qemu-system-x86"]),
    (["test", "sources"], ["ninja-build"]), (["new", "program", "greet"], []), (["run", "--help"], []),
  ])
  func onlyWhatTheCommandNeedsIsInstalled(arguments: [String], packages: [String]) throws {
    let launcher = try Launcher()
    try launcher.sell([
      "gdb": "gdb", "grub-common": "grub-mkrescue", "librsvg2-bin": "rsvg-convert", "mtools": "mformat",
      "ninja-build": "ninja", "qemu-system-x86": "qemu-system-i386", "xorriso": "xorriso",
    ])
    let (process, output, errors) = try launcher.start(arguments)
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    _ = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let installed = launcher.calls.filter { $0.hasPrefix("apt-get install") }
    // Packages that bring files and no commands are those of this host.
    let names = installed.flatMap { $0.split(separator: " ").dropFirst(7).map(String.init) }
    #expect(names == packages)
    #expect(text == "command \(arguments.joined(separator: " "))\n")
  }

  @Test func aSourceThatIsBrokenDoesNotKeepAPackageAway() throws {
    let launcher = try Launcher()
    try launcher.sell(["ninja-build": "ninja"], updates: false)
    let result = try launcher.run("build")
    #expect(result.status == 0)
    #expect(result.output == "command build\n")
    #expect(!result.errors.contains("broken source"))
  }

  @Test func whatIsInstalledIsSaidBefore() throws {
    let launcher = try Launcher()
    try launcher.sell(["ninja-build": "ninja"])
    let result = try launcher.run("build")
    #expect(result.errors.contains("megha: installing ninja-build: 7 packages, 12.3 MB to fetch\n"))
    let plan = try #require(launcher.calls.firstIndex { $0.hasPrefix("apt-get --assume-no") })
    let install = try #require(launcher.calls.firstIndex { $0.hasPrefix("apt-get install") })
    #expect(plan < install)
  }

  /// The packages of UEFI are those of this host: where they are there nothing is installed.
  @Test func whatAnImageCanDoWithoutDoesNotStopIt() throws {
    let launcher = try Launcher()
    try launcher.sell([
      "grub-common": "grub-mkrescue", "mtools": "mformat", "ninja-build": "ninja", "xorriso": "xorriso",
    ])
    let result = try launcher.run("image")
    #expect(result.status == 0)
    #expect(result.output == "command image\n")
    let hasLoaders = ["i386-efi", "x86_64-efi"].allSatisfy {
      FileManager.default.fileExists(atPath: "/usr/lib/grub/\($0)/multiboot2.mod")
    }
    #expect(result.errors.contains("going on without") == !hasLoaders)
  }

  @Test func whatCannotBeHadIsNamedAndTheRestInstalled() throws {
    let launcher = try Launcher()
    try launcher.sell(["ninja-build": "ninja"], updates: false)
    let result = try launcher.run("run")
    #expect(result.status == 1)
    #expect(result.errors.contains("E: broken source"))
    #expect(result.errors.contains("E: no qemu-system-x86"))
    #expect(result.errors.hasSuffix("megha: apt-get could not install qemu-system-x86\n"))
    #expect(FileManager.default.isExecutableFile(atPath: launcher.commands.appending(path: "ninja").path))
    #expect(launcher.calls.allSatisfy { !$0.hasPrefix("swift") })
  }

  @Test func aLongBuildSaysHowFarItIs() throws {
    let launcher = try Launcher()
    // The step takes until two lines were said about it.
    try launcher.add(
      "swift",
      """
      [ $1 = --version ] && { echo 'Swift version 6.3'; exit; }
      echo "[17/311] Compiling Part"
      while [ "$(grep -c . "$CALLS")" -lt 2 ]; do read -t 0.1 <>"$TMPDIR/nothing"; done
      mkdir -p "$3/.build/debug"; printf '#!/bin/sh\\n' >"$3/.build/debug/megha"; chmod +x "$3/.build/debug/megha"
      """)
    try FileManager.default.createSymbolicLink(
      atPath: launcher.commands.appending(path: "grep").path, withDestinationPath: "/bin/grep")
    try FileManager.default.createSymbolicLink(
      atPath: launcher.commands.appending(path: "mkfifo").path, withDestinationPath: "/usr/bin/mkfifo")
    #expect(mkfifo(launcher.commands.appending(path: "nothing").path, 0o600) == 0)
    let (process, _, errors) = try launcher.start(["help"])
    var text = ""
    let calls = launcher.root.appending(path: "calls")
    try Data("\n".utf8).write(to: calls)
    var said: [Substring] = []
    while said.count < 2 {
      let data = errors.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
      said = text.split(separator: "\n").filter {
        $0.hasPrefix("megha: building the command: [17/311] Compiling Part (")
      }
    }
    try Data("1\n2\n".utf8).write(to: calls)
    process.waitUntilExit()
    #expect(said.count >= 2)
    #expect(!text.contains("\u{1b}"))
    #expect(process.terminationStatus == 0)
  }

  @Test func twoWaitForEachOtherWithAWord() throws {
    let launcher = try Launcher()
    let errors: Pipe
    let process: Process
    do {
      let lock = try TreeLock(root: launcher.root) { Issue.record("nobody else is there") }
      (process, _, errors) = try launcher.start(["help"])
      // It has been read that it waits before it may go on.
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(text == "megha: waiting for another ./megha, which installs or builds in this tree\n")
      #expect(launcher.calls.isEmpty)
      lock.release()
    }
    process.waitUntilExit()
    #expect(launcher.calls.count == 1)
  }

  @Test func aSecondHolderOfTheTreeIsTold() async throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "lock \(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let first = try TreeLock(root: root) { Issue.record("nobody else is there") }
    let (words, told) = AsyncStream.makeStream(of: Bool.self)
    let second = Task.detached {
      let lock = try TreeLock(root: root) { told.yield(true) }
      lock.release()
    }
    var isTold = false
    for await word in words {
      isTold = word
      break
    }
    first.release()
    try await second.value
    #expect(isTold)
  }
}
