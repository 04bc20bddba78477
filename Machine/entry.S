// Every way into the kernel and out of it.
//
// Invariants:
// - CS = KERNEL_CODE means: the kernel (or a linked module) runs, interrupts are off except in the idle loop.
//   Ring-0 programs run with CS = RING0_TASK_CODE, so a frame's CS tells who was interrupted.
// - The kernel works for a task on its kernel stack, or, for a Ring-0 task with a shared stack, on the task's own,
//   of which `shared_stack_floor` keeps a reserve free.
// - The kernel works with DS = ES = USER_DATA; traps load them, and so does the dispatch of every call but `null`, which
//   uses neither. A program may put anything there. SS is flat wherever it can be used at all in Ring 0, so entries
//   reach the CPU's area through it.
// - Nothing on a Ring-0 task's stack decides where the kernel goes next: a call goes back to RING0_RETURN with the tasks'
//   selector, two constants. What the task keeps there, its flags and its return address, its own code takes off again.
// - An instruction that may fault on a task's account is named in the recovery table (cpu_area.inc), beside itself.
// - The kernel works with no flag set but those of arithmetic. An interrupt gate leaves DF, AC (which suspends SMAP:
//   Intel SDM Vol. 3, 4.6) and IOPL as they were, SYSENTER also TF and NT (with which IRET would switch hardware tasks:
//   8.4), so every entry loads EFLAGS.

#include "cpu_area.inc"
#include "ipc_layout.h"

.section .text.entry, "ax"

// ---- Traps, interrupts and the gate ----

// An exception that brings an error code can also be raised by INT in Ring 0, which brings none. Bit 3 of the third word
// tells them apart: it is set in every code selector there is, and never in EFLAGS (Intel SDM Vol. 1, 3.4.3).
.macro VECTOR number
  .align 32
  .if \number == 8 || (\number >= 10 && \number <= 14) || \number == 17 || \number == 21 || \number == 29 || \number == 30
    testb $8, 8(%esp)
    jnz 1f
    pushl $0
    pushl $(SOFTWARE_VECTOR + \number)
    jmp trap_common
  1:pushl $\number
  .else
    pushl $0
    pushl $\number
  .endif
  .if \number == 1
    jmp debug_trap
  .else
    jmp trap_common
  .endif
.endm

.globl trap_vectors, trap_vector_size, system_call_vector, spurious_vector, traced_call_vector
.set trap_vector_size, 32
.align 32
trap_vectors:
.altmacro
.set number, 0
.rept 64
  VECTOR %number
  .set number, number + 1
.endr
.noaltmacro
.align 16
system_call_vector:
  pushl $0
  pushl $0x80
  jmp trap_common
.align 16
spurious_vector:
  pushl $0
  pushl $0xff
  jmp trap_common
.align 16
traced_call_vector:
  pushl $0
  pushl $0x81
  jmp trap_common

// A program that single-steps into SYSENTER makes the first instruction of sysenter_entry trap, on the few words
// that MSR IA32_SYSENTER_ESP points at; a Ring-0 program that steps into a far call, or sets debug registers, can make
// any instruction of the kernel do so. Drop the trap flag, set the resume flag, so that a breakpoint on the instruction
// does not trap again, and go on: nothing else fits there.
debug_trap:
  cmpl $KERNEL_CODE, 12(%esp)
  jne trap_common
  andl $~0x100, 16(%esp)
  orl $0x10000, 16(%esp)
  addl $8, %esp
  iret

trap_common:
  pushal
  pushl $2
  popfl
  movw %ds, FRAME_SEGMENTS(%esp)
  movw %es, FRAME_SEGMENTS + 2(%esp)
  movl $USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  movl FRAME_CS(%esp), %eax
  testb $3, %al
  jz 2f

1:pushl %esp
  call trap_handler
  addl $4, %esp
return_to_ring3:
  popal
  addl $8, %esp
ring3_iret:
  iret
  RECOVER ring3_iret, return_to_ring3_end, task_return_fault
return_to_ring3_end:

// A Ring-0 program that left for virtual-8086 mode may have any number in CS; its frame is like Ring 3's.
2:testl $VIRTUAL_8086, FRAME_EFLAGS(%esp)
  jnz 1b
  cmpl $KERNEL_CODE, %eax
  jne from_ring0_task
  cmpl $KERNEL_HALF, FRAME_EIP(%esp)
  jae from_kernel
  cmpl $KERNEL_HALF, %esp              // a linked module that jumped astray is on the kernel stack
  jae from_kernel
// A Ring-0 program that loaded the kernel's code selector: it gets its own back.
  movl $RING0_TASK_CODE, FRAME_CS(%esp)

// The processor pushed EFLAGS, CS and EIP, but no SS and ESP, on the stack the task was using.
from_ring0_task:
  movl CPU_CURRENT_TASK, %ecx
  cmpl $0, TASK_MODULE_EDGE(%ecx)
  jne module_astray
  testb $GUARDED, CPU_PROTECTION
  jne guarded_task
1:cmpl $0, CPU_KERNEL_STACK_END       // a shared stack is all that the task has
  je shared_task
  movl %esp, %esi
  leal FRAME_ESP(%esi), %eax           // ESP as it was before the trap
  movl CPU_KERNEL_STACK_END, %esp
2:pushl $KERNEL_DATA
  pushl %eax
  subl $FRAME_ESP, %esp
  movl %esp, %edi
  movl $(FRAME_ESP / 4), %ecx
  rep movsl
  pushl %esp
  call trap_handler
  addl $4, %esp
  jmp return_to_ring0_task

// The kernel half is read-only to a guarded task. The kernel works with CR0.WP off on its behalf.
guarded_task:
  movl %cr0, %eax
  andl $~0x10000, %eax
  movl %eax, %cr0
  jmp 1b

shared_task:
  cmpl CPU_SHARED_STACK_FLOOR, %esp
  jb stack_pointer_outside
  cmpl CPU_SHARED_STACK_END, %esp
  ja stack_pointer_outside
  leal FRAME_ESP(%esp), %eax
  movl %esp, %esi
  subl $8, %esp                        // room for SS and ESP: the frame moves down
  movl %esp, %edi
  movl $(FRAME_ESP / 4), %ecx
  rep movsl
  movl %eax, FRAME_ESP(%esp)
  movl $KERNEL_DATA, FRAME_SS(%esp)
  movl CPU_CURRENT_TASK, %ecx
  subl $CALL_REGISTERS_SIZE, %eax      // at the end of the frame
  movl %eax, TASK_CALL_REGISTERS(%ecx)
  pushl %esp
  call trap_handler
  addl $4, %esp
  jmp return_to_ring0_task

// A linked module that took the tasks' selector: at the end of the kernel stack lies what its caller goes on with.
module_astray:
  movl $KERNEL_CODE, FRAME_CS(%esp)
// The kernel was interrupted, or a linked module: the frame stays where it is.
from_kernel:
  movl FRAME_EIP(%esp), %eax
  cmpl $__text_start, %eax
  jb 3f
  cmpl $__text_end, %eax
  jae 3f
  cmpl $module_entries_start, %eax     // a part of the kernel's that works as one of the module's
  jb 2f
  cmpl $module_exports_enter, %eax
  jb 3f
2:pushl %esp
  call trap_handler
  addl $4, %esp
  popal
  addl $8, %esp
  iret
// A module's stack pointer may be anywhere that can be written to. The kernel works on the stack that it works on for the
// caller, below the edge of the call.
3:movl CPU_CURRENT_TASK, %ecx
  testl %ecx, %ecx
  jz 2b
  movl TASK_MODULE_EDGE(%ecx), %ecx
  testl %ecx, %ecx
  jz 2b
  movl %esp, %eax
  movl %ecx, %esp
  pushl %eax
  pushl %eax
  call trap_handler
  addl $4, %esp
  popl %esp
  popal
  addl $8, %esp
  iret

// Not enough of the shared stack is left to work on: take what came (it may be a device's interrupt, which must
// not be lost) on the reaper stack, and end the task.
stack_pointer_outside:
  movl %esp, %esi
  leal FRAME_ESP(%esi), %eax
  movl CPU_REAPER_STACK_END, %esp
  pushl $KERNEL_DATA
  pushl %eax
  subl $FRAME_ESP, %esp
  movl %esp, %edi
  movl $(FRAME_ESP / 4), %ecx
  rep movsl
  pushl %esp
  call trap_without_stack

// IRET to the same ring does not load ESP: put what it pops on the task's stack first. Interrupts are off until IRET has
// taken it from there. The writes and IRET can fault when the task left its stack pointer somewhere bad.
return_to_ring0_task:
  movl FRAME_ESP(%esp), %eax
  movl FRAME_EIP(%esp), %ecx
  movl FRAME_EFLAGS(%esp), %ebx
ring0_return_start:
  movl %ecx, -12(%eax)
  movl $RING0_TASK_CODE, -8(%eax)
  movl %ebx, -4(%eax)
ring0_return_end:
  RECOVER ring0_return_start, ring0_return_end, task_return_fault
  subl $12, %eax
  movl %eax, FRAME_VECTOR(%esp)
  testb $GUARDED, CPU_PROTECTION
  jne 2f
1:popal
  popl %esp
ring0_iret:
  iret
ring0_iret_end:
  RECOVER ring0_iret, ring0_iret_end, task_return_fault
2:movl %cr0, %ecx
  orl $0x10000, %ecx
  movl %ecx, %cr0
  jmp 1b

// The last instructions on the way to a task faulted: that is the task's doing, and its end. Its stack is not usable.
task_return_fault:
  movl CPU_REAPER_STACK_END, %esp
  call task_return_failed

// A new task begins here: switch_context returned to it with a whole trap frame on the stack.
.globl task_start
task_start:
  testb $3, FRAME_CS(%esp)
  jz return_to_ring0_task
  jmp return_to_ring3

// ---- System calls from Ring 3 through SYSENTER ----
// The system-call page pushed ECX, EDX and EBP and left its ESP in EBP. IA32_SYSENTER_ESP points at the TSS's
// ESP0, so one load gives the task's kernel stack.

.globl sysenter_entry
sysenter_entry:
  movl (%esp), %esp
  pushal
  pushl $2
  popfl
  call system_call
  popal
  movl %ebp, %ecx
  movl $SYSEXIT_RETURN, %edx
  sti                                  // takes effect after the next instruction
  sysexit

// ---- System calls from Ring 0: a far jump from the system-call page, which loaded EFLAGS with 2 ----
// On the task's stack: EFLAGS, return address. The page takes both off after the kernel has jumped back to it.
// system_call finds the saved registers right above its return address, puts the result into EAX among them, and sees
// to `pending_work`.

.globl direct_entry_separate
direct_entry_separate:
  movl %esp, %ss:CPU_SAVED_STACK_POINTER
  movl %ss:CPU_KERNEL_STACK_END, %esp
  pushl %ss:CPU_SAVED_STACK_POINTER
  pushal
  call system_call
  popal
  popl %esp
  ljmp $RING0_TASK_CODE, $RING0_RETURN

.globl direct_entry_shared
direct_entry_shared:
  cmpl %ss:CPU_SHARED_STACK_FLOOR, %esp
  jb 1f
  cmpl %ss:CPU_SHARED_STACK_END, %esp
  ja 1f
  pushal
  movl %ss:CPU_CURRENT_TASK, %ebp
  movl %esp, %ss:TASK_CALL_REGISTERS(%ebp)
  call system_call
  popal
  ljmp $RING0_TASK_CODE, $RING0_RETURN
1:movl %esp, %ss:CPU_SAVED_STACK_POINTER
  movl %ss:CPU_REAPER_STACK_END, %esp
  movl $USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  call direct_call_without_stack

// A linked module, which already runs inside the kernel, calls the page: nest on the stack it is on.
.globl direct_entry_nested
direct_entry_nested:
  pushal
  call nested_system_call
  popal
  lretl $4

// The kernel half is read-only to a guarded task while CR0.WP is set; the CPU's area is not.
.globl direct_entry_guarded
direct_entry_guarded:
  movl %esp, %ss:CPU_SAVED_STACK_POINTER
  movl %eax, %ss:CPU_SAVED_ACCUMULATOR
  movl %cr0, %eax
  andl $~0x10000, %eax
  movl %eax, %cr0
  movl %ss:CPU_KERNEL_STACK_END, %esp
  pushl %ss:CPU_SAVED_STACK_POINTER
  movl %ss:CPU_SAVED_ACCUMULATOR, %eax
  pushal
  call system_call
  movl %cr0, %eax
  orl $0x10000, %eax
  movl %eax, %cr0
  popal                                // reading is allowed
  popl %esp
  ljmp $RING0_TASK_CODE, $RING0_RETURN

// ---- Task gates: each entry is a hardware task with its own state segment, stack and directory ----
// IRET goes back to the interrupted task, whose state the handler may have changed; the next entry resumes after it.

// A far jump to the selector of such a state comes here too, but sets neither the way back nor NT, and takes the main state
// its "busy" (Intel SDM Vol. 3, 8.3): all three are set here, for either way.
.macro RETURN_TO_MAIN_STATE link
  movl $MAIN_STATE, \link
  movb $0x8b, CPU_MAIN_STATE_ACCESS    // a 32-bit task state, busy
  pushl $0x4002                        // NT
  popfl
  iret
.endm

.globl double_fault_entry, nmi_entry
double_fault_entry:
  call double_fault_handler
  movl $double_fault_stack_end, %esp   // an error code lies on it, unless INT raised the vector
  RETURN_TO_MAIN_STATE CPU_DOUBLE_FAULT_LINK
  jmp double_fault_entry

nmi_entry:
  testb $2, CPU_DOUBLE_FAULT_ACCESS    // busy only while its handler is at work
  jnz 1f
  call nmi_handler
  RETURN_TO_MAIN_STATE CPU_NMI_LINK
  jmp nmi_entry
// The handler of a double fault was interrupted and not the flow in the main state, which must not go on from where it faulted.
1:movl $DOUBLE_FAULT_STATE, CPU_NMI_LINK
  pushl $0x4002
  popfl
  iret
  jmp nmi_entry

// Where a task whose stack was lost is resumed to be ended: on the reaper stack, in the kernel's own directory.
.globl resume_dead
resume_dead:
  movl $USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  xorl %ebp, %ebp
  call end_task_without_stack

// The CPU's area has pages of its own: in the guarded view of the kernel half it is mapped once more, writable.
.section .data.pages, "aw"
.align 4096
.globl cpu_area
cpu_area: .skip 4096
