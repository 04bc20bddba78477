#!/bin/shell
# Texts behind <<: replaced, as they are, between pipes, in functions.
cat <<END
$0: $1 $2
END
cat <<'END' | cat
  two $1 b
END
f() {
  cat <<-END
	$1
	END
}
f three
while read a b; do echo $a $b; done <<END
1 2
END
for i in 1; do wc; done <<A
of two
lines
A
