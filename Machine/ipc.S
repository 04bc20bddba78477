// The fast path of a conversation in registers: from the caller's entry straight to the server's code, and from the server's
// straight back. Nothing is copied but registers, no queue is searched, and neither side comes back to where it waits in the
// kernel: of a task that waits in registers nobody needs more than those that the entry saved at the end of its kernel stack.
//
// A request takes this way (call_in_registers) where
//   - the handle opens a service for calls, and the request brings no handle;
//   - no module serves it, and nobody holds its calls;
//   - a task of its server waits for a request in registers, at least as urgent as the caller, and has no other request;
//   - nobody more urgent is ready, and the timer runs where anybody is;
//   - the caller has a record for its calls, and neither shares its stack. The server is not guarded.
// An answer takes it (reply_and_receive_in_registers) where
//   - the handle is the endpoint of the present epoch;
//   - the number names the one request that the task has, and its caller waits in registers;
//   - no other request waits, and nobody waits for the calls inside to end;
//   - nobody has lent the server its priority, and nobody more urgent is ready;
//   - it is not guarded and does not share its stack.
// Each looks before it changes anything. Everything unusual goes one way, `slowly`: to the general path (MessageCalls.swift),
// which does it or says what is wrong.
//
// Invariants:
// - The steps are those of the protocol (CallQueues+Direct.swift), in one go: the request is taken, or the caller answered.
// - The count of who refers to the service stays: the caller comes in as the server leaves its wait, and the other way round.
// - No register comes back to a task with anything of the kernel's in it.
// - Where the fields of records are: include/ipc_layout.h.

#include "ipc.inc"

.section .text.entry, "ax"

// EBX: the handle; ECX: the operation; EDX, ESI, EDI: three words. They lie in the saved registers too.
.globl call_in_registers
call_in_registers:
  cmpl $HANDLES, %ebx
  jae slowly
  movl CPU_CURRENT_TASK, %ebp
  movl TASK_OWNER(%ebp), %eax
  movl PROCESS_DOORS(%eax,%ebx,4), %ebx
  testl %ecx, %ecx                     // brings a handle
  js slowly
  cmpl $0, DOOR_FUNCTION(%ebx)
  jne door_in_registers                // a module serves
  movl DOOR_SERVICE(%ebx), %ebx
  testl %ebx, %ebx
  jz slowly
  FIND_SERVER slowly

  TAKE_REQUEST FORM_REGISTERS
  leal 4(%esp), %esi                   // the caller's registers
  pushl $0                             // it waits in no epoch
  pushl %ebx
  SWITCH_TASK $resume_in_registers
  cmpb $0, TASK_MODE(%edi)
  jne 7f
  movl %ecx, %eax                      // the number
  movl USER_REGISTERS + SAVED_EBP(%edx), %ecx // the page left its stack pointer there
  movl SAVED_ECX(%esi), %ebx
  movl SAVED_EDX(%esi), %ebp
  movl SAVED_EDI(%esi), %edi
  movl SAVED_ESI(%esi), %esi
  movl $REGISTERS_RETURN, %edx
  sti                                  // takes effect after the next instruction
  sysexit
7:movl %ecx, %eax
  movl RING0_REGISTERS + SAVED_EBP(%edx), %ebp
  movl RING0_ESP(%edx), %esp
  movl SAVED_ECX(%esi), %ebx
  movl SAVED_EDX(%esi), %edx
  movl SAVED_EDI(%esi), %edi
  movl SAVED_ESI(%esi), %esi
  xorl %ecx, %ecx
  ljmp $RING0_TASK_CODE, $RING0_RETURN
  SELDOM_OF_REQUESTS
  SELDOM_OF_SWITCHES

// EBX: the endpoint; ECX: the request's number; EDX, ESI, EDI: three words.
.globl reply_and_receive_in_registers
reply_and_receive_in_registers:
  FIND_CALLER
  cmpb $FORM_REGISTERS, RECORD_FORM(%esi)
  jne reply_with_words                 // it waits for a message (ipc_message.S)

  GIVE_ANSWER
  leal 4(%esp), %esi                   // the server's registers
  pushl SERVICE_EPOCH(%ebx)
  pushl %ebx
  SWITCH_TASK $resume_in_registers
  xorl %ebx, %ebx
  cmpb $0, TASK_MODE(%edi)
  jne 7f
  xorl %eax, %eax
  movl USER_REGISTERS + SAVED_EBP(%edx), %ecx
  movl SAVED_EDX(%esi), %ebp
  movl SAVED_EDI(%esi), %edi
  movl SAVED_ESI(%esi), %esi
  movl $REGISTERS_RETURN, %edx
  sti
  sysexit
7:testb $GUARDED, CPU_PROTECTION
  jnz 9f
8:xorl %eax, %eax
  movl RING0_REGISTERS + SAVED_EBP(%edx), %ebp
  movl RING0_ESP(%edx), %esp
  movl SAVED_EDX(%esi), %edx
  movl SAVED_EDI(%esi), %edi
  movl SAVED_ESI(%esi), %esi
  xorl %ecx, %ecx
  ljmp $RING0_TASK_CODE, $RING0_RETURN
9:movl %cr0, %eax                      // from now on nothing of the kernel's is written
  orl $0x10000, %eax
  movl %eax, %cr0
  jmp 8b
  SELDOM_OF_ANSWERS
  SELDOM_OF_SWITCHES

// A wait that began here ended in another way. On the stack: the service, and the epoch of a server. Where it goes on from
// here, all registers are saved anew.
.globl resume_in_registers
resume_in_registers:
  GO_ON
  cmpl $0, CPU_PENDING_WORK
  je leave_in_registers
  call see_to_pending_work
  jmp leave_in_registers

// Also for the calls of this kind that have no fast path.
.globl slowly
slowly:
  leal 4(%esp), %eax
  pushl %eax
  call general_system_call
  addl $4, %esp

// The way out of calls that give words back in registers: SYSEXIT itself takes ECX and EDX.
.globl leave_in_registers
leave_in_registers:
  movl CPU_CURRENT_TASK, %eax
  cmpb $0, TASK_MODE(%eax)
  jne 1f
  addl $4, %esp
  popal
  movl %ebp, %ecx
  movl %edx, %ebp
  movl $REGISTERS_RETURN, %edx
  sti
  sysexit
1:ret
