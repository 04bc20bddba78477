#!/bin/shell
# What the shell's language and commands promise, checked by the shell itself: each check compares a text or a status.
# The last line counts them, and the exit status is how many failed.

ok=0
failed=0

# is WHAT EXPECTED ACTUAL
is() {
  if [ "$2" = "$3" ]; then
    ok=$((ok + 1))
  else
    failed=$((failed + 1))
    echo "FAIL  $1: expected <$2>, is <$3>"
  fi
}

# gives WHAT STATUS COMMAND...
gives() {
  local what="$1" expected=$2
  shift 2
  "$@"
  is "$what" $expected $?
}

# Words and quotes
count() { words=$#; first="$1"; last="$2"; }
count a b; is "two words" 2 $words
count 'a b'; is "a quoted word" 1 $words
count "a  b" c; is "blanks in quotes" "a  b" "$first"
count '' ""; is "empty words" 2 $words
count a'b'"c"d; is "joined pieces" abcd "$first"
count a\ b; is "a protected blank" 1 $words
count "a\"b"; is "a protected quote" 'a"b' "$first"
count "a\b"; is "a backslash that protects nothing" 'a\b' "$first"
count 'a\b'; is "a backslash in single quotes" 'a\b' "$first"
count a#b # c
is "a comment" 1 $words
count \# b; is "a protected comment" 2 $words
count ';' '&' '|' '>' '<'; is "quoted operators" 5 $words
count a \
  b; is "a line that goes on" 2 $words
count "a
b"; is "a line end in quotes" "a
b" "$first"
count if then fi; is "reserved words as arguments" 3 $words

# Variables
A=1; is "an assignment" 1 $A
A=1 B=2; is "two assignments" 12 $A$B
A=x; is "braces" xy ${A}y
is "single quotes" '$A' '$'A
is "double quotes" "x x" "$A $A"
A='p  q'; count $A; is "splitting" 2 $words
count "$A"; is "no splitting in quotes" 1 $words
A=; count $A; is "nothing is no word" 0 $words
count "$A"; is "quoted nothing is a word" 1 $words
unset A; is "unset" "" "$A"
A=1; A=2 true; is "an assignment for one command" 1 $A
seen() { inner=$A; }; A=2 seen; is "an assignment for one function" 2 $inner
is "and back" 1 $A
A=3; B=$A; A=4; is "a value is a copy" 3 $B
A='*'; is "a star in a value" '*' "$A"
count $ a$ "$"; is "a dollar alone" '$' "$first"
false; is "the status of false" 1 $?
true; is "the status of true" 0 $?
is "this shell's task" 0 $(($$ == 0))

# Positional parameters
set -- a 'b c' d
is "how many" 3 $#
is "the second" "b c" "$2"
is "one that is not there" "" "$9"
count "$@"; is 'quoted $@' 3 $words
count $@; is 'plain $@' 4 $words
count "$*"; is 'quoted $*' "a b c d" "$first"
shift; is "shift" "b c" "$1"
shift 2; is "shift by two" 0 $#
count "$@"; is 'no parameters' 0 $words
shift; is "shift of nothing" 1 $?

# Arithmetic
is "addition and multiplication" 7 $((1 + 2 * 3))
is "parentheses" 9 $(((1 + 2) * 3))
is "division and remainder" 31 $((7 / 2))$((7 % 2))
is "a sign" -5 $((-5))
i=5; is "names" 25 $((i * i))
is "comparisons" 1101 $((1 < 2))$((2 <= 2))$((3 > 4))$((4 >= 4))
is "logic" 101 $((1 && 2))$((0 || 0))$((!0))
is "base sixteen" 255 $((0xff))
is "64 bits" 4294967296 $((65536 * 65536))

# Lists
x=0; true && x=1; is "and" 1 $x
x=0; false && x=1; is "and, not" 0 $x
x=0; false || x=1; is "or" 1 $x
x=0; true || x=1; is "or, not" 0 $x
x=0; false && x=1 || x=2; is "and, or" 2 $x
! true; is "not" 1 $?
! false; is "not, not" 0 $?
x=0; true &&
  x=1
is "a list over two lines" 1 $x
{ x=3; y=4; }; is "a group" 34 $x$y

# Conditions and loops
x=0; if true; then x=1; else x=2; fi; is "if" 1 $x
x=0; if false; then x=1; else x=2; fi; is "else" 2 $x
x=0; if false; then x=1; elif true; then x=3; fi; is "elif" 3 $x
if false; then x=9; fi; is "if without anything" 0 $?
x=; for i in a b c; do x=$x$i; done; is "for" abc $x
x=; for i in; do x=1; done; is "for nothing" "" "$x"
set -- p q; x=; for i; do x=$x$i; done; is "for the parameters" pq $x
x=0; while [ $x -lt 5 ]; do x=$((x + 1)); done; is "while" 5 $x
x=5; until [ $x -eq 0 ]; do x=$((x - 1)); done; is "until" 0 $x
x=; for i in 1 2 3; do [ $i = 2 ] && continue; x=$x$i; done; is "continue" 13 $x
x=; for i in 1 2 3; do [ $i = 2 ] && break; x=$x$i; done; is "break" 1 $x
x=; for i in 1 2; do for j in 1 2; do x=$x$i$j; break 2; done; done; is "break 2" 11 $x
x=; for i in 1 2; do for j in 1 2; do x=$x$i$j; continue 2; done; done; is "continue 2" 1121 $x
case abc in x*) x=1 ;; a?c | z) x=2 ;; *) x=3 ;; esac; is "case" 2 $x
case x in y) x=1 ;; *) x=4 ;; esac; is "case of anything" 4 $x
case '*' in '*') x=5 ;; esac; is "case of a quoted star" 5 $x
case b in [!a]) x=6 ;; esac; is "case of a set" 6 $x

# Functions
f() { x=$1-$#; }; f a b; is "a function" a-2 $x
f() { return 7; x=no; }; f; is "return" 7 $?
f() { local x=1 z=2; }; x=0; f; is "local" 0 $x
is "local and new" "" "$z"
f() if [ $1 -gt 0 ]; then x=$x$1; f $(($1 - 1)); fi; x=; f 4; is "recursion" 4321 $x
f() { for i in 1 2; do return 3; done; }; f; is "return from a loop" 3 $?
set -- keep; f 1 2; is "the caller's parameters" keep $1
alias twice='count one two'; twice three; is "an alias" 3 $words
unalias twice
eval 'x=8; y="$x"'; is "eval" 88 $x$y

# test
gives "equal" 0 test a = a
gives "unequal" 1 test a != a
gives "not empty" 0 test -n a
gives "empty" 1 test -z a
gives "less" 0 test 9 -lt 10
gives "greater" 1 test 9 -gt 10
gives "equal numbers" 0 test 010 -eq 10
gives "negated" 1 test ! a
gives "both" 1 test a -a ''
gives "either" 0 test a -o ''
gives "a file" 0 test -f /bin/shell
gives "no folder" 1 test -d /bin/shell
gives "a folder" 0 test -d /bin
gives "nothing there" 1 test -e /none
gives "no number" 2 test a -lt 3
gives "brackets" 0 [ a ]

# Files
cd /bin; is "cd" /bin "$PWD"
cd ../lib/./modules; is "dots in paths" /lib/modules "$PWD"
count lab*; is "a pattern in the current folder" lab.so "$first"
cd /
count /bin/shel?; is "a question mark" /bin/shell "$first"
count /b*/[s]hell; is "a pattern of folders" /bin/shell "$first"
count /bin/none*; is "a pattern that fits nothing" '/bin/none*' "$first"
count '/bin/*'; is "a quoted pattern" 1 $words
gives "cd to nothing" 1 cd /none
gives "cd to a file" 1 cd /bin/shell
gives "grep finds" 0 grep -c "conformance" /extra/conformance.sh
gives "grep does not find" 1 grep -c "xyz[.]zyx" /extra/conformance.sh
gives "cat of nothing" 1 cat /none

# Programs and jobs
hello; is "a program" 0 $?
gives "no program" 127 nothing-of-this-name
gives "a program that fails" 5 shell --command 'exit 5'
gives "parameters of a text" 0 shell --command '[ "$1$2" = ab ]' a b
export SHOWN=yes; gives "the environment" 0 shell --command '[ "$SHOWN" = yes ]'
hidden=yes; gives "not exported" 1 shell --command '[ "$hidden" = yes ]'
SHOWN=no shell --command '[ "$SHOWN" = no ]'; is "for one program" 0 $?
shell --command 'exit 3' & wait $!; is "a job's status" 3 $?
for i in 1; do exit 4; done & wait %1; is "a loop as a job" 4 $?
x=7; { [ $x = 7 ] && exit 6; } & wait %1; is "a job knows variables" 6 $?
sleep 60000 & kill %1; wait %1; is "a job that is killed" 137 $?
wait; is "no jobs" 0 $?
run --ring0 hello & wait; is "run in the background" 0 $?

# Outputs of commands
is "an output" a "$(echo a)"
is "line ends at its end" "a
b" "$(echo a; echo b; echo; echo)"
count $(echo a b; echo c); is "splitting of an output" 3 $words
count "$(echo a b; echo c)"; is "no splitting in quotes" 1 $words
count $(true); is "no output" 0 $words
is "between texts" xay x$(echo a)y
is "quotes inside of quotes" "a  b" "$(echo "a  b")"
is "an output in an output" "a b" "$(echo a $(echo b))"
is "parentheses in quotes" ")" "$(echo ')')"
is "case in an output" in "$(case x in x) echo in ;; esac)"
x=$(exit 3); is "the status of an output" 3 $?
x=1; y=$(x=2; echo $x); is "a shell of its own" 12 $x$y
x=7; is "it knows variables" 7 $(echo $x)
f() { echo f$1; }; is "it knows functions" f5 $(f 5)
set -- p q; is "it knows parameters" q $(echo $2)
is "arithmetic with an output" 5 $((2 + $(echo 3)))
for i in $(echo 1 2 3); do x=$x$i; done; is "for with an output" 7123 $x
is "what goes wrong is no output" "" "$(nothing-of-this-name 2> /dev/null)"
is "joined channels" 1 $(nothing-of-this-name 2>&1 | grep -c "no such command")

# Pipes
is "a pipe" 3 $(for i in c a b; do echo $i; done | grep -c '')
is "two pipes" "c b a" "$(echo $(for i in c a b; do echo $i; done | cat | sort -r))"
is "a program in a pipe" 1 $(hello | grep -c Hello)
is "the last status" 5 $(true | exit 5; echo $?)
is "not the first status" 0 $(false | true; echo $?)
is "not of a pipe" 1 $(! false | true; echo $?)
is "a loop that reads" "a-b-" $(x=; { echo a; echo b; } | { while read l; do x=$x$l-; done; echo $x; })
is "head leaves the rest" 2 $({ echo a; echo b; echo c; } | head -n 2 | grep -c '')
is "tail" c $({ echo a; echo b; echo c; } | tail -n 1)
is "wc of the input" 3 $(x=$({ echo a; echo b; echo c; } | wc); for i in $x; do echo $i; break; done)
is "sort -u of the input" 2 $({ echo a; echo b; echo a; } | sort -u | grep -c '')
is "a pipe without an end" y $(while :; do echo y; done | head -n 1)
is "names in a pipe, a line each" chain1.so $(ls /lib/modules | head -n 2 | tail -n 1)
is "a function in a pipe" 1 $(f 5 | grep -c f5)
is "a big text" $(cat /extra/conformance.sh | grep -c '') $(cat /extra/conformance.sh | cat | cat | grep -c '')
is "in both rings" 1 $(run --ring0 hello | grep -c Hello)
is "a file and the input" 2 $(echo x | cat /extra/conformance.sh - | tail -n 2 | grep -c "x")
x=$(y=; echo a | read y; echo "$y"); is "read in a pipe is elsewhere" "" "$x"

# Redirections
is "input from a file" $(grep -c '' /extra/conformance.sh) $(grep -c '' < /extra/conformance.sh)
read x < /extra/conformance.sh; is "read from a file" "#!/bin/shell" "$x"
{ read x; read x y; } < /extra/conformance.sh; is "a group reads on" "#" "$x"
echo no > /dev/null; is "output to nothing" 0 $?
x=$({ echo a; echo b > /dev/null; echo c; }); is "only one of them" "a
c" "$x"
x=$({ echo a >&2; echo b; } 2> /dev/null); is "what goes wrong to nothing" b "$x"
x=$(echo a 2>&1 > /dev/null); is "the order of redirections" "" "$x"
x=$({ echo a >&2; } 2>&1); is "what goes wrong to the output" a "$x"
f() { echo a; echo b >&2; }; x=$(f 2> /dev/null); is "redirections of a function" a "$x"
x=$(if true; then echo a; fi > /dev/null; echo b); is "redirections of if" b "$x"
x=$(for i in 1 2; do read l; echo $l; done < /extra/conformance.sh | grep -c ''); is "a loop from a file" 2 $x

# Depth
{ { { { { { { { { { { { { { { { { { { { { { { x=deep; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; }; is "groups in groups" deep $x
x=$((((((((((1 + 1)))))))))); is "parentheses in parentheses" 2 $x
n() { if [ $1 -gt 0 ]; then n $(($1 - 1)); else x=bottom; fi; }
n 3; is "calls in calls" bottom $x

# What is refused
gives "a file nobody can write" 1 eval 'echo no > /bin/shell'
gives "an input that is not there" 1 eval 'cat < /none'
gives "an unfinished output" 2 eval 'echo $(true'
gives "a join with nothing" 2 eval 'echo no >&3'
gives "an unfinished text" 2 eval 'if true'
gives "a wrong text" 2 eval 'echo a; fi'
gives "break outside of loops" 2 eval 'break'
deep() { deep; }
deep
is "too deep" 1 $?

echo "conformance: $ok ok, $failed failed"
exit $failed
