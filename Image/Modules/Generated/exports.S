// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.

// The functions that modules may call: address of the name, address of the function, in the order of the names.
.section .rodata.module_exports, "a"
.globl module_exports, module_exports_end
.align 4
module_exports:
  .long name0, megha_allocate
  .long name1, megha_boot_time
  .long name2, megha_caller
  .long name3, megha_clock
  .long name4, megha_free
  .long name5, megha_log
  .long name6, megha_ports_claim
  .long name7, megha_ports_release
  .long name8, megha_sleep
module_exports_end:
name0: .asciz "megha_allocate"
name1: .asciz "megha_boot_time"
name2: .asciz "megha_caller"
name3: .asciz "megha_clock"
name4: .asciz "megha_free"
name5: .asciz "megha_log"
name6: .asciz "megha_ports_claim"
name7: .asciz "megha_ports_release"
name8: .asciz "megha_sleep"
