// Calling into a linked module, and coming back from it whatever it does.
//
// The edge of a call is a place on the stack that the kernel works on for the caller. The task's record keeps edge and door
// as long as the call lasts, so that a fault, a stack that ran over or an endless loop inside the module can be left behind:
// the stack pointer goes back to the edge, and the call returns. The module runs on a stack of its own (ModuleStacks.swift),
// and what it calls of the kernel runs below the edge again, so that nothing which the kernel goes by lies where an overrun
// of the module's comes to.
//
// A request in registers comes straight from the entry and leaves no register to be kept: all are saved above.
//
// No register of the module's first instruction holds an address of the kernel's: a wrong register is the commonest mistake,
// and one that is 0 makes it a fault of the module's. Likewise where an export comes back. The request itself lies at the end
// of the module's stack, below the guard page: what runs past it faults, and a stack pointer that is loaded with its address
// is still one of the module's stack.
//
// Invariant: between module_call and its return the module holds nothing of the kernel's that would have to be
// undone: what it allocated or claimed is in the kernel's books under its name.

#include "cpu_area.inc"

// Whose call is on the processor's stack for modules (ModuleStacks.swift).
.section .data.module, "aw"
.globl module_stack_user, module_stack_end
.set module_stack_end, MODULE_STACK_END
.align 4
module_stack_user: .long 1

// The registers and the place of the module at its latest call of an export (Image/Modules/Generated/exports.S).
.section .bss.module, "aw", @nobits
.globl module_stack_pointer, module_frame_pointer, module_place
.align 4
module_stack_pointer: .skip 4
module_frame_pointer: .skip 4
module_place: .skip 1

.section .text.entry, "ax"

// void system_call(void)
// Every call from the entries (entry.S): the saved registers lie above the return address, and the result goes among
// them. `null` needs nothing, and is the one call that works with whatever segments the caller had; a request in
// registers to a linked module is made here; the rest is Swift's (Dispatch.swift). While a task's own code runs nothing
// is asked for in CPU_PENDING_WORK but by the watchdog, which can wait for another call: `null` need not look.
.globl system_call
system_call:
  testl %eax, %eax
  jne 1f
  ret
1:movl $USER_DATA, %ebp
  movl %ebp, %ds
  movl %ebp, %es
  cmpl $CALL_SHORT, %eax
  je request_in_registers
  leal 4(%esp), %ebp                   // the saved registers
  cmpl $CALL_CALL, %eax
  je 2f
  cmpl $CALL_REPLY_AND_RECEIVE, %eax
  je 3f
  pushl %ebp
  call general_system_call
  addl $4, %esp
  ret
2:pushl %ebp
  call answer_call
  addl $4, %esp
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
3:pushl %ebp
  call answer_reply_and_receive
  addl $4, %esp
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret

request_in_registers:
  cmpl $HANDLES, %ebx
  jae door_closed
  testl %ecx, %ecx                     // a handle in registers: refused elsewhere
  js door_closed
  movl CPU_CURRENT_TASK, %eax
  movl TASK_OWNER(%eax), %ebp
  movl PROCESS_DOORS(%ebp,%ebx,4), %ebx
  cmpl $0, DOOR_FUNCTION(%ebx)
  je door_closed
  cmpl $0, module_stack_user           // another call waits on it, or it is not mapped
  jne door_closed
  movl %eax, module_stack_user
  movl %esp, TASK_MODULE_EDGE(%eax)    // no call is made inside another one here: that comes through Dispatch.swift
  movl %ebx, TASK_MODULE_DOOR(%eax)
  movl $MODULE_STACK_END, %esp
  pushl $0                             // struct service_request, from its end
  pushl PROCESS_SENDER(%ebp)
  pushl $0
  pushl $0
  pushl $0
  pushl $0
  pushl $0
  pushl $0
  pushl $0
  pushl %edi
  pushl %esi
  pushl %edx
  pushl %ecx
  movl %esp, %ecx
  pushl %ecx                           // its address
  movl DOOR_INSIDE(%ebx), %eax
  incl DOOR_CALLS(%ebx)
  incl (%eax)
  movl DOOR_FUNCTION(%ebx), %eax
  xorl %ebp, %ebp                      // the first frame of the module
  xorl %ebx, %ebx
  xorl %ecx, %ecx
  xorl %edx, %edx
  xorl %esi, %esi
  xorl %edi, %edi
  call *%eax
  movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  testl %eax, %eax
  js door_refused
  movl MODULE_STACK_END - 48, %eax     // the first word of the reply
  andl $0x7fffffff, %eax
door_leave:
  movl %eax, 32(%esp)                  // the caller's EAX
  movl TASK_MODULE_DOOR(%ecx), %ebx
  movl $0, TASK_MODULE_EDGE(%ecx)
  movl $0, module_stack_user
  movl DOOR_INSIDE(%ebx), %eax
  decl (%eax)
  js door_watched
  pushl $2                             // every flag as compiled code expects it, and interrupts off
  popfl
door_attention:
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
door_closed:
  leal 4(%esp), %eax
  pushl %eax
  call answer_call_short
  addl $4, %esp
  jmp door_attention
door_watched:
  pushl $2
  popfl
  pushl %ebx
  call module_left
  addl $4, %esp
  jmp door_attention
door_refused:
  pushl $2
  popfl
  pushl %eax
  call module_refused
2:movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  jmp door_leave
.globl module_door_cut
module_door_cut:
  movl $SERVICE_FAULTED, %eax
  jmp 2b

// uint64_t module_call(uint32_t function, uint32_t argument, const struct module_door *door, uint32_t stack_end)
// Calls function(argument) on the stack that ends at stack_end. The low half of the result is the function's, the high half 0; when the call was cut
// short the high half is 1.
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

// A module called an export (Image/Modules/Generated/exports.S): the function is in EAX, the number of words of its arguments
// in ECX, the module's place in the registry in DL, and the arguments lie above the return address. The function runs below the edge of the call, with copies of them. Up to the
// call a fault can only be that of the module's stack pointer (ModuleFaults.swift).
.globl call_export, module_entries_start, module_entries_end
module_entries_start:
call_export:
  movb %dl, module_place
  movl %esp, %edx
  movl %edx, module_stack_pointer
  movl %ebp, module_frame_pointer
  movl CPU_CURRENT_TASK, %esp
  movl TASK_MODULE_EDGE(%esp), %esp
  pushl %edx
  pushl %ebp
  movl %esp, %ebp
  testl %ecx, %ecx
  jz 2f
1:pushl (%edx,%ecx,4)
  decl %ecx
  jnz 1b
2:call *%eax
module_entries_end:
  movl %ebp, %esp
  popl %ebp
  popl %esp
  xorl %ecx, %ecx
  ret

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

.section .rodata.closed_door, "a"
.globl closed_door
.align 4
closed_door: .long 0
