# Where a task changes its ring: the first system call of a program, and the way back.
# program: hello
# script: hello; exit 0
# expect: Breakpoint 1, 0x[0-9a-f]+ in main \(\)
# expect: Breakpoint [0-9]+, sysenter_entry \(\)
# expect: ^cs +0x8 +
# expect: ^#0 +0x[0-9a-f]+ +kernel +sysenter_entry
# expect: ^#1 +0xbffff000 +hello +the system-call page$
# expect: ^#2 +0x004[0-9a-f]+ +hello +
# expect: =>? ?.*sysexit
break main
continue
break-rings 7
continue
info registers cs
task
continue
x/i $eip
