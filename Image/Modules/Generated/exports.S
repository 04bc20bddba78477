// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.

// The functions that modules may call: address of the name, address of the entry, in the order of the names.
// An entry says how many words of arguments there are, for `call_export` (Machine/module_call.S).
.section .rodata.module_exports, "a"
.globl module_exports, module_exports_end
.align 4
module_exports:
  .long name0, entry0
  .long name1, entry1
  .long name2, entry2
  .long name3, entry3
  .long name4, entry4
  .long name5, entry5
  .long name6, entry6
  .long name7, entry7
  .long name8, entry8
  .long name9, entry9
module_exports_end:
name0: .asciz "megha_allocate"
name1: .asciz "megha_boot_time"
name2: .asciz "megha_caller"
name3: .asciz "megha_clock"
name4: .asciz "megha_free"
name5: .asciz "megha_log"
name6: .asciz "megha_ports_claim"
name7: .asciz "megha_ports_release"
name8: .asciz "megha_process_lives"
name9: .asciz "megha_sleep"

.section .text.module_exports, "ax"
entry0:
  movl $megha_allocate, %eax
  movl $3, %ecx
  jmp call_export
entry1:
  movl $megha_boot_time, %eax
  movl $0, %ecx
  jmp call_export
entry2:
  movl $megha_caller, %eax
  movl $0, %ecx
  jmp call_export
entry3:
  movl $megha_clock, %eax
  movl $0, %ecx
  jmp call_export
entry4:
  movl $megha_free, %eax
  movl $1, %ecx
  jmp call_export
entry5:
  movl $megha_log, %eax
  movl $2, %ecx
  jmp call_export
entry6:
  movl $megha_ports_claim, %eax
  movl $2, %ecx
  jmp call_export
entry7:
  movl $megha_ports_release, %eax
  movl $2, %ecx
  jmp call_export
entry8:
  movl $megha_process_lives, %eax
  movl $1, %ecx
  jmp call_export
entry9:
  movl $megha_sleep, %eax
  movl $2, %ecx
  jmp call_export
