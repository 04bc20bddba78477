// Calling into a linked module, and coming back from it whatever it does.
//
// The edge of a call is a few words on the caller's kernel stack. The task remembers where they are as long as the
// call lasts, so that a fault, a stack that ran over or an endless loop inside the module can be left behind: the
// stack pointer goes back to the edge, and the call returns.
//
// Invariant: between module_call and its return the module holds nothing of the kernel's that would have to be
// undone: what it allocated or claimed is in the kernel's books under its name.

#include "cpu_area.inc"

// The registers of the module at its latest call of an export (Image/Modules/Generated/exports.S).
.section .bss.module, "aw", @nobits
.globl module_stack_pointer, module_frame_pointer
.align 4
module_stack_pointer: .skip 4
module_frame_pointer: .skip 4

.section .text.entry, "ax"

// uint64_t module_call(uint32_t *edge, uint32_t function, uint32_t argument, uint32_t module)
// Calls function(argument). The low half of the result is the function's, the high half 0; when the call was cut
// short the high half is 1.
//
// At the edge: 0 the edge before, 4 EDI, 8 ESI, 12 EBX, 16 EBP, 20 return address, 24 edge, 28 function, 32 argument,
// 36 module.
.globl module_call
module_call:
  movl 4(%esp), %ecx
  pushl %ebp
  pushl %ebx
  pushl %esi
  pushl %edi
  pushl (%ecx)
  movl %esp, (%ecx)
  pushl 32(%esp)
  call *32(%esp)
  addl $4, %esp
  xorl %edx, %edx
module_return:
  // Interrupts off and every other flag as compiled code expects it.
  pushl $2
  popfl
  movl 24(%esp), %ecx
  popl (%ecx)
  popl %edi
  popl %esi
  popl %ebx
  popl %ebp
  ret

// Comes here instead of going on in a module whose call is cut short: from a trap, or from a task gate that changed
// the interrupted instruction pointer. Nothing is expected of any register. The report is written on the exit stack,
// because the task's own may have no room left.
.globl module_abandon
module_abandon:
  movl $USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  movl CPU_EXIT_STACK_END, %esp
  xorl %ebp, %ebp
  pushl $2
  popfl
  call module_call_failed
  movl %eax, %esp
  xorl %eax, %eax
  movl $1, %edx
  jmp module_return
