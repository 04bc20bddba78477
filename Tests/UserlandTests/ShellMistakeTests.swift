// What the shell refuses, with which sentence, and that nothing of it runs.

import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct ShellMistakeTests {
  @Test(
    arguments: [
      ("echo x; echo 'abc", "the quote at column 14 is not closed", true),
      ("echo \"abc'", "the quote at column 6 is not closed", true),
      ("echo abc\\", "nothing follows the backslash at the end", true),
      (";", "there is no command in front of column 1", false),
      ("a ; ; b", "there is no command in front of column 5", false),
      ("& a", "there is no command in front of column 1", false),
      ("a && ; b", "there is no command in front of column 6", false),
      ("a &&", "the command that begins at column 3 has no command after it", true),
      ("| a", "there is no command in front of column 1", false),
      ("if true; then echo a", "the command that begins at column 1 has no fi", true),
      ("if true", "the command that begins at column 1 has no then", true),
      ("while true; do", "the command that begins at column 1 has no commands", true),
      ("while true; done", "nothing is there for \"done\" at column 13", false),
      ("echo a; fi", "nothing is there for \"fi\" at column 9", false),
      ("echo a\n  }", "nothing is there for \"}\" at line 2, column 3", false),
      (
        "for 1x in a; do b; done", "\"1x\" at column 5 is no name: that is letters, digits and _, and no digit first",
        false
      ),
      ("for i in a", "the command that begins at column 1 has no do", true),
      ("case a in b", "the command that begins at column 1 has no )", true),
      ("f() echo", "the command that begins at column 1 has no body, such as { ...; }", false),
      ("f(", "the command that begins at column 1 has no )", true),
      ("a b()", "nothing is there for \"(\" at column 4", false),
      ("echo )", "nothing is there for \")\" at column 6", false),
      ("(a)", "commands are grouped by { and }, not by ( and ), at column 1", false),
      ("{ echo a; ", "the command that begins at column 1 has no }", true),
      (
        "echo ${a-b}", "the $ at column 6 names nothing: $NAME, ${NAME}, $?, $#, $@, $*, $!, $$ and $0 to $9 are known",
        false
      ),
      ("echo $(ls", "the command that begins at column 6 has no )", true),
      ("echo $(ls;; )", "nothing is there for \";;\" at column 10", false),
      ("echo \"$(ls\"", "the quote at column 11 is not closed", true),
      ("echo `ls`", "what commands print is written $(COMMANDS), at column 6", false),
      ("echo $((1", "the command that begins at column 6 has no ))", true),
      ("a |", "the command that begins at column 3 has no command after it", true),
      ("a >", "no file is named after column 3", false),
      ("a << b", "the command that begins at column 3 has no line that ends the text behind <<", true),
      ("a <<b \\\nc\nb\n", "a line with << in it does not go on in the next, at column 8", false),
      ("a <<", "no file is named after column 3", false),
      ("a <<<b", "<<< is not known; << WORD is, at column 3", false),
      ("a <<$b\n", "no file is named after column 3", false),
      ("a 2>&", "behind >& and <& stands a channel: 0, 1 or 2, at column 4", false),
      ("a &> b", "&> is not known; > FILE 2>&1 is, at column 3", false),
      ("a 3> b", "only the channels 0, 1 and 2 are known, at column 3", false),
    ] as [(String, String, Bool)])
  func sentences(text: String, sentence: String, canGoOn: Bool) {
    let shell = makeShell()
    #expect(shell.run(Array(text.utf8), isWhole: false) == !canGoOn)
    #expect(shell.run("echo first;\(text)") != "")
    #expect(!shell.host.output.contains("first"))
    #expect(shell.run(text) == "! \(sentence)\n")
    #expect(shell.state.status == 2)
  }

  @Test(
    arguments: [
      ("break", "break: no loop runs here", 2), ("return", "return: no function runs here", 2),
      ("local A", "local: no function runs here", 2), ("exit x", "exit: the status is a number", 2),
      ("[ a", "[: it ends with ]", 2), ("export 1a=2", "1a=2: a name is letters, digits and _, and no digit first", 1),
      ("alias a='b | c'", "an alias stands for words; it holds no operators and no assignments", 2),
      ("set -x", "set: set -- WORD... sets $1 and on; options are not known", 2),
      ("f() { f; }; f", "there is no room for one more command inside of those that run", 1),
    ] as [(String, String, Int32)])
  func misuse(text: String, sentence: String, status: Int32) {
    let shell = makeShell()
    #expect(shell.run(text) == "! \(sentence)\n")
    #expect(shell.state.status == status)
  }

  @Test func whatIsOverALimitIsRefusedAndNotCut() {
    let shell = makeShell()
    let long = String(repeating: "x", count: ShellLimits.source + 1)
    #expect(shell.run(long) == "! the command has 32769 bytes; at most 32768 are taken\n")
    let nested = String(repeating: "{ ", count: 25) + "a; " + String(repeating: "}; ", count: 25)
    #expect(shell.run(nested) == "! more than 24 commands lie in each other at column 49\n")
    #expect(
      shell.run("A=\(String(repeating: "y", count: 30000)); words $A$A$A").hasPrefix("! it would hold more bytes"))
    #expect(shell.run("words \(String(repeating: "w ", count: 1025))") == "! a command is given at most 1,024 words\n")
    shell.run("B=x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do B=$B$B; done")
    #expect(shell.host.complaints.count == 3)
    #expect(shell.state.value(of: Array("B".utf8))?.count == 65536)
  }
}
