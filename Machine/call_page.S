// The system-call page: the one address that programs call, in every process and both rings; and the places of the kernel that are
// changed on a processor with SMAP.
//
// Invariant: what is here runs with the rights of the task, at SYSTEM_CALL_PAGE, in a copy that tasks cannot write to. The offsets at
// which the kernel comes back to it are fixed (cpu_area.inc).

#include "cpu_area.inc"

// ---- The system-call page, copied to a frame of its own and mapped at SYSTEM_CALL_PAGE in every address space ----
// Every caller enters at offset 0, whatever its ring: one comparison of CS tells Ring 3, a Ring-0 task (above)
// and a linked module (below) apart.

// The part for Ring 0 lies at the same place in both pages, because the kernel jumps back to RING0_RETURN.
.macro RING0_CALLS page
1:jb 3f
2:leal 4(%esp), %esp
  pushl $2
  popfl
  ljmp *%cs:CPU_DIRECT_ENTRY
3:pushl %eax
  movl %cs:CPU_CURRENT_TASK, %eax
  cmpl $0, %cs:TASK_MODULE_EDGE(%eax)
  popl %eax
  jne 4f
  cmpl $KERNEL_HALF, 8(%esp)           // a Ring-0 program that loaded the kernel's selector
  jb 2b
4:pushl $2
  popfl
  lcall $KERNEL_CODE, $direct_entry_nested // returns without the word that CS was pushed to
  popfl
  ret
  .org \page + RING0_RETURN - SYSTEM_CALL_PAGE
  popfl
  ret
.endm

// A thread's function returns to here (TaskStart.swift): its return value becomes the status of the thread.
.macro RETURN_OF_THREADS page
  .org \page + THREAD_RETURN - SYSTEM_CALL_PAGE
  movl %eax, %ebx
1:movl $CALL_EXIT, %eax
  call \page
  jmp 1b
.endm

.section .rodata.system_call_page, "a"
.globl thread_return
.set thread_return, THREAD_RETURN
.globl system_call_page_sysenter, system_call_page_gate, system_call_page_size
.align 16
system_call_page_sysenter:
  pushfl
  pushl %cs
  cmpb $USER_CODE, (%esp)
  jne 1f
  leal 8(%esp), %esp
  pushl %ecx
  pushl %edx
  pushl %ebp
  movl %esp, %ebp
  sysenter
  .org system_call_page_sysenter + SYSEXIT_RETURN - SYSTEM_CALL_PAGE
  popl %ebp
  popl %edx
  popl %ecx
  ret
  RING0_CALLS system_call_page_sysenter
  RETURN_OF_THREADS system_call_page_sysenter
  .org system_call_page_sysenter + REGISTERS_RETURN - SYSTEM_CALL_PAGE
  movl %ebp, %edx
  popl %ebp
  addl $8, %esp
  ret

.align 16
system_call_page_gate:
  pushfl
  pushl %cs
  cmpb $USER_CODE, (%esp)
  jne 1f
  leal 8(%esp), %esp
  int $0x80
  ret
  RING0_CALLS system_call_page_gate
  RETURN_OF_THREADS system_call_page_gate
.set system_call_page_size, 160

// The page of a process that is traced: all its calls come through one gate, with a whole frame, from both rings.
.globl system_call_page_traced
.align 16
system_call_page_traced:
  int $0x81
  ret
  RETURN_OF_THREADS system_call_page_traced

// Places that become STAC or CLAC (0F 01 CB, 0F 01 CA) on a processor with SMAP: address, last byte.
.section .rodata.smap_patches, "a"
.globl smap_patches, smap_patches_end
.align 4
smap_patches:
  .long user_copy_words_stac, 0xcb
  .long user_copy_words_clac, 0xca
  .long user_copy_bytes_stac, 0xcb
  .long user_copy_bytes_clac, 0xca
  .long user_copy_fault, 0xca
  .long message_stac, 0xcb
  .long message_clac, 0xca
  .long message_fault, 0xca
  .long data_stac, 0xcb
  .long data_clac, 0xca
  .long reply_stac, 0xcb
  .long reply_clac, 0xca
  .long reply_fault, 0xca
  .long call_stac, 0xcb
  .long call_clac, 0xca
  .long call_data_stac, 0xcb
  .long call_data_clac, 0xca
  .long call_fault, 0xca
  .long take_stac, 0xcb
  .long take_long_stac, 0xcb
  .long take_clac, 0xca
  .long take_fault, 0xca
  .long answer_stac, 0xcb
  .long answer_clac, 0xca
  .long answer_data_stac, 0xcb
  .long answer_data_clac, 0xca
  .long answer_fault, 0xca
  .long words_stac, 0xcb
  .long words_clac, 0xca
  .long words_fault, 0xca
  .long give_stac, 0xcb
  .long give_clac, 0xca
  .long give_fault, 0xca
  .long write_reply_stac, 0xcb
  .long write_reply_clac, 0xca
  .long write_reply_fault, 0xca
smap_patches_end:
