// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.

// The functions that modules may call: the addresses of their names, in the order of the names. A module in place P of
// the registry is linked to the entries of row P, so an entry knows who calls, whatever lies on the stack.
.section .rodata.module_exports, "a"
.globl module_exports, module_exports_end
.align 4
module_exports:
  .long name0
  .long name1
  .long name2
  .long name3
  .long name4
  .long name5
  .long name6
  .long name7
  .long name8
  .long name9
  .long name10
  .long name11
  .long name12
  .long name13
  .long name14
  .long name15
  .long name16
  .long name17
  .long name18
  .long name19
  .long name20
module_exports_end:
name0: .asciz "megha_allocate"
name1: .asciz "megha_answer"
name2: .asciz "megha_boot_time"
name3: .asciz "megha_caller"
name4: .asciz "megha_caller_rights"
name5: .asciz "megha_clock"
name6: .asciz "megha_free"
name7: .asciz "megha_keep"
name8: .asciz "megha_line_acknowledge"
name9: .asciz "megha_line_claim"
name10: .asciz "megha_line_release"
name11: .asciz "megha_line_wait"
name12: .asciz "megha_log"
name13: .asciz "megha_ports_claim"
name14: .asciz "megha_ports_release"
name15: .asciz "megha_process_lives"
name16: .asciz "megha_reply"
name17: .asciz "megha_sleep"
name18: .asciz "megha_turn_wait"
name19: .asciz "megha_turn_wake"
name20: .asciz "megha_wake_at"

// An entry is `movb $place, %dl` and `jmp`, of 7 bytes whatever the distance.
.section .text.module_exports, "ax"
.globl module_export_rows, module_export_rows_end, module_export_entry_size
.set module_export_entry_size, 7
module_export_rows:
.set place, 0
.rept 64
  .byte 0xb2, place, 0xe9
  .long export0 - . - 4
  .byte 0xb2, place, 0xe9
  .long export1 - . - 4
  .byte 0xb2, place, 0xe9
  .long export2 - . - 4
  .byte 0xb2, place, 0xe9
  .long export3 - . - 4
  .byte 0xb2, place, 0xe9
  .long export4 - . - 4
  .byte 0xb2, place, 0xe9
  .long export5 - . - 4
  .byte 0xb2, place, 0xe9
  .long export6 - . - 4
  .byte 0xb2, place, 0xe9
  .long export7 - . - 4
  .byte 0xb2, place, 0xe9
  .long export8 - . - 4
  .byte 0xb2, place, 0xe9
  .long export9 - . - 4
  .byte 0xb2, place, 0xe9
  .long export10 - . - 4
  .byte 0xb2, place, 0xe9
  .long export11 - . - 4
  .byte 0xb2, place, 0xe9
  .long export12 - . - 4
  .byte 0xb2, place, 0xe9
  .long export13 - . - 4
  .byte 0xb2, place, 0xe9
  .long export14 - . - 4
  .byte 0xb2, place, 0xe9
  .long export15 - . - 4
  .byte 0xb2, place, 0xe9
  .long write_reply - . - 4
  .byte 0xb2, place, 0xe9
  .long export17 - . - 4
  .byte 0xb2, place, 0xe9
  .long export18 - . - 4
  .byte 0xb2, place, 0xe9
  .long export19 - . - 4
  .byte 0xb2, place, 0xe9
  .long export20 - . - 4
  .set place, place + 1
.endr
module_export_rows_end:

// How many words of arguments and of the result there are, for CALL_EXPORT (Machine/module_call.S).
export0:
  movl $megha_allocate, %eax
  movl $3, %ecx
  jmp call_export_word
export1:
  movl $megha_answer, %eax
  movl $5, %ecx
  jmp call_export_word
export2:
  movl $megha_boot_time, %eax
  movl $0, %ecx
  jmp call_export_two_words
export3:
  movl $megha_caller, %eax
  movl $0, %ecx
  jmp call_export_word
export4:
  movl $megha_caller_rights, %eax
  movl $0, %ecx
  jmp call_export_word
export5:
  movl $megha_clock, %eax
  movl $0, %ecx
  jmp call_export_two_words
export6:
  movl $megha_free, %eax
  movl $1, %ecx
  jmp call_export_void
export7:
  movl $megha_keep, %eax
  movl $1, %ecx
  jmp call_export_two_words
export8:
  movl $megha_line_acknowledge, %eax
  movl $1, %ecx
  jmp call_export_void
export9:
  movl $megha_line_claim, %eax
  movl $1, %ecx
  jmp call_export_word
export10:
  movl $megha_line_release, %eax
  movl $1, %ecx
  jmp call_export_void
export11:
  movl $megha_line_wait, %eax
  movl $2, %ecx
  jmp call_export_word
export12:
  movl $megha_log, %eax
  movl $2, %ecx
  jmp call_export_void
export13:
  movl $megha_ports_claim, %eax
  movl $2, %ecx
  jmp call_export_word
export14:
  movl $megha_ports_release, %eax
  movl $2, %ecx
  jmp call_export_void
export15:
  movl $megha_process_lives, %eax
  movl $1, %ecx
  jmp call_export_word
export17:
  movl $megha_sleep, %eax
  movl $2, %ecx
  jmp call_export_word
export18:
  movl $megha_turn_wait, %eax
  movl $0, %ecx
  jmp call_export_word
export19:
  movl $megha_turn_wake, %eax
  movl $0, %ecx
  jmp call_export_void
export20:
  movl $megha_wake_at, %eax
  movl $2, %ecx
  jmp call_export_void
