// Requests to linked modules, from the entry straight to the module and back.
//
// A request comes straight from the entry and leaves no register to be kept: all are saved above. In registers it is pushed on
// the module's stack, and the reply's three words go back in registers; a message is copied there from the caller's memory, its words and no more. Up to a page of data goes to
// memory that modules may reach, pages that are lent are mapped there (ModuleWindow.swift), and the reply's bytes go to where
// the caller wants them, by `write_reply`, without another copy. A message takes this way where
//   - the door is open: a live module serves, and nobody holds the calls;
//   - the processor's stack for modules is free, and with it the memory for data;
//   - the caller's stack is not shared;
//   - it brings no handle, no more than a page of data that is not lent, and offers no room above the limit;
//   - message and data can be read.
// For a guarded caller, of whom the processor does not tell what it may write, the reply's bytes wait in that memory.
// Nothing but that memory has changed before all of it is known. Otherwise the general way (Calls.swift) does it, or says what is
// wrong.
//
// What holds for any call into a module, and what a module may call: module_call.S.

#include "cpu_area.inc"
#include "ipc_layout.h"

// Whose call is on the processor's stack for modules (ModuleStacks.swift).
.section .data.module, "aw"
.globl module_stack_user, module_stack_end
.set module_stack_end, MODULE_STACK_END
.align 4
module_stack_user: .long 1
// Two pages for data, of the call that has that stack; what is to be seen to when it comes back: how many pages are lent to it,
// and in the highest bit whether the reply's bytes are for a guarded caller, whose room was then where; the bytes that were copied
// here.
.globl module_data, module_afterwards, module_room_of_guarded, module_bytes_copied
module_data: .long 0
module_afterwards: .long 0
module_room_of_guarded: .long 0
module_bytes_copied: .quad 0

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
  cmpl $CALL_IN_REGISTERS, %eax
  jae in_registers
2:leal 4(%esp), %ebp                   // the saved registers
  cmpl $CALL_CALL, %eax
  je request_by_message
  cmpl $CALL_REPLY_AND_RECEIVE, %eax
  je 3f
  pushl %ebp
  call general_system_call
  addl $4, %esp
  ret
3:pushl %ebp
  call answer_reply_and_receive
  addl $4, %esp
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
in_registers:
  je call_in_registers
  cmpl $REPLY_AND_RECEIVE_IN_REGISTERS, %eax
  je reply_and_receive_in_registers
  cmpl $REPLY_MESSAGE_AND_RECEIVE, %eax
  je reply_message_and_receive
  cmpl $CALL_REQUEST_SENDER, %eax
  jbe slowly
  jmp 2b

// Counts the call and has the module serve it: its door is in EBX, the request's address on its stack. Back on the edge, ECX
// is the task and EAX the result, whose sign is in the flags. The module may have left any flag set and any segment loaded.
.macro CALL_THROUGH_DOOR
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
  movl $USER_DATA, %edx
  movl %edx, %ds
  movl %edx, %es
  movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  pushl $2                             // every flag as compiled code expects it, and interrupts off
  popfl
  testl %eax, %eax
.endm

// ---- In registers ----

// From call_in_registers (ipc.S). EAX: the process; EBX: the open door; EBP: the task; the words as they came.
.globl door_in_registers
door_in_registers:
  cmpl $0, module_stack_user           // another call waits on it, or it is not mapped
  jne slowly
  movl %ebp, module_stack_user
  movl %esp, TASK_MODULE_EDGE(%ebp)    // no call is made inside another one here: that comes through Dispatch.swift
  movl %ebx, TASK_MODULE_DOOR(%ebp)
  movl $MODULE_STACK_END, %esp
  pushl $0                             // struct service_request, from its end
  pushl PROCESS_SENDER(%eax)
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
  pushl %esp                           // its address
  CALL_THROUGH_DOOR
  js door_refused
  movl REQUEST_WORDS + 12, %eax
  orl REQUEST_WORDS + 16, %eax
  orl REQUEST_WORDS + 20, %eax
  jnz reply_has_more
  movl TASK_MODULE_DOOR(%ecx), %ebx
  movl DOOR_INSIDE(%ebx), %edx
  cmpl $0, CPU_PENDING_WORK
  jne reply_in_registers
  decl (%edx)
  js reply_watched
  movl %eax, TASK_MODULE_EDGE(%ecx)    // 0
  movl %eax, module_stack_user
  cmpb $0, TASK_MODE(%ecx)
  jne 3f
  movl SAVED_EBP + 4(%esp), %ecx       // the page left its stack pointer there
  movl REQUEST_WORDS, %ebp
  movl REQUEST_WORDS + 4, %esi
  movl REQUEST_WORDS + 8, %edi
  xorl %ebx, %ebx
  movl $REGISTERS_RETURN, %edx
  sti                                  // takes effect after the next instruction
  sysexit
3:movl REQUEST_WORDS, %edx
  movl %edx, SAVED_EDX + 4(%esp)
  movl REQUEST_WORDS + 4, %edx
  movl %edx, SAVED_ESI + 4(%esp)
  movl REQUEST_WORDS + 8, %edx
  movl %edx, SAVED_EDI + 4(%esp)
  movl %eax, SAVED_EAX + 4(%esp)
  ret

// Somebody waits for the last call to leave the module, or something else is to be seen to: the words go to the saved registers.
reply_watched:
  incl (%edx)
reply_in_registers:
  movl REQUEST_WORDS, %edx
  movl %edx, SAVED_EDX + 4(%esp)
  movl REQUEST_WORDS + 4, %edx
  movl %edx, SAVED_ESI + 4(%esp)
  movl REQUEST_WORDS + 8, %edx
  movl %edx, SAVED_EDI + 4(%esp)
  movl %eax, SAVED_EAX + 4(%esp)
  movl TASK_MODULE_DOOR(%ecx), %ebx
  movl $0, TASK_MODULE_EDGE(%ecx)
  movl $0, module_stack_user
  movl DOOR_INSIDE(%ebx), %eax
  decl (%eax)
  js 1f
2:cmpl $0, CPU_PENDING_WORK
  je leave_in_registers
  call see_to_pending_work
  jmp leave_in_registers
1:pushl %ebx
  call module_left
  addl $4, %esp
  jmp 2b
reply_has_more:
  pushl $REQUEST
  call keep_long_reply
  addl $4, %esp
  movl CPU_CURRENT_TASK, %ecx
  jmp reply_in_registers

door_leave:
  movl %eax, SAVED_EAX + 4(%esp)       // the caller's EAX
  movl TASK_MODULE_DOOR(%ecx), %ebx
  movl $0, TASK_MODULE_EDGE(%ecx)
  movl $0, module_stack_user
  movl DOOR_INSIDE(%ebx), %eax
  decl (%eax)
  js door_watched
door_attention:
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
door_watched:
  pushl %ebx
  call module_left
  addl $4, %esp
  jmp door_attention

// ---- By a message ----

request_by_message:
  cmpl $HANDLES, %ebx
  jae message_to_nobody
  movl CPU_CURRENT_TASK, %eax
  movl TASK_OWNER(%eax), %edx
  movl PROCESS_DOORS(%edx,%ebx,4), %ebx
  cmpl $0, DOOR_FUNCTION(%ebx)
  je call_by_message                   // (ipc_message.S)
  cmpl $0, module_stack_user
  jne message_elsewhere
  testb $(GUARDED | SHARED_STACK), CPU_PROTECTION
  jnz message_of_checked
  cmpl $(KERNEL_HALF - MESSAGE_SIZE), %ecx
  ja message_elsewhere
  movl %ecx, %esi
  movl $REQUEST, %edi
  movl $MESSAGE_WORDS_READ, %ecx
.globl message_stac, message_clac
message_stac: nopl (%eax)
message_start:
  rep movsl
message_end:
message_clac: nopl (%eax)
  RECOVER message_start, message_end, message_fault
  cmpl $(KERNEL_HALF - DATA_LIMIT), REQUEST_BUFFER
  ja message_elsewhere
message_copied:
  cmpl $0, REQUEST                     // brings a handle
  js message_elsewhere
  cmpl $DATA_LIMIT, REQUEST_CAPACITY
  ja message_elsewhere
  cmpl $0, REQUEST_DATA_LENGTH
  jne message_with_data
message_brought:
  movl PROCESS_SENDER(%edx), %ecx
  movl %ecx, REQUEST_SENDER
  movl $0, REQUEST_REPLY_LENGTH
  movl %eax, module_stack_user
  movl %esp, TASK_MODULE_EDGE(%eax)    // not inside another call: that has the stack
  movl %ebx, TASK_MODULE_DOOR(%eax)
  movl $REQUEST, %esp
  pushl %esp                           // the request's address
  CALL_THROUGH_DOOR
  js door_refused
  cmpl $0, module_afterwards
  jne message_afterwards
message_answered:
  movl REQUEST_REPLY_LENGTH, %eax
  cmpl REQUEST_CAPACITY, %eax
  ja reply_overlong
reply_clipped:
  movl 28(%esp), %edi                  // the caller's message, from ECX
  movl $REQUEST, %esi
  movl $7, %ecx                        // the operation and six words
.globl reply_stac, reply_clac, reply_fault
reply_stac: nopl (%eax)
reply_start:
  rep movsl
  movl %eax, 4(%edi)                   // behind the data's address: how many bytes there are
reply_end:
reply_clac: nopl (%eax)
  RECOVER reply_start, reply_end, reply_fault
  movl CPU_CURRENT_TASK, %ecx
  xorl %eax, %eax
  jmp door_leave

message_with_data:
  cmpl $0x1000, REQUEST_DATA_LENGTH
  ja message_lends
  movl REQUEST_DATA, %esi
  cmpl $(KERNEL_HALF - 0x1000), %esi
  ja message_elsewhere
  movl module_data, %edi
  movl %edi, REQUEST_DATA
  movl REQUEST_DATA_LENGTH, %ecx
  shrl $2, %ecx
.globl data_stac, data_clac
data_stac: nopl (%eax)
data_start:
  rep movsl
  movl REQUEST_DATA_LENGTH, %ecx
  andl $3, %ecx
  rep movsb
data_end:
data_clac: nopl (%eax)
  RECOVER data_start, data_end, message_fault
  movl REQUEST_DATA_LENGTH, %ecx
  addl %ecx, module_bytes_copied
  adcl $0, module_bytes_copied + 4
  jmp message_brought

// The highest bit of the length says that whole pages are lent. They are mapped, or all goes the general way.
message_lends:
  cmpl $0, REQUEST_DATA_LENGTH
  jns message_elsewhere
  andl $0x7fffffff, REQUEST_DATA_LENGTH
  movl %edx, %esi
  pushl $REQUEST
  call module_window_open
  addl $4, %esp
  testl %eax, %eax
  jz message_elsewhere
  movl %eax, REQUEST_DATA
  movl %esi, %edx
  movl CPU_CURRENT_TASK, %eax
  jmp message_brought
message_afterwards:
  call module_window_close
  testb %al, %al
  jz message_answered
  pushl $REQUEST
  pushl 32(%esp)                       // the caller's message
  call give_to_guarded
  addl $8, %esp
  movl CPU_CURRENT_TASK, %ecx
  jmp door_leave

// A guarded caller's; the processor lets the kernel write anywhere in its memory. In Ring 0 there is no SMAP.
message_of_checked:
  testb $SHARED_STACK, CPU_PROTECTION
  jnz message_elsewhere
  cmpl $(KERNEL_HALF - MESSAGE_SIZE), %ecx
  ja message_elsewhere
  movl %ecx, %esi
  movl $REQUEST, %edi
  movl $MESSAGE_WORDS_READ, %ecx
checked_start:
  rep movsl
checked_end:
  RECOVER checked_start, checked_end, message_fault
  cmpl $0x1000, REQUEST_CAPACITY
  ja message_elsewhere
  movl REQUEST_BUFFER, %ecx
  movl %ecx, module_room_of_guarded
  movl module_data, %ecx
  addl $0x1000, %ecx
  movl %ecx, REQUEST_BUFFER
  movl $REPLY_WAITS, module_afterwards
  jmp message_copied

.globl message_fault, message_elsewhere
message_fault: nopl (%eax)             // CLAC
message_elsewhere:
  cmpl $0, module_stack_user           // else it is of the call that has the stack
  jne 2f
  movl $0, module_afterwards
2:leal 4(%esp), %eax
  pushl DOOR_SERVICE(%ebx)
  pushl %eax
  call answer_call
  addl $8, %esp
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
message_to_nobody:
  movl $closed_door, %ebx
  jmp message_elsewhere
reply_fault: nopl (%eax)               // CLAC
1:call module_copy_failure
  movl CPU_CURRENT_TASK, %ecx
  jmp door_leave
// More than there is room for; -1: the caller's room could not be written (write_reply).
reply_overlong:
  cmpl $-1, %eax
  je 1b
  movl REQUEST_CAPACITY, %eax
  jmp reply_clipped

// ---- Calls that failed, or were cut short ----

door_refused:
  cmpl $REQUEST_KEPT, %eax
  je door_kept
  pushl %eax
  call module_refused
2:movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_EDGE(%ecx), %esp
  cmpl $0, module_afterwards
  je door_leave
  movl %eax, %esi
  call module_window_close
  movl %esi, %eax
  movl CPU_CURRENT_TASK, %ecx
  jmp door_leave
.globl module_door_cut
module_door_cut:
  movl $SERVICE_FAULTED, %eax
  jmp 2b

// The module keeps the request: the call leaves it, and waits outside (ModuleWaits.swift).
.set REQUEST_KEPT, 0x80000001
door_kept:
  cmpl $0, module_afterwards
  je 1f
  call module_window_close
1:movl CPU_CURRENT_TASK, %ecx
  movl TASK_MODULE_DOOR(%ecx), %ebx
  movl $0, TASK_MODULE_EDGE(%ecx)
  movl $0, module_stack_user
  movl DOOR_INSIDE(%ebx), %eax
  decl (%eax)
  jns 2f
  pushl %ebx
  call module_left
  addl $4, %esp
2:pushl SAVED_EAX + 4(%esp)            // which call it is
  leal 8(%esp), %eax
  pushl DOOR_SERVICE(%ebx)
  pushl %eax
  call answer_kept
  addl $8, %esp
  popl %eax
  cmpl $CALL_IN_REGISTERS, %eax
  jne door_attention
  cmpl $0, CPU_PENDING_WORK
  je leave_in_registers
  call see_to_pending_work
  jmp leave_in_registers

.section .rodata.closed_door, "a"
.globl closed_door
.align 4
closed_door: .long 0, 0, 0, 0, 0, 0
