import Foundation
import MeghaBuild
import Testing

@Suite struct ComponentTests {
  private func library(_ name: String, _ dependencies: [String] = []) -> Component {
    Component(name, folder: name, kind: .portableLibrary, dependencies: dependencies)
  }

  @Test func dependenciesComeBeforeWhatNeedsThem() throws {
    let set = ComponentSet([
      library("Top", ["Left", "Right"]), library("Left", ["Bottom"]), library("Right", ["Bottom", "Left"]),
      library("Bottom"),
    ])
    let top = try #require(set["Top"])
    #expect(try set.closure(of: top).map { $0.name } == ["Bottom", "Left", "Right"])
  }

  @Test func circlesAndUnknownNamesAreRefused() throws {
    let circle = ComponentSet([library("One", ["Two"]), library("Two", ["One"])])
    let one = try #require(circle["One"])
    #expect(throws: ComponentMistake.circle(["One", "Two", "One"])) { try circle.closure(of: one) }
    let lost = ComponentSet([library("One", ["Nowhere"])])
    let other = try #require(lost["One"])
    #expect(throws: ComponentMistake.unknownDependency(component: "One", dependency: "Nowhere")) {
      try lost.closure(of: other)
    }
  }

  @Test func theDeclaredComponentsAreInOrder() throws {
    let set = ComponentSet(Components.portable + Components.trunk + Components.kernel + Components.userland)
    for component in set.components {
      let names = try set.closure(of: component).map { $0.name }
      #expect(Set(component.dependencies).isSubset(of: names))
    }
    // The kernel half never reaches programs, nor the other way round.
    let kernel = try #require(set["Kernel"])
    #expect(try set.closure(of: kernel).allSatisfy { $0.side != .user })
    #expect(try set.closure(of: Components.program(folder: "x/hello")).allSatisfy { $0.side != .kernel })
  }

  @Test func theHostPackageDeclaresTheSamePartsOfTheKernel() throws {
    let package = try String(contentsOf: treeRoot.appending(path: "Package.swift"), encoding: .utf8)
    let words = package.split { $0.isWhitespace }.joined(separator: " ")
    for component in Components.trunk {
      let start = try #require(
        words.range(of: "kernelPart( \"\(component.name)\", [")?.upperBound
          ?? words.range(of: "kernelPart(\"\(component.name)\", [")?.upperBound)
      let end = try #require(words.range(of: "]", range: start..<words.endIndex)?.lowerBound)
      let names = words[start..<end].split { $0 == "," || $0 == " " || $0 == "\"" }.map(String.init)
      let common = ["Platform", "Primitives", "ModuleInterface"]
      #expect(Set(names).subtracting(common) == Set(component.dependencies).subtracting(common))
    }
  }

  @Test func theHostPackageDeclaresTheSameDependencies() throws {
    let package = try String(contentsOf: treeRoot.appending(path: "Package.swift"), encoding: .utf8)
    for component in Components.portable where component.folder.hasPrefix("Kernel/") {
      let names = component.dependencies.map { "\"\($0)\"" }.joined(separator: ", ")
      let declaration =
        names.isEmpty
        ? "kernelLibrary(\"\(component.name)\""
        : "kernelLibrary(\"\(component.name)\", dependencies: [\(names)]"
      #expect(package.contains(declaration), "\(component.name) in Package.swift and Components.swift differ")
    }
  }
}

@Suite struct ImportTests {
  @Test func importsAreFoundWithAllTheirDecorations() {
    let text = """
      // import Comment
      import One
      @_exported import Two
      public import Three
        internal import Four
      let text = "import Five"
      import importance
      """
    #expect(Sources.imports(in: text) == ["One", "Two", "Three", "Four", "importance"])
    #expect(Sources.imports(in: "").isEmpty)
  }

  @Test func anUndeclaredImportIsNamedWithItsFile() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "imports-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    try FileManager.default.createDirectory(
      at: root.appending(path: "Part/Inner"), withIntermediateDirectories: true)
    try Data("import Swift\nimport Allowed\nimport Header\n".utf8).write(
      to: root.appending(path: "Part/A.swift"))
    let component = Component(
      "Part", folder: "Part", kind: .machineLibrary, dependencies: ["Allowed"],
      headers: [.init(module: "Header", folder: "include")])
    #expect(try Sources.find(in: "Part", root: root).undeclaredImport(of: component, root: root) == nil)
    try Data("import Forbidden\n".utf8).write(to: root.appending(path: "Part/Inner/B.swift"))
    let sources = Sources.find(in: "Part", root: root)
    #expect(sources.swift == ["Part/A.swift", "Part/Inner/B.swift"])
    #expect(
      try sources.undeclaredImport(of: component, root: root)
        == .undeclaredImport(component: "Part", file: "Part/Inner/B.swift", module: "Forbidden"))
  }

  @Test func theTreeImportsOnlyWhatItDeclares() throws {
    for component in Components.portable + Components.trunk + Components.kernel + Components.userland
      + [Components.probe]
    {
      let sources = Sources.find(in: component.folder, root: treeRoot)
      #expect(try sources.undeclaredImport(of: component, root: treeRoot) == nil)
    }
  }
}

@Suite struct NinjaFileTests {
  @Test func pathsAndVariablesAreWrittenAsNinjaReadsThem() {
    var file = NinjaFile(comment: "A test.")
    file.rule("copy", command: "cp $in $out", description: "copy $out", keepsUnchanged: true)
    file.build(
      ["out file"], rule: "copy", inputs: ["a:b"], implicit: ["c$d"], variables: ["flags": "-x"])
    file.defaults(["out file"])
    #expect(
      file.text == """
        # A test.

        rule copy
          command = cp $in $out
          description = copy $out
          restat = 1

        build out$ file: copy a$:b | c$$d
          flags = -x

        default out$ file

        """)
  }

  @Test func theTargetBuildKeepsTheSidesApart() throws {
    let toolchain = Toolchain(tools: "/t", compilerLibrary: "/l/libgcc.a", unicodeTables: "/l/unicode.a")
    let text = try TargetBuild(root: treeRoot, toolchain: toolchain, tool: "/t/megha").ninjaFile()
    let lines = text.split(separator: "\n").map(String.init)
    let kernelFlags = lines.filter { $0.contains("  flags = ") && $0.contains("+soft-float") }
    let userFlags = lines.filter { $0.contains("  flags = ") && $0.contains("-msse2") }
    #expect(!kernelFlags.isEmpty)
    #expect(kernelFlags.allSatisfy { !$0.contains("build/user/") && $0.contains("-mno-sse") })
    #expect(userFlags.allSatisfy { !$0.contains("build/kernel/") && !$0.contains("+soft-float") })
    #expect(lines.contains { $0.hasPrefix("build build/kernel.elf: link ") && $0.contains("symbols.o") })
  }
}

@Suite struct MissingHeaderTests {
  @Test(arguments: ["stdio.h", "stdlib.h", "string.h", "errno.h"])
  func aHeaderOfTheCLibraryIsNamed(_ header: String) throws {
    let output = "FAILED: own.o\nmy own/a.c:1:10: fatal error: '\(header)' file not found\n1 error generated.\n"
    let sentence = try #require(MissingHeader.sentence(in: output))
    #expect(sentence.hasPrefix("my own/a.c includes <\(header)>, and there is no C library: "))
  }

  @Test func anotherHeaderIsNamedToo() throws {
    let output = "a.c:1:10: fatal error: 'mine.h' file not found\n"
    #expect(try #require(MissingHeader.sentence(in: output)).hasPrefix("a.c includes mine.h, which is neither"))
    #expect(MissingHeader.sentence(in: "a.c:1:10: error: use of undeclared identifier 'x'\n") == nil)
  }
}

@Suite struct RunningCommandTests {
  @Test func aCommandThatWasBuiltAnewMeanwhileIsItsSuccessor() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "command \(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let link = folder.appending(path: "exe").path
    // No such file is there, as after its removal.
    for (says, path) in [("/nowhere/megha (deleted)", "/nowhere/megha"), ("/nowhere/megha", "/nowhere/megha")] {
      try? FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: says)
      #expect(RunningCommand.path(link: link) == path)
    }
    #expect(FileManager.default.fileExists(atPath: RunningCommand.path()))
  }
}
