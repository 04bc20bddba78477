// Leaving a stack for good, and borrowing another. The switch itself is `switch_context` (include/machine_support.h).
//
// Invariant: between the load of CR3 and the load of ESP nothing is pushed or popped. The old stack may be in an
// address space that is no longer there: that is what Ring-0 tasks with a shared stack need.

#include "cpu_area.inc"

.section .text.entry, "ax"

// void resume_context(uint32_t stack_pointer, uint32_t directory, uint32_t protect)
// The second half of switch_context (include/machine_support.h): the caller's stack is given up.
.globl resume_context
resume_context:
  movl 4(%esp), %edx
  movl 8(%esp), %ecx
  movl 12(%esp), %ebx
  testl %ecx, %ecx
  jz 1f
  movl %ecx, CPU_LOADED_DIRECTORY
  movl %ecx, %cr3
1:testl %ebx, %ebx
  jz 2f
  movl CPU_NEXT_CONTROL_4, %eax
  movl %eax, %cr4
  movl CPU_NEXT_CONTROL_0, %eax
  movl %eax, %cr0
2:movl %edx, %esp
  ret

// void wait_for_interrupt(void)
// Turns interrupts on, halts until one has come, and turns them off again. STI takes effect after the next instruction,
// so an interrupt that is pending already ends the halt; but a non-maskable one may come in between, and what is pending
// is then taken before the halt, which nothing would end any more. Its handler goes on behind `idle_halt` (Watchdog.swift).
.globl wait_for_interrupt, idle_halt
wait_for_interrupt:
  sti
idle_halt:
  hlt
  cli
  ret

// void call_on_idle_stack(void (*function)(void))
// The boot flow begins anew at the end of its stack: nothing of what it did until now is needed any more.
.globl call_on_idle_stack
call_on_idle_stack:
  movl 4(%esp), %eax
  movl $idle_stack_end, %esp
  xorl %ebp, %ebp
  call *%eax

// void run_on_reaper_stack(void (*function)(void))
// Calls a function that needs more stack than a task has for the kernel, and comes back. It must not switch tasks.
.globl run_on_reaper_stack
run_on_reaper_stack:
  pushl %ebp
  movl %esp, %ebp
  movl 8(%ebp), %eax
  movl CPU_REAPER_STACK_END, %esp
  call *%eax
  movl %ebp, %esp
  popl %ebp
  ret

// void call_on_reaper_stack(void (*function)(void))
// Leaves the current stack and address space for good, so that both can be taken apart.
.globl call_on_reaper_stack
call_on_reaper_stack:
  movl 4(%esp), %eax
  movl CPU_KERNEL_DIRECTORY, %ecx
  movl CPU_REAPER_STACK_END, %edx
  movl %ecx, CPU_LOADED_DIRECTORY
  movl %ecx, %cr3
  movl %edx, %esp
  xorl %ebp, %ebp
  call *%eax
