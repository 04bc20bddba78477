// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.

// The functions that modules may call: address of the name, address of the entry, in the order of the names.
// The entries leave the module's stack and frame pointers where the functions find them.
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
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_allocate
entry1:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_boot_time
entry2:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_caller
entry3:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_clock
entry4:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_free
entry5:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_log
entry6:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_ports_claim
entry7:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_ports_release
entry8:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_process_lives
entry9:
  movl %esp, module_stack_pointer
  movl %ebp, module_frame_pointer
  jmp megha_sleep
