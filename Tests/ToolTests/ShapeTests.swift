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
        Self.file("Image/Traps/Frames.swift", "enum Frames { static func make() { Exit.now(); Exit.later() } }"),
        Self.file("Image/Boot/Exit.swift", "enum Exit { static func now() { Frames.make(); other.Frames() } }"),
        Self.file("Image/Boot/Late.swift", "func late() { run { // Frames\n } }\nprivate enum Frames {}"),
      ], libraries: [])
    #expect(
      shape.references.map { "\($0.file) \($0.name) \($0.from) \($0.to)" } == [
        "Image/Traps/Frames.swift Exit Traps Boot", "Image/Boot/Exit.swift Frames Boot Traps",
      ])
    #expect(shape.upward.map { $0.name } == ["Exit"])
    #expect(shape.circle == ["Boot", "Traps"])
  }

  @Test func aFunctionIsUsedWhereItIsCalled() {
    let shape = SourceShape(
      image: [
        Self.file("Image/Traps/Traps.swift", "func answer() {}"),
        Self.file("Image/Boot/Exit.swift", "func end() { let answer = 1; use(answer) }"),
        Self.file("Image/Boot/Wait.swift", "func wait() { answer() }"),
      ], libraries: [])
    #expect(shape.references.map { $0.file } == ["Image/Boot/Wait.swift"])
    #expect(shape.circle.isEmpty)
  }

  @Test func accessesOfAGlobalVariableAreCounted() {
    let text = "func f() { cpu.a = cpu.b; x.cpu.c(); cpuMain(cpu) }"
    let shape = SourceShape(image: [Self.file("Image/Traps/Exit.swift", text)], libraries: [])
    #expect(shape.accesses(of: "cpu") == 2)
  }

  @Test func contextsFromNothingAreCounted() {
    let text = "func f(_ context: Context) { g(Context()); h(Context(of: 1)); i(context) }"
    let shape = SourceShape(image: [], libraries: [Self.file("Kernel/Objects/A.swift", text)])
    #expect(shape.contextsMade == 1)
  }

  @Test func librariesThatImportEachOtherAreACircle() {
    let shape = SourceShape(
      image: [],
      libraries: [
        Self.file("Kernel/IPC/A.swift", "import Objects"), Self.file("Kernel/Objects/B.swift", "import IPC"),
        Self.file("Kernel/Devices/C.swift", "import IPC"),
      ])
    #expect(shape.circle == ["Kernel/IPC", "Kernel/Objects"])
  }

  @Test func librariesImportOnlyWhatStandsBelow() {
    let shape = SourceShape(
      image: [],
      libraries: [
        Self.file("Kernel/Memory/A.swift", "import Primitives\nimport Modules\n"),
        Self.file("Kernel/Modules/B.swift", "import Memory\nimport Machine\n"),
        Self.file("Kernel/Primitives/C.swift", "let import_ = 1"),
      ])
    #expect(shape.upwardImports == ["Memory imports Modules", "Modules imports Machine"])
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
