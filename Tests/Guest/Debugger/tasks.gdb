# A program, stopped at its first function: what GDB says of it and of all others, and the way of a task that waits in the
# kernel.
# program: hello
# script: hello; exit 0
# expect: Breakpoint 1, 0x[0-9a-f]+ in main \(\)
# expect: task +process +kind +state +priority +at
# expect: ^ +1 +init +Ring 3 +waitingForTask +20 +.*Userland/Programs/init/
# expect: ^ +2 +manager +Ring 3 +waitingForMessage
# expect: ^ +3 +manager \(thread\) +Ring 3
# expect: ^\* +7 +hello +Ring 3 +running +16 +main
# expect: ^task 7 of process "hello": Ring 3, running, priority 16$
# expect: ^#0 +0x[0-9a-f]+ +hello +main
# expect: ^task 1 of process "init": Ring 3, waitingForTask
# expect: ^ +eax 0x[0-9a-f]+ +ebx 0x
# expect: eip 0x004[0-9a-f]+$
# expect: ^#0 +0x[0-9a-f]+ +kernel +Scheduler.reschedule\(\)
# expect: ^#[0-9]+ +0x[0-9a-f]+ +kernel +system_call +Machine/module_door.S:
# expect: ^#[0-9]+ +0x[0-9a-f]+ +kernel +sysenter_entry +Machine/entry.S:
# expect: ^#[0-9]+ +0xbffff000 +init +the system-call page$
# expect: ^#[0-9]+ +0x004[0-9a-f]+ +init +static Init.run\(\) +Userland/Programs/init/Init.swift:
# expect: ^#[0-9]+ +0x004[0-9a-f]+ +init +_start +Userland/Runtime/start.S:
# expect: There is no task 99; `tasks` lists those that there are\.
break main
continue
tasks
task
task 1
task 99
