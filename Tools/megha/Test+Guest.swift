// The guest suites: cases from Tests/Guest, each in a machine of its own, several at a time.

import ABIDefinition
import ArgumentParser
import Checks
import Emulator
import Foundation
import MeghaBuild
import ModuleCases

extension Project {
  /// - Parameter apart: the cases that run alone; else all others.
  func testGuest(_ report: Report, filter: String?, memory: MemorySize?, apart: Bool) async throws {
    var cases = try guestCases().flatMap { $0.variants(size: memory) }.filter { $0.runsApart == apart }
    if let filter {
      let regex = try Regex(filter)
      cases.removeAll { !$0.fullName.contains(regex) }
    }
    do {
      // Some cases boot a kernel that is built for them.
      let kernels = try Set(cases.map { try MachineArguments.parse($0.machine).kernel.image })
      try await build(
        targets: TargetBuild.defaultTargets + kernels.sorted() + TargetBuild.testTargets(root: root))
    } catch {
      report.fail("guest: kernel and programs build", ["\(error)"])
      return
    }
    var ready: [GuestCase] = []
    for guestCase in cases {
      let missing = guestCase.programs.first {
        !FileManager.default.fileExists(atPath: file("build/programs/\($0)").path)
      }
      let programs = await linuxPrograms(of: guestCase)
      if let missing {
        report.skip("guest \(guestCase.fullName)", reason: "there is no program \(missing)")
      } else if let obstacle = programs.obstacle {
        report.skip("guest \(guestCase.fullName)", reason: obstacle)
      } else if !guestCase.ext2.isEmpty, let obstacle = Ext2Image.obstacle {
        report.skip("guest \(guestCase.fullName)", reason: obstacle)
      } else if guestCase.machine.contains("--bochs"), let obstacle = Bochs.obstacle {
        report.skip("guest \(guestCase.fullName)", reason: obstacle)
      } else if let obstacle = try MachineArguments.parse(guestCase.machine).chosenFirmware.obstacle {
        report.skip("guest \(guestCase.fullName)", reason: obstacle)
      } else {
        var guestCase = guestCase
        guestCase.added += programs.paths
        ready.append(guestCase)
      }
    }
    if apart {
      for guestCase in ready { await run(guestCase).add(to: report) }
      return
    }
    let cuts = try powerCuts(report, filter: filter)
    try await Places.processors.each(ready) {
      await run($0)
    } done: {
      $0.add(to: report)
    }
    try await Places.processors.each(cuts) {
      await run(sample: $0)
    } done: {
      $0.add(to: report)
    }
  }

  /// The programs of Linux's that a case needs, as paths from the tree's root; or why they cannot be had.
  private func linuxPrograms(of guestCase: GuestCase) async -> (paths: [String], obstacle: String?) {
    var paths: [String] = []
    for name in guestCase.linuxPrograms {
      do { paths.append(try await LinuxPrograms(self).program(name)) } catch {
        return ([], "\(error)".split(separator: "\n").first.map(String.init) ?? "\(name) cannot be had")
      }
    }
    return (paths, nil)
  }

  private static func name(ofCut number: Int) -> String { "files: the power is cut, number \(number)" }

  /// The numbers of a sample of `megha powercut`.
  private func powerCuts(_ report: Report, filter: String?) throws -> [Int] {
    let regex = try filter.map { try Regex($0) }
    let numbers = (0..<6).filter { number in regex.map { Self.name(ofCut: number).contains($0) } ?? true }
    guard let obstacle = Ext2Image.obstacle else { return numbers }
    for number in numbers { report.skip("guest \(Self.name(ofCut: number))", reason: obstacle) }
    return []
  }

  private func run(sample number: Int) async -> GuestResult {
    let started = Date()
    let complaints: [String]
    do { complaints = try await run(Cut(number: number, seed: 1)).complaints } catch { complaints = ["\(error)"] }
    return GuestResult(
      name: Self.name(ofCut: number), complaints: complaints, seconds: Date().timeIntervalSince(started))
  }

  /// All cases, in the order of their files.
  private func guestCases() throws -> [GuestCase] {
    let folder = file("Tests/Guest")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let cases = try names.filter { $0.hasSuffix(".txt") }.flatMap { name in
      try GuestCase.parse(
        String(contentsOf: folder.appending(path: name), encoding: .utf8), group: String(name.dropLast(4)))
    }
    return try cases + MachineTable.cases(in: String(contentsOf: file("docs/machines.md"), encoding: .utf8))
  }

  /// Writes the module files that the kernel must refuse, for `guestCase` to load. Returns their paths.
  private func addRefusedModules(to guestCase: inout GuestCase, folder: URL) throws -> [String] {
    let modules = Poke.all.enumerated().map { (file: "refused\($0).so", words: $1.words) }
    let paths = modules.map { folder.appending(path: $0.file) }
    for (poke, path) in zip(Poke.all, paths) {
      try Data(poke.file(build: ModuleInterface.buildIdentity).bytes).write(to: path)
    }
    guestCase.load(refused: modules)
    return paths.map { $0.path }
  }

  private func run(_ guestCase: GuestCase) async -> GuestResult {
    var guestCase = guestCase
    let started = Date()
    let console = Collector()
    do {
      let folder = try RunFolder()
      defer { folder.delete() }
      var arguments = try MachineArguments.parse(guestCase.machine)
      arguments.icount = !guestCase.runsApart
      // No case may end with a page or an allocation that nobody owns.
      arguments.append += " check=memory"
      arguments.added += guestCase.added.map { file($0).path }
      if guestCase.loadsRefusedModules {
        arguments.added += try addRefusedModules(to: &guestCase, folder: folder.url)
      }
      var image: Ext2Image?
      if !guestCase.ext2.isEmpty {
        image = try await Ext2Image(at: folder.url.appending(path: "ext2.img"), guestCase.ext2)
        arguments.disk = image?.url.path
      }
      let typing = guestCase.typing
      let screens = Collector()
      let operating: @Sendable (Operator) async -> Void = {
        await type(typing, reading: console, at: $0, seen: screens)
      }
      let script = guestCase.script.isEmpty ? nil : guestCase.script.joined(separator: "\n")
      let result = try await run(
        arguments, script: script, folder: folder, timeout: guestCase.timeout, console: console.append,
        operating: typing.isEmpty ? nil : operating)
      let seen = screens.text.split(separator: "\n").map(String.init)
      var complaints = guestCase.judge(console: console.text, outcome: result.outcome, screens: seen)
      if let image { complaints += try await guestCase.complaints(about: image) }
      if !complaints.isEmpty {
        complaints += ["console:", console.text]
        if let registers = result.registers { complaints += ["registers:", registers] }
      }
      return GuestResult(
        name: guestCase.fullName, complaints: complaints, seconds: Date().timeIntervalSince(started))
    } catch {
      return GuestResult(name: guestCase.fullName, complaints: ["\(error)"], seconds: 0)
    }
  }
}

extension GuestCase {
  /// What is wrong with the disk after the run.
  fileprivate func complaints(about image: Ext2Image) async throws -> [String] {
    if let complaint = try await image.complaint() { return ["e2fsck: \(complaint)"] }
    var complaints: [String] = []
    for (path, pattern) in held {
      let text = try await image.contents(of: path).map { String(decoding: $0, as: UTF8.self) }
      guard let text else {
        complaints.append("the disk has no \(path)")
        continue
      }
      if try !text.contains(Regex(pattern)) { complaints.append("\(path) on the disk is: \(text.prefix(200))") }
    }
    return complaints
  }
}

/// Types what a case wants typed, each text when the console shows what it waits for.
///
/// - Parameter seen: gets the expressions that the screen showed, a line each.
private func type(
  _ typing: [GuestCase.Typing], reading console: Collector, at monitor: Operator, seen: Collector
) async {
  for step in typing {
    // Judged when the case was read; keys that do not exist show as an expectation that is not met.
    guard let regex = try? Regex(step.after).anchorsMatchLineEndings(), let keys = Keyboard.keys(for: step.text),
      // A machine without a console has nothing to wait for.
      await monitor.wait(until: { step.after.isEmpty || console.text.contains(regex) })
    else { return }
    for screen in step.screens {
      guard let regex = try? Regex(screen).anchorsMatchLineEndings(),
        // A picture is much to write and to read.
        await monitor.wait(each: .milliseconds(250), until: { monitor.screen()?.contains(regex) == true })
      else { return }
      seen.append(Array("\(screen)\n".utf8))
    }
    if !step.pasted.isEmpty { await monitor.send(step.pasted) }
    await monitor.type(keys)
    for command in step.commands { monitor.command(command) }
  }
}

private struct GuestResult: Sendable {
  let name: String
  let complaints: [String]
  let seconds: Double

  func add(to report: Report) {
    report.judge("guest \(name)", complaints: complaints, seconds: seconds)
  }
}
