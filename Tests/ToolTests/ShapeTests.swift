import Checks
import Testing

@Suite struct ShapeTests {
  private static func file(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text: text) }

  @Test func linesWithoutCommentsAndBlanksAreCounted() {
    let text = """
      // A comment.
      /* One
         /* in another */ that goes on */
      struct A {  // code

        let text = "// no comment \\" here"
      }
      """
    #expect(Self.file("Image/A.swift", text).lines == 3)
  }

  @Test func aTextOfSeveralLinesIsCode() {
    #expect(Self.file("Image/A.swift", "let text = \"\"\"\n  one // two\n  \"\"\"\n").lines == 3)
  }

  @Test func referencesGoByFileAndName() {
    let shape = SourceShape(
      image: [
        Self.file("Image/Memory/Frames.swift", "enum Frames { static func make() { Exit.now(); Exit.later() } }"),
        Self.file("Image/Tasks/Exit.swift", "enum Exit { static func now() { Frames.make(); other.Frames() } }"),
        Self.file("Image/Tasks/Late.swift", "func late() { run { // Frames\n } }\nprivate enum Frames {}"),
      ], libraries: [])
    #expect(
      shape.references.map { "\($0.file) \($0.name) \($0.from) \($0.to)" } == [
        "Image/Memory/Frames.swift Exit Memory Tasks", "Image/Tasks/Exit.swift Frames Tasks Memory",
      ])
    #expect(shape.upward.map { $0.name } == ["Exit"])
    #expect(shape.circle == ["Image/Memory/Frames.swift", "Image/Tasks/Exit.swift"])
  }

  @Test func aFunctionIsUsedWhereItIsCalled() {
    let shape = SourceShape(
      image: [
        Self.file("Image/Traps/Traps.swift", "func answer() {}"),
        Self.file("Image/Tasks/Exit.swift", "func end() { let answer = 1; use(answer) }"),
        Self.file("Image/Tasks/Wait.swift", "func wait() { answer() }"),
      ], libraries: [])
    #expect(shape.references.map { $0.file } == ["Image/Tasks/Wait.swift"])
    #expect(shape.circle.isEmpty)
  }

  @Test func accessesOfTheKernelValueAreCounted() {
    let text = "func f() { kernel.a = kernel.b; x.kernel.c(); kernelMain(kernel) }"
    let shape = SourceShape(image: [Self.file("Image/Tasks/Exit.swift", text)], libraries: [])
    #expect(shape.accesses(of: "kernel") == 2)
  }

  @Test func librariesImportOnlyWhatStandsBelow() {
    let shape = SourceShape(
      image: [],
      libraries: [
        Self.file("Kernel/Memory/A.swift", "import Primitives\nimport Modules\n"),
        Self.file("Kernel/Modules/B.swift", "import Memory\nimport MachineSupport\n"),
        Self.file("Kernel/Primitives/C.swift", "let import_ = 1"),
      ])
    #expect(shape.upwardImports == ["Memory imports Modules", "Modules imports MachineSupport"])
  }

  @Test func aNumberMayNotGrowAndItsCeilingFollows() {
    let shape = SourceShape(image: [], libraries: [])
    #expect(
      shape.complaints([
        .init(name: "as allowed", value: 100, ceiling: 100), .init(name: "a little under", value: 95, ceiling: 100),
        .init(name: "over", value: 101, ceiling: 100), .init(name: "far under", value: 80, ceiling: 100),
      ]) == [
        "over: 101, and no more than 100 are allowed",
        "far under: 80 are left; lower the ceiling of 100 in Tools/Checks/ShapeCeilings.swift",
      ])
  }
}
