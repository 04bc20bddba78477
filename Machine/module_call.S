// Calling into a linked module, and coming back from it whatever it does.
//
// The edge of a call is a place on the stack that the kernel works on for the caller. The task's record keeps edge and door
// as long as the call lasts, so that a fault, a stack that ran over or an endless loop inside the module can be left behind:
// the stack pointer goes back to the edge, and the call returns. The module runs on a stack of its own (ModuleStacks.swift),
// and what it calls of the kernel runs below the edge again, so that nothing which the kernel goes by lies where an overrun
// of the module's comes to. Requests of tasks come by a shorter way: module_door.S.
//
// A wrong register is the commonest mistake, and one that is 0 makes it a fault of the module's. So no register holds an address
// of the kernel's, or anything else that the kernel left, where a module begins, or goes on after an export: but for the
// result, what an export may change is 0. A module that keeps such a word on its stack and then returns to a wrong place of
// it would go on in the kernel.
// Nor does the kernel go by what a module left in the processor: its flags (DF, AC, NT and TF turn the kernel's own
// instructions into others) and segments are loaded anew wherever the module calls, and wherever it returns.
// The request itself lies at the end of the module's stack, below the guard page: what runs past it faults, and a stack
// pointer that is loaded with its address is still one of the module's stack.
//
// Invariant: between module_call and its return the module holds nothing of the kernel's that would have to be
// undone: what it allocated or claimed is in the kernel's books under its name.

#include "cpu_area.inc"

// The registers and the place of the module at its latest call of an export (Image/Modules/Generated/exports.S).
.section .bss.module, "aw", @nobits
.globl module_stack_pointer, module_frame_pointer, module_place
.align 4
module_stack_pointer: .skip 4
module_frame_pointer: .skip 4
module_place: .skip 1

.section .text.entry, "ax"

// uint64_t module_call(uint32_t function, uint32_t argument, const struct module_door *door, uint32_t stack_end)
// Calls function(argument) on the stack that ends at stack_end. The low half of the result is the function's, the high half 0;
// when the call was cut short the high half is 1.
.globl module_call
module_call:
  movl CPU_CURRENT_TASK, %ecx
  movl 12(%esp), %edx
  movl 4(%esp), %eax
  pushl %ebp
  pushl %ebx
  pushl %esi
  pushl %edi
  pushl TASK_MODULE_EDGE(%ecx)
  pushl TASK_MODULE_DOOR(%ecx)
  movl %esp, TASK_MODULE_EDGE(%ecx)
  movl %edx, TASK_MODULE_DOOR(%ecx)
  movl 32(%esp), %edx                  // the argument
  movl 40(%esp), %esp
  pushl %edx
  xorl %ebp, %ebp                      // the first frame of the module
  xorl %ebx, %ebx
  xorl %ecx, %ecx
  xorl %edx, %edx
  xorl %esi, %esi
  xorl %edi, %edi
  call *%eax
  movl $USER_DATA, %edx
  movl %edx, %ds
  movl %edx, %es
  xorl %edx, %edx
module_return:
  movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  popl TASK_MODULE_DOOR(%ecx)
  popl TASK_MODULE_EDGE(%ecx)
  popl %edi
  popl %esi
  popl %ebx
  popl %ebp
  pushl $2                             // interrupts off and every other flag as compiled code expects it
  popfl
  ret
.globl module_call_cut
module_call_cut:
  xorl %eax, %eax
  movl $1, %edx
  jmp module_return

// What modules enter. A fault in it can only be that of what the module gave (ModuleFaults.swift).
.globl module_entries_start, module_entries_end
module_entries_start:

// int32_t megha_reply(struct service_request *request, uint32_t offset, const void *bytes, uint32_t length)
// Runs as a part of the module, on its stack. Where the caller's room cannot be written, the reply's length becomes -1, which
// stays and is the caller's error; an access outside of the room is the module's.
.globl write_reply, write_reply_stac, write_reply_clac, write_reply_fault
write_reply:
  cld
  movl $USER_DATA, %edx
  movl %edx, %es
  pushl %esi
  pushl %edi
  movl 12(%esp), %edx
  movl 16(%esp), %eax
  movl 24(%esp), %ecx
  movl REQUEST_CAPACITY - REQUEST(%edx), %esi
  subl %eax, %esi
  jb 3f
  cmpl %esi, %ecx
  ja 3f
  cmpl $-1, REQUEST_REPLY_LENGTH - REQUEST(%edx)
  je 2f
  movl REQUEST_BUFFER - REQUEST(%edx), %edi
  addl %eax, %edi
  addl %ecx, %eax
  movl %eax, REQUEST_REPLY_LENGTH - REQUEST(%edx)
  addl %ecx, module_bytes_copied
  adcl $0, module_bytes_copied + 4
  movl 20(%esp), %esi
  movl %ecx, %eax
  shrl $2, %ecx
write_reply_stac: nopl (%eax)
write_reply_start:
  rep movsl
  movl %eax, %ecx
  andl $3, %ecx
  rep movsb
write_reply_end:
write_reply_clac: nopl (%eax)
  RECOVER write_reply_start, write_reply_end, write_reply_fault
2:xorl %eax, %eax
  popl %edi
  popl %esi
  ret
3:movl $1, %eax
  popl %edi
  popl %esi
  ret
write_reply_fault: nopl (%eax)         // CLAC
  movl %cr2, %eax
  movl %eax, %ecx
  subl REQUEST_BUFFER - REQUEST(%edx), %ecx
  cmpl REQUEST_CAPACITY - REQUEST(%edx), %ecx
  jb 4f
  movb (%eax), %al                     // what the module gave: its own fault
4:movl $-1, REQUEST_REPLY_LENGTH - REQUEST(%edx)
  jmp 2b

// A module called an export (Image/Modules/Generated/exports.S): the function is in EAX, the number of words of its arguments
// in ECX, the module's place in the registry in DL, and the arguments lie above the return address. The function runs below
// the edge of the call, with copies of them. Of EAX and EDX only what is the result goes back to the module.
.macro CALL_EXPORT label, results
.globl \label
\label:
  movb %dl, %ss:module_place
  movl $USER_DATA, %edx
  movl %edx, %ds
  movl %edx, %es
  movl %esp, %edx
  movl %edx, module_stack_pointer
  movl %ebp, module_frame_pointer
  movl CPU_CURRENT_TASK, %esp
  movl TASK_MODULE_EDGE(%esp), %esp
  pushl $2                             // every flag as compiled code expects it, and interrupts off
  popfl
  pushl %edx
  pushl %ebp
  movl %esp, %ebp
  testl %ecx, %ecx
  jz 2f
1:pushl (%edx,%ecx,4)
  decl %ecx
  jnz 1b
2:call *%eax
  movl %ebp, %esp
  popl %ebp
  popl %esp
  xorl %ecx, %ecx
  .if \results < 2
  xorl %edx, %edx
  .endif
  .if \results < 1
  xorl %eax, %eax
  .endif
  ret
.endm

.globl module_exports_enter
module_exports_enter:
  CALL_EXPORT call_export_void, 0
  CALL_EXPORT call_export_word, 1
  CALL_EXPORT call_export_two_words, 2
module_entries_end:

// Comes here instead of going on in a module whose call is cut short: from a trap, or from a task gate that changed
// the interrupted instruction pointer. Nothing is expected of any register. The report is written on the reaper stack,
// because the task's own may have no room left.
.globl module_abandon
module_abandon:
  movl $USER_DATA, %eax
  movl %eax, %ds
  movl %eax, %es
  movl CPU_REAPER_STACK_END, %esp
  xorl %ebp, %ebp
  pushl $2
  popfl
  call module_call_failed
  movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  movl TASK_MODULE_DOOR(%ecx), %ebx
  jmp *DOOR_RESUME(%ebx)
