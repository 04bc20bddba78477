# The same program in Ring 0, whose calls are far jumps on the kernel's own selector.
# program: hello
# script: run --ring0 hello; exit 0
# expect: ^task 7 of process "hello": Ring 0 separate, running
# expect: Breakpoint [0-9]+, direct_entry_separate \(\)
# expect: ^#0 +0x[0-9a-f]+ +kernel +general_system_call|^#0 +0x[0-9a-f]+ +kernel +.*Dispatch.swift
# expect: ^#[0-9]+ +0x[0-9a-f]+ +kernel +direct_entry_separate +Machine/entry.S:
# expect: ^#[0-9]+ +0xbffff000 +hello +the system-call page$
# expect: ^#[0-9]+ +0x004[0-9a-f]+ +hello +_start
break main
continue
task
break-rings 7
continue
delete
break general_system_call
continue
task
