// `<<WORD`: lines that are a command's input.

import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct HereTextTests {
  /// The texts that commands were given, in their order.
  private func texts(_ source: String, parameters: [String] = []) -> [String] {
    let shell = makeShell()
    shell.run("set -- \(parameters.joined(separator: " "))")
    shell.run(source)
    #expect(shell.host.complaints.isEmpty)
    return shell.host.redirections.flatMap { $0 }.compactMap { redirection in
      guard case .text(let text) = redirection.target else { return nil }
      return String(decoding: text, as: UTF8.self)
    }
  }

  @Test(
    arguments: [
      ("echo <<E\none\ntwo\nE\n", ["one\ntwo\n"]), ("echo <<E\nE", [""]), ("echo <<E\n E\nEE\n\nE\n", [" E\nEE\n\n"]),
      (
        "A=x; echo <<E\n$A ${A} $((1 + 1)) $(print y) \"$A\" '$A' `b` \\$A \\\\ \\a \\\nz\nE\n",
        ["x x 2 y \"x\" 'x' `b` $A \\ \\a z\n"]
      ),
      ("A=x; echo <<'E'\n$A \\$A `b`\nE\n", ["$A \\$A `b`\n"]), ("A=x; echo <<\"E\"\n$A\nE\n", ["$A\n"]),
      ("echo <<-E\n\t\tone\n\t two\tx\n\tE\n", ["one\n two\tx\n"]), ("echo <<A <<B\n1\nA\n2\nB\n", ["1\n", "2\n"]),
      ("echo <<A; echo <<B\n1\nA\n2\nB\necho x", ["1\n", "2\n"]),
      ("if true\nthen echo <<E\nin if\nE\nfi\n", ["in if\n"]),
      ("f() { echo <<E\n$1\nE\n}; f a; f b\n", ["a\n", "b\n"]),
      ("{ echo a; } <<E\nfor a group\nE\n", ["for a group\n"]), ("echo 0<<E # a comment\nx\nE\n", ["x\n"]),
      ("echo <<'a b'\nx\na b\n", ["x\n"]), ("for i in 1 2; do echo <<E\n$i\nE\ndone\n", ["1\n", "2\n"]),
    ] as [(String, [String])])
  func linesAreTheInput(source: String, expected: [String]) { #expect(texts(source) == expected) }

  @Test func whatFollowsIsRun() {
    let shell = makeShell()
    #expect(shell.run("echo a <<E; echo b\n$(echo no\nE\necho c\n".replacing("$(", with: "")) == "(a\n)b\nc\n")
  }

  @Test func inAnOutputTheyBelongToIt() {
    let shell = makeShell()
    shell.run("words $(print <<E\nx)\nE\n) y")
    #expect(shell.host.outputs == ["print <<E\nx)\nE\n"])
  }

  /// What another shell has to run is given the lines too.
  @Test func betweenPipesAndInTheBackgroundTheyGoAlong() {
    let shell = makeShell()
    shell.run("while read x; do echo $x; done <<E | sort <<F\n1\nE\n2\nF\n")
    guard case .script(let script) = shell.host.stages[0] else { return #expect(Bool(false)) }
    #expect(String(decoding: script, as: UTF8.self).contains("while read x; do echo $x; done <<E\n1\nE\n"))
    guard case .command(let command, let redirections) = shell.host.stages[1] else { return #expect(Bool(false)) }
    #expect(command.words == [Array("sort".utf8)])
    #expect(redirections == [ReadyRedirection(channel: 0, target: .text(Array("2\n".utf8)))])
    shell.run("echo <<E &\n1\nE\n")
    #expect(shell.host.background == ["shell: echo <<E\n1\nE\n\n"])
  }

  @Test func aTextWithoutAnEndGoesOn() {
    let shell = makeShell()
    for source in ["echo <<E", "echo <<E\n", "echo <<E\nx", "echo <<A <<B\nA\n", "echo $(echo <<E\nE)"] {
      #expect(!shell.run(Array(source.utf8), isWhole: false), "\(source)")
      #expect(shell.run(source).contains("has no line that ends the text behind <<"), "\(source)")
    }
  }

  @Test func aTextHasALimit() {
    let shell = makeShell()
    let line = String(repeating: "x", count: ShellLimits.hereText - 1)
    #expect(shell.run("echo <<E\n\(line)\nE\n") == "(\n)")
    #expect(shell.run("echo <<E\n\(line)x\nE\n") == "! a text behind << has at most 8,192 bytes\n")
    #expect(shell.state.status == 1)
  }
}
