// What texts mean to the shell: words, quotes, parameters, lists and compound commands.

import Testing

@testable import ShellLanguage

@Suite struct ShellLanguageTests {
  static let files = [
    "/bin/rings": "", "/bin/run": "", "/bin/shell": "", "/lib/modules/lab.so": "", "/lib/modules/ramdisk.so": "",
    "/lib/.hidden": "", "/data.txt": "", "/a*b": "",
  ]

  @Test(
    arguments: [
      ("", ""), ("   \t ", ""), ("# a comment", ""),
      ("words a  b ", "<a><b>\n"),
      ("words a; words b c ;words d;", "<a>\n<b><c>\n<d>\n"),
      ("words 'one two'  \"three  four\"", "<one two><three  four>\n"),
      ("words '' \"\" a''", "<><><a>\n"),
      ("words a'b'\"c\"d", "<abcd>\n"),
      (#"words "a\"b\\c\d\$e" "#, "<a\"b\\c\\d$e>\n"),
      (#"words 'a\b;c#d&|>' "#, "<a\\b;c#d&|>>\n"),
      ("words a\\ b\\;c \\# \\>", "<a b;c><#><>>\n"),
      ("words a#b # c", "<a#b>\n"),
      ("words a \\\n b", "<a><b>\n"),
      ("words $ a$ $% \"$\"", "<$><a$><$%><$>\n"),
      ("status 42; words $? \"$?\" '$?'", "<42><42><$?>\n"),
      ("words {a,b} a=b }", "<{a,b}><a=b><}>\n"),
      ("words if then done", "<if><then><done>\n"),
      ("words 'a\nb'", "<a\nb>\n"),
      ("words a\r", "<a>\n"),
    ] as [(String, String)])
  func words(text: String, expected: String) {
    let shell = makeShell()
    #expect(shell.run(text) == expected)
  }

  @Test(
    arguments: [
      ("A=1; words $A ${A}b \"$A\" '$A' $Ab", "<1><1b><1><$A>\n"),
      ("A='x  y'; words $A; words \"$A\"; words b$A", "<x><y>\n<x  y>\n<bx><y>\n"),
      ("A=; words $A \"$A\"", "<>\n"),
      ("A='*'; words \"$A\" '*'", "<*><*>\n"),
      ("A=1 B=$A; words $A $B", "<1><1>\n"),
      ("A=1; A=2 env; words $A", "A=2\n<1>\n"),
      ("A=1 words x; words $A", "<x>\n\n"),
      ("export A=3 B; env; unset A; env", "A=3 B=\nB=\n"),
      ("A=\"it's\"; set", "A='it'\\''s'\n"),
      (
        "set -- a 'b c' d; words $# $1 $2 \"$2\" $4; words $@; words \"$@\"; words \"$*\"",
        "<3><a><b><c><b c>\n<a><b><c><d>\n<a><b c><d>\n<a b c d>\n"
      ),
      ("set -- a b; words x\"$@\"y; shift; words \"$@\"; shift; words $# \"$@\"", "<xa><by>\n<b>\n<0>\n"),
      ("words $0 ${10}", "<shell>\n"),
      ("words $((1 + 2 * 3)) \"$((7 / 2))\" $(( (1+2)*3 ))", "<7><3><9>\n"),
      ("I=4; words $((I * $I)) $((I > 3 && I != 5)) $((-I % 3)) $((!I))", "<16><1><-1><0>\n"),
      ("words $((0x10 + 1))", "<17>\n"),
      ("words $((1 / 0))", "! something is divided by zero\n"),
      ("words $((9223372036854775807 + 1))", "! the number does not fit into 64 bits\n"),
    ] as [(String, String)])
  func parameters(text: String, expected: String) {
    let shell = makeShell()
    #expect(shell.run(text) == expected)
  }

  @Test(
    arguments: [
      ("words /bin/r*", "</bin/rings></bin/run>\n"),
      ("words /bin/r?n", "</bin/run>\n"),
      ("words /bin/[!r]*", "</bin/shell>\n"),
      ("words /bin/[r-s]*", "</bin/rings></bin/run></bin/shell>\n"),
      ("words /*/modules/*.so", "</lib/modules/lab.so></lib/modules/ramdisk.so>\n"),
      ("words /lib/*", "</lib/modules>\n"),
      ("words /lib/.*", "</lib/.hidden>\n"),
      ("words /*/shell", "</bin/shell>\n"),
      ("words none* [", "<none*><[>\n"),
      ("words *", "<a*b><bin><data.txt><lib>\n"),
      ("words a'*'b 'a*'", "<a*b><a*>\n"),
      ("cd /bin; words r*; cd ../lib; words m*/l*", "<rings><run>\n<modules/lab.so>\n"),
      ("A='/bin/r*'; words $A \"$A\"", "</bin/rings></bin/run></bin/r*>\n"),
      ("words \"/bin/\"r*", "</bin/rings></bin/run>\n"),
    ] as [(String, String)])
  func namesOfFiles(text: String, expected: String) {
    let shell = makeShell(files: Self.files)
    #expect(shell.run(text) == expected)
  }

  @Test(
    arguments: [
      ("true && echo a || echo b", "a\n"), ("false && echo a || echo b", "b\n"),
      ("false || false || echo c", "c\n"), ("! true || echo d", "d\n"), ("! ! true && echo e", "e\n"),
      ("time echo a", "a\n! 1.007 ms; page faults: 1, task switches: 2, changes of the address space: 3\n"),
      (
        "! time { echo a; echo b; } || time status 3; echo $?",
        "a\nb\n3\n! 2.014 ms; page faults: 2, task switches: 4, changes of the address space: 6\n"
          + "! 0.000 ms; page faults: 0, task switches: 0, changes of the address space: 0\n"
      ), ("echo time", "time\n"),
      ("true &&\n\n echo f", "f\n"), ("status 3; echo $?; ! status 3; echo $?", "3\n0\n"),
      ("if true; then echo a; else echo b; fi", "a\n"),
      ("if false; then echo a; elif status 0; then echo b; else echo c; fi", "b\n"),
      ("if false\nthen echo a\nfi\necho $?", "0\n"),
      ("for i in a 'b c' d; do words $i \"$i\"; done", "<a><a>\n<b><c><b c>\n<d><d>\n"),
      ("for i in; do echo x; done; echo $?", "0\n"),
      ("set -- p q; for i; do echo $i; done; for i do echo $i; done", "p\nq\np\nq\n"),
      ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done", "0\n1\n2\n"),
      ("i=2; until test $i = 0; do i=$((i-1)); done; echo $i", "0\n"),
      ("for i in 1 2 3 4; do if [ $i = 2 ]; then continue; fi; [ $i = 4 ] && break; echo $i; done", "1\n3\n"),
      ("for i in 1 2; do for j in 1 2; do echo $i$j; break 2; done; done; echo end", "11\nend\n"),
      ("for i in 1 2; do for j in 1 2; do echo $i$j; continue 2; done; echo no; done", "11\n21\n"),
      ("{ echo a; echo b; }; { status 4; } ; echo $?", "a\nb\n4\n"),
      ("case abc in x) echo x;; a*|b) echo ab;; *) echo else;; esac", "ab\n"),
      ("case \"a*\" in 'a*') echo quoted;; esac; case ab in 'a*') echo no;; esac; echo $?", "quoted\n0\n"),
      ("case z in a) echo a\nesac", ""),
      ("f() { echo $# $1; return 5; echo no; }; f x y; echo $?", "2 x\n5\n"),
      ("f() { for i in 1 2; do return 7; done; }; for j in 1 2; do f; echo $?; done", "7\n7\n"),
      ("f() { local A=2; B=3; echo $A; }; A=1; f; echo $A$B", "2\n13\n"),
      ("f() if true; then echo g; fi; f", "g\n"),
      ("n() { if [ $1 -gt 0 ]; then echo $1; n $(($1 - 1)); fi; }; n 3", "3\n2\n1\n"),
      ("f() { echo a; }; f() { echo b; }; f; unset -f f; f", "b\n! f: not found\n"),
      ("alias ll='echo -l'; ll x; alias; unalias ll; ll", "-l x\nalias ll='echo -l'\n! ll: not found\n"),
      ("alias echo='echo 1'; echo 2", "1 2\n"),
      ("eval 'A=4;' echo '$A'", "4\n"),
      ("eval 'echo $(print a)'", "a\n"),
      ("echo a; exit 3; echo b", "a\n"),
      (
        "type if echo : none",
        "if is a word of the language\necho is a command\n: is a command of the language\n! none: there is no such command or program\n"
      ),
    ] as [(String, String)])
  func commands(text: String, expected: String) {
    let shell = makeShell()
    #expect(shell.run(text) == expected)
  }

  @Test(
    arguments: [
      ("-n a", 0), ("-n ''", 1), ("-z ''", 0), ("a", 0), ("''", 1), ("", 1), ("a = a", 0), ("a != a", 1),
      ("3 -lt 10", 0), ("3 -gt 10", 1), ("3 -eq 03", 0), ("3 -ne 3", 1), ("3 -le 3", 0), ("2 -ge 3", 1),
      ("! a", 1), ("! ''", 0), ("a -a ''", 1), ("'' -o a", 0), ("-e /bin", 0), ("-d /bin", 0), ("-f /bin", 1),
      ("-f /bin/rings", 0), ("-e /none", 1), ("-d /bin -a -f /data.txt", 0), ("-n = -n", 0), ("x -lt 3", 2), ("a b", 2),
    ] as [(String, Int32)])
  func conditions(text: String, status: Int32) {
    let shell = makeShell(files: Self.files)
    shell.run("test \(text)")
    #expect(shell.state.status == status)
    shell.run("[ \(text) ]")
    #expect(shell.state.status == status)
  }

  @Test func aFileIsReadAsCommands() {
    let shell = makeShell(files: ["/lib/s": "echo $1 $#\nA=5\n", "/bad": "echo a; fi"])
    #expect(
      shell.run("source /lib/s x y; echo $A; . lib/s; . bad; . none")
        == "x 2\n5\n0\n! nothing is there for \"fi\" at column 9\n! none: there is no such file\n")
  }
}
