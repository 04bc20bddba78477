# The kernel that is built for debuggers boots as far as a program, and arguments and variables can be read.
# machine: --kernel debuggable
# script: hello; exit 0
# expect: Breakpoint 1, .* at Kernel/Boot/RangeSet.swift:[0-9]+
# expect: ^new = \{start = \{value = \{_value = 1048576\}\}, end = \{value = \{_value = 268304384\}\}\}$
# expect: ^index = \{_value = 1\}$
# expect: at Kernel/Boot/RangeSet.swift:[0-9]+$
# expect: Breakpoint 2, .* at Kernel/Executables/LoadSegment.swift:[0-9]+
# expect: ^memorySize = \{_value = [1-9][0-9]*\}|memorySize = \{_value = [1-9][0-9]*\}
# expect: Breakpoint 3, 0x[0-9a-f]+ in main \(\)
# expect: ^\* +[0-9]+ +hello +Ring 3 +running
break-swift RangeSet.insert
continue
continue
info args
bt 2
delete
break-swift SegmentTable.insert
continue
next
info args
delete
program hello
break main
continue
tasks
