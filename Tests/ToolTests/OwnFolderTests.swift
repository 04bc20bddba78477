// What people name their own things and where they put them: folders with blanks, links, names that the SDK has.

import Foundation
import TestSupport
import Testing

@testable import MeghaBuild

/// A folder of a test, deleted with the value.
private struct Place: ~Copyable {
  let url = FileManager.default.temporaryDirectory.appending(path: "own \(UUID().uuidString)")

  init(_ files: [String: String] = [:]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (path, text) in files {
      let file = url.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
  }
}

private func targetBuild(root: URL = treeRoot, tool: String = "/t/megha") -> TargetBuild {
  let toolchain = Toolchain(tools: "/the tools", compilerLibrary: "/l/lib gcc.a", unicodeTables: "/l/unicode.a")
  return TargetBuild(root: root, toolchain: toolchain, tool: tool)
}

@Suite struct OwnFolderTests {
  @Test func aFolderWithBlanksIsQuotedForTheShellAndForNinja() throws {
    let place = try Place(["my $prog/Main.swift": "import SDK\n"])
    var build = targetBuild()
    let folder = place.path("my $prog")
    #expect(try build.add(external: folder) == ["\(folder)/build/my $prog"])
    let lines = try build.ninjaFile().split(separator: "\n").map(String.init)
    let forNinja = folder.replacing("$", with: "$$").replacing(" ", with: "$ ")
    let forShell = folder.replacing("$", with: "$$")
    let edge = try #require(
      lines.firstIndex { $0.hasPrefix("build \(forNinja)/build/user/My__progProgram.bc ") && $0.contains(": swift ") })
    let variables = lines[(edge + 1)...].prefix { $0.hasPrefix("  ") }
    #expect(variables.contains("  module = My__progProgram"))
    #expect(variables.contains("  object = '\(forShell)/build/user/My__progProgram.bc'"))
    #expect(variables.contains("  interface = '\(forShell)/build/user/My__progProgram.swiftmodule'"))
    #expect(lines.contains("  symbols = '\(forShell)/build/my $$prog.symbols'"))
    #expect(lines.contains { $0.hasPrefix("  command = ") && $0.contains("'/the tools'/ld.lld") })
    #expect(lines.contains { $0.hasPrefix("  libraries = '/l/lib gcc.a'") })
  }

  @Test func aProgramMayBeInCAlone() throws {
    let place = try Place(["cee/Main.c": "int main(void) { return 0; }\n", "cee/part.h": ""])
    var build = targetBuild()
    let folder = place.path("cee")
    #expect(try build.add(external: folder) == ["\(folder)/build/cee"])
    let own = folder.replacing(" ", with: "$ ")
    let edges = try build.ninjaFile().split(separator: "\n").filter { $0.hasPrefix("build \(own)/build/") }
    let compiled = edges.filter { $0.contains(": c ") }
    #expect(compiled.count == 1)
    #expect(compiled.first?.contains("part.h") == true)
    #expect(!edges.contains { $0.contains(": swift ") })
  }

  @Test(arguments: ["program", "service", "module"])
  func nothingOfOnesOwnIsBuiltWhereTheTreeBuilds(kind: String) throws {
    let files =
      switch kind {
      case "program": ["hello/Hello.swift": "import SDK\n"]
      case "service": ["hello/Hello.swift": "import ServiceSupport\ntypealias PlacedService = Hello\n"]
      default: ["hello/Hello.swift": "import ModuleSupport\n", "hello/Manifest.c": "\n"]
      }
    let place = try Place(files)
    var build = targetBuild()
    let targets = try build.add(external: place.path("hello"))
    #expect(targets.count == (kind == "service" ? 2 : 1))
    let own = place.path("hello").replacing(" ", with: "$ ")
    let outputs = try build.ninjaFile().split(separator: "\n").filter { $0.hasPrefix("build ") }
      .map { $0.dropFirst(6).split(separator: ": ", maxSplits: 1)[0] }
    // Ninja refuses a file with two outputs of one name.
    #expect(Set(outputs).count == outputs.count)
    #expect(outputs.contains { $0.hasPrefix("\(own)/build/hello") })
    if kind == "service" {
      #expect(
        try String(contentsOfFile: place.path("hello/build/manifest/Manifest.c"), encoding: .utf8)
          == "#define SERVICE_NAME \"hello\"\n#include \"service_manifest.h\"\n")
    }
  }

  @Test func whatIsNoFolderWithSourcesIsRefusedInOneSentence() throws {
    let place = try Place(["file.swift": "", "empty/README.md": "", "a|b/Main.swift": ""])
    try place.link("dangling", to: "nowhere")
    func refusal(_ name: String) -> String {
      var build = targetBuild()
      do {
        _ = try build.add(external: place.path(name))
        return ""
      } catch { return "\(error)" }
    }
    #expect(refusal("nosuch") == "There is no folder \(place.path("nosuch")).")
    #expect(refusal("dangling") == "There is no folder \(place.path("dangling")).")
    #expect(refusal("file.swift").hasSuffix(" is no folder; what is built is the folder with the sources."))
    #expect(refusal("empty") == "\(place.path("empty")) has no sources in Swift or C.")
    #expect(refusal("a|b").contains("has a | or a control character"))
  }

  @Test func sourcesBehindLinksAreFoundOnce() throws {
    let place = try Place(["real/Main.swift": "", "real/inner/Part.swift": "", "real/build/Old.swift": ""])
    try place.link("link", to: "real")
    try place.link("real/loop", to: "..")
    try place.link("real/more", to: "inner")
    let found = Sources.find(in: place.path("link"), root: treeRoot)
    #expect(
      found.swift == ["Main.swift", "inner/Part.swift", "more/Part.swift"].map { place.path("link") + "/" + $0 })
  }

  @Test func aTreeThatWasMovedIsBuiltAnew() throws {
    let place = try Place(["build/.ninja_log": "log", "build/module-cache/x": "", "build/example/Mine.swift": ""])
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: place.path(path)) }
    let here = targetBuild(root: place.url, tool: place.path("tool"))
    try Data("megha = \(NinjaFile.quoted(here.tool))\n".utf8).write(
      to: URL(fileURLWithPath: place.path("build/build.ninja")))
    here.forgetWhatWasMadeElsewhere()
    #expect(exists("build/.ninja_log") && exists("build/module-cache"))
    targetBuild(root: place.url, tool: place.path("elsewhere/tool")).forgetWhatWasMadeElsewhere()
    #expect(!exists("build/.ninja_log") && !exists("build/module-cache"))
    #expect(exists("build/example/Mine.swift"))
  }
}

@Suite struct TypeNameTests {
  @Test(arguments: [
    ("greet", "Greet"), ("program", "ProgramProgram"), ("console", "ConsoleProgram"), ("self", "SelfProgram"),
    ("int32", "Int32Program"), ("file", "FileProgram"),
  ])
  func aProgramsTypeIsNoOtherOnes(name: String, type: String) throws {
    let component = Components.program(folder: "/x/\(name)")
    #expect(try TypeNames.type(for: name, kind: "Program", component: component, root: treeRoot) == type)
  }

  @Test(arguments: [
    ("adder", "Adder"), ("request", "RequestService"), ("service", "ServiceService"), ("bool", "BoolService"),
  ])
  func aServicesTypeIsNoOtherOnes(name: String, type: String) throws {
    let component = Components.serviceProgram(folder: "/x/\(name)")
    #expect(try TypeNames.type(for: name, kind: "Service", component: component, root: treeRoot) == type)
  }

  @Test func declarationsAreFoundWithAllTheirDecorations() {
    let text = """
      public struct One<T>: ~Copyable {
        package enum Two { case three }
      }
      @frozen public final class Four {}
      typealias  Five = Int
      protocol Six {}
      """
    #expect(TypeNames.declared(in: text) == ["One", "Two", "Four", "Five", "Six"])
  }
}

@Suite struct BuildProgressTests {
  @Test func stepsAreToldNowAndThen() {
    var progress = BuildProgress(isTerminal: false)
    let taken = ["[3/20] swift Kernel (kernel)", "Main.swift:1:1: error: no", "[x] no"].map { progress.take($0) }
    #expect(taken == [true, false, false])
    var texts = [4, 5, 6].map { progress.text(after: $0) }
    #expect(texts == [nil, "megha: building: [3/20] swift Kernel (kernel) (5 s)\n", nil])
    _ = progress.take("[20/20] link build/kernel.elf")
    texts = [11].map { progress.text(after: $0) }
    #expect(texts == ["megha: building: [20/20] link build/kernel.elf (11 s)\n"])
    #expect(progress.ending.isEmpty)
  }

  @Test func whenStepsHaveShownHowLongTheyTakeTheRestIsEstimated() {
    var progress = BuildProgress(isTerminal: false)
    #expect(progress.text(after: 20) == "megha: building (20 s)\n")
    _ = progress.take("[100/300] swift Part")
    #expect(progress.text(after: 30) == "megha: building: [100/300] swift Part (30 s, about 60 s more)\n")
    _ = progress.take("[299/300] link build/kernel.elf")
    #expect(progress.text(after: 90) == "megha: building: [299/300] link build/kernel.elf (90 s, about 0 s more)\n")
    // What no build says.
    for line in ["[0/0] x", "[7/3] x", "[1/9223372036854775807] x"] {
      _ = progress.take(line)
      #expect(progress.text(after: 200) == "megha: building: \(line) (200 s)\n")
      progress = BuildProgress(isTerminal: false)
    }
  }

  @Test func aTerminalShowsOneLineThatIsClearedAtTheEnd() {
    var progress = BuildProgress(isTerminal: true)
    #expect(progress.ending.isEmpty)
    let text = progress.text(after: 1)
    #expect(text == "\r\u{1b}[Kmegha: building (1 s)")
    #expect(progress.ending == "\r\u{1b}[K")
  }
}
