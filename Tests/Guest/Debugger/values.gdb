# The kernel's values by their Swift names.
# program: hello
# script: hello; exit 0
# expect: ^\$1 = TaskState::running$
# expect: ^\$2 = 7$
# expect: ^\$3 = 8191$
# expect: ^\$4 = 16 '\\020'$
# expect: ^type = struct Counters
# expect: pageFaults;
# expect: ^true$
break main
continue
print ((Task *)*(unsigned int *)((char *)&cpu_area + 0x2c))->state
print ((Task *)*(unsigned int *)((char *)&cpu_area + 0x2c))->identity.value
print kernel.scheduling.tasks.mask
print ((Task *)*(unsigned int *)((char *)&cpu_area + 0x2c))->priority
ptype kernel.platform.counters
python print("true" if int(gdb.parse_and_eval("kernel.scheduling.switches")) > 5 else "false")
