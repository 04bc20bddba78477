// What the interpreter asks of the system: commands in the background, pipes, redirections, Ctrl-C, the end.

import Testing

@testable import ShellLanguage

@Suite struct ShellSeamTests {
  @Test func anyCommandRunsInTheBackground() {
    let shell = makeShell()
    #expect(shell.run("A='x y'; f() { echo $1; }; set -- 'p q'; alias ll='echo -l'; words $! a & words $!") == "<70>\n")
    shell.run("ll b & f c & for i in 1 2; do echo $i; done & A=2 words d & { echo; } && echo &")
    let known = "A='x y'\nf() { echo $1; }\nset -- 'p q'\nalias ll='echo -l'\n"
    #expect(
      shell.host.background == [
        "program: words a", "program: echo -l b", "shell: \(known)f c\n",
        "shell: \(known.replacing("A='x y'\n", with: "A='x y'\n"))for i in 1 2; do echo $i; done\n",
        "shell: \(known)A=2 words d\n", "shell: \(known){ echo; } && echo\n",
      ])
    #expect(shell.state.status == 0)
  }

  @Test func pipes() {
    let shell = makeShell()
    shell.run("echo a $((1+1)) 2>&1 | A=1 words | words $(print x) | while true; do echo b; done 2>> f && echo no")
    #expect(
      shell.host.stages == [
        .command(
          ReadyCommand(words: ["echo", "a", "2"].map { Array($0.utf8) }),
          [ReadyRedirection(channel: 2, target: .channel(1))]),
        .script(Array("A=1 words\n".utf8)), .script(Array("words $(print x)\n".utf8)),
        .script(Array("while true; do echo b; done 2>> f\n".utf8)),
      ])
    #expect(shell.state.status == 3)
    // What is run for its output is run by the shell of that stage alone.
    #expect(shell.host.outputs == [])
  }

  @Test func redirections() {
    let shell = makeShell()
    #expect(shell.run("F=x; cd /d; { echo a; echo b > $F; } < ../y; echo c 2>>/z 1>&2 <&0") == "(a\n(b\n))(c\n)")
    #expect(
      shell.host.redirections == [
        [ReadyRedirection(channel: 0, target: .file(Array("/y".utf8), .input))],
        [ReadyRedirection(channel: 1, target: .file(Array("/d/x".utf8), .output))],
        [
          ReadyRedirection(channel: 2, target: .file(Array("/z".utf8), .append)),
          ReadyRedirection(channel: 1, target: .channel(2)), ReadyRedirection(channel: 0, target: .channel(0)),
        ],
      ])
    #expect(shell.run("echo a > /full && echo b; echo $?") == "1\n! /full: no room\n")
    #expect(shell.run("echo a >&3") == "! behind >& and <& stands a channel: 0, 1 or 2, at column 8\n")
    #expect(shell.run("echo a >&12") == "! behind >& and <& stands a channel: 0, 1 or 2, at column 8\n")
    #expect(shell.run("> f") == "()")
  }

  @Test func outputsOfCommands() {
    let shell = makeShell()
    #expect(shell.run("words $(print a  b) x$(print c+d++)y \"$(print e  f+g+)\"") == "<a><b><xc><dy><e f\ng>\n")
    #expect(shell.run("A=$(fail 4); words $? $A; A=$(fail 4) words $?; A=$(print) true; words $?") == "<4>\n<0>\n<0>\n")
    shell.host.outputs = []
    #expect(shell.run("words $(print a $(fail 1; echo ')') \")\" # )\n) $((1 + $(print 2)))").hasSuffix("<3>\n"))
    #expect(shell.host.outputs == ["print a $(fail 1; echo ')') \")\" # )\n", "print 2"])
    shell.run("words $(case x in x) print;; esac)")
    #expect(shell.host.outputs.last == "case x in x) print;; esac")
    #expect(shell.run("words $(much)").hasPrefix("! it would hold more bytes than the shell takes"))
    #expect(shell.run("words `print a`") == "! what commands print is written $(COMMANDS), at column 7\n")
    #expect(shell.run("words $(print a") == "! the command that begins at column 7 has no )\n")
    #expect(shell.run("words $(print a; ;)") == "! there is no command in front of column 18\n")
    let before = shell.host.outputs.count
    #expect(!shell.run(Array("words $(print a\n".utf8), isWhole: false))
    #expect(shell.host.outputs.count == before)
    let deep = String(repeating: "$(echo ", count: 40) + String(repeating: ")", count: 40)
    #expect(shell.run("echo " + deep).hasPrefix("! more than 24 commands lie in each other"))
  }

  @Test(arguments: [
    "while true; do :; done", "for i in 1 2 3 4 5; do echo $i; done", "f() { while :; do f2; done; }; f2() { :; }; f",
    "until false; do while true; do continue 2; done; done", "eval 'while true; do :; done'",
  ])
  func controlCLeavesEverything(text: String) {
    let shell = makeShell()
    shell.host.interruptAfter = 7
    shell.run(text + "; echo no")
    #expect(!shell.host.output.contains("no"))
    #expect(shell.state.status == 130)
    #expect(shell.run("echo on") == "on\n")
  }

  @Test func theSystemMayHoldTheShellBack() {
    let shell = makeShell { $0.refusesExit = true }
    shell.run("exit 4; echo on")
    #expect(!shell.isExiting && shell.host.output == "on\n")
    shell.host.refusesExit = false
    shell.run("f() { while true; do exit 4; done; }; f; echo no")
    #expect(shell.isExiting && shell.host.output == "" && shell.state.status == 4)
  }

  @Test func scriptsAreAnnouncedAsTheyRun() {
    let shell = makeShell()
    shell.shell.announces = true
    shell.run("A=5; echo $A 'b  c'; if true; then\necho d; fi; echo e && echo f; words g & exit $A")
    shell.run("echo h | words")
    #expect(
      shell.host.announced == [
        "A=5", "echo 5 b  c", "if true; then\necho d; fi", "echo e && echo f", "words g &", "exit 5", "echo h | words",
      ])
  }

  @Test func anotherShellKnowsWhatThisOneKnows() {
    let shell = makeShell()
    shell.run("A=\"a'b\"; export E=1; f() { echo f $A $1; }; alias l='f x'; set -- \"1 2\" 3")
    let other = makeShell()
    _ = other.run(shell.state.script(running: Array("l; words \"$@\" $E".utf8)), isWhole: true)
    #expect(other.host.output == "f a'b x\n<1 2><3>\n")
  }
}
