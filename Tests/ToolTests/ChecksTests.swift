import Checks
import Emulator
import Testing

@Suite struct GuestCaseTests {
  private static let text = """
    # A comment.
    case: first
    machine: --ram 64M --cpu qemu32
    script: one; two
    script: three
    status: 3
    expect: ^a$
    expect: b+
    forbid: panic
    needs: hello
    apart: yes
    after: ^name
    type: a b
    type: \\n
    monitor: nmi
    monitor: info registers

    case: second
    timeout: 5
    after: ^ready
    screen: ^shown
    paste: 2 line #
    sizes: 3G 600M
    """

  @Test func aFileIsReadCaseByCase() throws {
    let cases = try GuestCase.parse(Self.text, group: "tasks")
    #expect(cases.map { $0.fullName } == ["tasks: first", "tasks: second"])
    let first = try #require(cases.first)
    #expect(first.machine == ["--ram", "64M", "--cpu", "qemu32"])
    #expect(first.script == ["one; two", "three"])
    #expect(first.status == 3 && first.programs == ["hello"] && first.runsApart)
    #expect(first.typing.map { $0.after } == ["^name"] && first.typing.map { $0.text } == ["a b\n"])
    #expect(first.typing.map { $0.commands } == [["nmi", "info registers"]])
    #expect(cases[1].timeout == 5 && cases[1].status == 0)
    #expect(cases[1].typing.map { $0.screens } == [["^shown"]])
    #expect(cases[1].typing.map { $0.pasted } == ["line 1\nline 2\n"])
    #expect(cases[1].judge(console: "", outcome: .status(0)) == ["the screen did not show: ^shown"])
    #expect(cases[1].judge(console: "", outcome: .status(0), screens: ["^shown"]).isEmpty)
  }

  @Test func aCaseRunsAtEachOfItsSizesOrAllRunAtOne() throws {
    let cases = try GuestCase.parse(Self.text, group: "tasks")
    let plain = cases.flatMap { $0.variants(size: nil) }
    #expect(plain.map { $0.name } == ["first", "second", "second, 3 GiB of memory", "second, 600 MiB of memory"])
    #expect(plain.map { $0.machine.suffix(2) } == [["--cpu", "qemu32"], [], ["--ram", "3072M"], ["--ram", "600M"]])
    let large = cases.flatMap { $0.variants(size: MemorySize("8G")) }
    #expect(large.map { $0.name } == ["first", "second, 8 GiB of memory"])
  }

  @Test(arguments: [
    ("script: x", 1), ("case: a\nnonsense", 2), ("case: a\nstatus: many", 2), ("case: a\nexpect: (", 2),
    ("case: a\n\n\ncolour: red", 4), ("case: a\ntimeout: 0", 2), ("case: a\ntype: x", 2), ("case: a\nafter: (", 2),
    ("case: a\nmonitor: x", 2), ("case: a\nsizes: 3G much", 2), ("case: a\nsizes:", 2),
  ])
  func mistakesAreNamedWithTheirLine(text: String, line: Int) {
    #expect { try GuestCase.parse(text, group: "g") } throws: { error in
      (error as? GuestCaseMistake)?.line == line
    }
  }

  @Test(arguments: [
    ("a\nbbb\n", Outcome.status(3), 0), ("bbb\na\n", .status(3), 1), ("a\nb\npanic", .status(3), 1),
    ("xa\nb", .status(3), 1), ("a\nb", .status(0), 1), ("", .timedOut(seconds: 1), 2),
  ])
  func runsAreJudged(console: String, outcome: Outcome, complaints: Int) throws {
    let first = try #require(try GuestCase.parse(Self.text, group: "g").first)
    #expect(first.judge(console: console, outcome: outcome).count == complaints)
  }
}

@Suite struct KernelInstructionTests {
  @Test func onlyInstructionsThatComputeAreForeign() {
    let disassembly = """
      build/kernel.elf:\tfile format elf32-i386
      c0100000 <clean>:
      c0100000:      \tpushl\t%ebp
      c0100001:      \tmovl\t%fs:8, %eax
      c0100002:      \tfxsave\t(%eax)
      c0100003:      \tfninit
      c0100004:      \tcmpxchg8b\t(%esi)

      c0100010 <dirty>:
      c0100010:      \tfldl\t8(%ebp)
      c0100011:      \tmovaps\t%xmm0, (%esp)
      c0100012:      \tpaddb\t%mm1, %mm0
      c0100013:      \tstr\t%ax
      """
    #expect(
      KernelInstructions.foreign(in: disassembly) == [
        "<dirty>: fldl 8(%ebp)", "<dirty>: movaps %xmm0, (%esp)", "<dirty>: paddb %mm1, %mm0",
      ])
  }
}

@Suite struct DocumentBlockTests {
  private static let text = """
    Text.

    ```console
    $ ./megha run --script "rings"
    ring 3
    ...
    ring 0 at 0x...
    $ true
    ```

    ```swift
    $ not this
    ```

    ```console status=1 stdin="exit 0" skip="needs a network"
    $ false
    ```
    """

  @Test func onlyConsoleBlocksAreRead() throws {
    let blocks = DocumentBlock.parse(Self.text, file: "README.md")
    #expect(blocks.map { $0.line } == [3, 15])
    let first = try #require(blocks.first)
    #expect(first.commands.map { $0.text } == ["./megha run --script \"rings\"", "true"])
    #expect(first.commands[0].expected == ["ring 3", "...", "ring 0 at 0x..."])
    #expect(first.status == 0 && first.input == nil && first.reasonToSkip == nil)
    #expect(blocks[1].status == 1)
    #expect(blocks[1].input == "exit 0")
    #expect(blocks[1].reasonToSkip == "needs a network")
  }

  @Test func expectedLinesAreFoundInOrder() {
    let output = "start\nring 3\nmore\nring 0 at 0xc0de\n"
    let expected = ["ring 3", "...", "ring 0 at 0x..."]
    #expect(DocumentBlock.missing(from: output, expected: expected) == nil)
    #expect(DocumentBlock.missing(from: output, expected: expected.reversed()) == "ring 3")
    #expect(DocumentBlock.missing(from: output, expected: ["ring"]) == "ring")
  }

  @Test(arguments: [
    ("abc", "abc", true), ("abc", "a...", true), ("abc", "...c", true), ("abc", "a...c", true),
    ("a-b-c", "a...b...c", true), ("a-c", "a...b...c", false), ("aa", "aaa", false), ("ab", "ab...b", false),
  ])
  func threeDotsStandForAnything(text: String, pattern: String, matches: Bool) {
    #expect(DocumentBlock.matches(text, pattern: pattern) == matches)
  }
}

@Suite struct DocumentLinkTests {
  @Test func onlyPathsOutsideOfCodeAreFollowed() {
    let text = """
      See [one](docs/one.md) and [two](two.md#part), ![three](three.png).
      Not [this](https://swift.org) nor [that](#part).
      ```
      [code](none.md)
      ```
      """
    #expect(DocumentLinks.paths(in: text) == ["docs/one.md", "two.md", "three.png"])
  }

  @Test func aLinkIsFollowedFromItsDocument() {
    let broken = DocumentLinks.broken(
      in: "[here](ChecksTests.swift) [up](../../Package.swift) [gone](gone.md)",
      document: "Tests/ToolTests/page.md", root: treeRoot)
    #expect(broken == ["gone.md"])
  }

  @Test func theDeepestPathOfACall() {
    let disassembly = """
      c0100000 <entry>:
      c0100000:\tpushl\t%ebp
      c0100001:\tsubl\t$0x100, %esp
      c0100007:\tcalll\t0xc0100100 <small>
      c010000c:\tcalll\t0xc0100200 <large>
      c0100011:\tcalll\t0xc0100400 <stop>
      c0100100 <small>:
      c0100100:\tsubl\t$0x10, %esp
      c0100103:\tcalll\t0xc0100000 <entry>
      c0100200 <large>:
      c0100200:\tsubl\t$0x40, %esp
      c0100206:\tjmp\t0xc0100300 <last>
      c0100300 <last>:
      c0100300:\tsubl\t$0x60, %esp
      c0100306:\tjmp\t0xc0100302 <last+0x2>
      c0100400 <stop>:
      c0100400:\tsubl\t$0x1000, %esp

      """
    var depth = StackDepth(disassembly) { $0 == "stop" }
    let path = StackDepth.Path(bytes: 4 + 256 + 4 + 96, functions: ["entry", "large", "last"])
    #expect(depth.deepest(from: "entry") == path)
    #expect(depth.deepest(from: "nowhere") == nil)
    #expect(depth.function(with: ["la", "st"]) == "last")
  }
}
