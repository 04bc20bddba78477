// The fast path of a conversation by messages in memory: to a server that receives in registers or in its message
// (receiveInRegisters), and back. The words travel in the caller's record, and up to 64 bytes of data with them, so that each side is
// read and written in its own address space. Longer data of a request are copied once, by SpaceCopy.swift.
//
// What holds for a request in registers holds here (ipc.S). In addition
//   - the call has no time limit;
//   - it brings no handle and no data above the limit, and offers no room above it;
//   - message and data can be read.
// An answer may be of words, as in registers, or a message (replyMessageAndReceive) with up to 64 bytes of data.
//
// Invariants:
// - Until the switch nothing has changed but the record, which the general path fills anew.
// - After it the work goes on at the place where the other task was left on its own kernel stack. Where its memory cannot be
//   written, or something else is to be seen to, RET goes on there: the general path does it all again, or says what is wrong.

#include "ipc.inc"

// On the way to the caller, in EDI: to the place where it was left, with its saved registers in EBX and its message's address in ECX.
.macro RETURN_TO_CALLER
  movl TASK_SAVED_STACK_POINTER(%edi), %esp
  leal USER_REGISTERS(%edx), %ebx
  cmpb $0, TASK_MODE(%edi)
  je 26f
  subl $4, %ebx                        // its stack pointer is behind them
  testb $GUARDED, CPU_PROTECTION
  jnz 27f
26:
  movl SAVED_ECX(%ebx), %ecx
.endm
// What a guarded caller may write, the processor does not tell while the kernel works. ESI: the record, where data come too.
.macro SELDOM_OF_RETURNS data, otherwise
27:
  pushl $(MESSAGE_WORDS_OF_REPLY * 4)
  pushl SAVED_ECX(%ebx)
  call guarded_caller_may_write
  addl $8, %esp
  testb %al, %al
  jz \otherwise
  .if \data
    cmpl $0, RECORD_LENGTH(%esi)
    je 26b
    pushl RECORD_LENGTH(%esi)
    pushl RECORD_BUFFER_ADDRESS(%esi)
    call guarded_caller_may_write
    addl $8, %esp
    testb %al, %al
    jz \otherwise
  .endif
  jmp 26b
.endm

.section .text.entry, "ax"

// From request_by_message (module_door.S), where no module serves. EAX: the task; EBX: the door; ECX: the message.
.globl call_by_message
call_by_message:
  movl SAVED_EDX + 4(%esp), %edi
  andl SAVED_ESI + 4(%esp), %edi
  cmpl $-1, %edi                       // no time limit
  jne message_elsewhere
  cmpl $0, DOOR_SERVICE(%ebx)
  je message_elsewhere
  movl DOOR_SERVICE(%ebx), %ebx
  movl %eax, %ebp
  movl %ecx, %edx
  cmpl $(KERNEL_HALF - MESSAGE_SIZE), %edx
  ja call_slowly
  FIND_SERVER call_slowly
  movl %edi, %eax
  movl %esi, %edi
  movl %edx, %esi
  movl $MESSAGE_WORDS_READ, %ecx
.globl call_stac, call_clac
call_stac: nopl (%eax)
call_start:
  rep movsl
call_end:
call_clac: nopl (%eax)
  RECOVER call_start, call_end, call_fault
  movl %eax, %edi
  movl TASK_CALL_RECORD(%ebp), %esi
  cmpl $0, RECORD_OPERATION(%esi)      // brings a handle
  js call_slowly
  cmpl $DATA_LIMIT, RECORD_CAPACITY(%esi)
  ja call_slowly
  movl RECORD_LENGTH(%esi), %ecx
  testl %ecx, %ecx
  jnz call_with_data
call_brought:
  movl RECORD_DATA(%esi), %eax
  movl %eax, RECORD_DATA_ADDRESS(%esi)
  movl RECORD_BUFFER(%esi), %eax
  movl %eax, RECORD_BUFFER_ADDRESS(%esi)
  movl $0, RECORD_INLINE_LENGTH(%esi)
  movl TASK_OWNER(%ebp), %eax
  movl PROCESS_SENDER(%eax), %eax
  movl %eax, RECORD_SENDER(%esi)

  TAKE_REQUEST FORM_MESSAGE
  pushl $0                             // it waits in no epoch
  pushl %ebx
  SWITCH_TASK $resume_by_message
  movl RECORD_WORDS + 12(%esi), %eax   // it fits into registers, where there is nothing else
  orl RECORD_WORDS + 16(%esi), %eax
  orl RECORD_WORDS + 20(%esi), %eax
  orl RECORD_LENGTH(%esi), %eax
  orl RECORD_CAPACITY(%esi), %eax
  jz take_in_registers
  movl TASK_SAVED_STACK_POINTER(%edi), %esp
  movl %edi, %ebp
  movl TASK_RECEIVED_MESSAGE(%edi), %ebx
  cmpl $(KERNEL_HALF - MESSAGE_SIZE), %ebx
  ja 2f
  cmpl $INLINE_SIZE, RECORD_LENGTH(%esi)
  ja take_long_data
.globl take_stac, take_clac, take_fault
take_stac: nopl (%eax)
take_start:
  movl MESSAGE_SENDER(%ebx), %eax      // all of it can be written, or nothing is
  movl %eax, MESSAGE_SENDER(%ebx)
  movl MESSAGE_BUFFER(%ebx), %eax
  movl %eax, RECORD_DATA(%esi)
  movl %eax, RECORD_BUFFER(%esi)
  movl RECORD_LENGTH(%esi), %ecx
  testl %ecx, %ecx
  jnz take_data
1:movl %ebx, %edi
  movl $(MESSAGE_SIZE / 4), %ecx
  rep movsl
take_end:
take_clac: nopl (%eax)
  RECOVER take_start, take_end, take_fault
  cmpl $0, CPU_PENDING_WORK
  jne take_later
  movl RECORD_NUMBER - MESSAGE_SIZE(%esi), %eax
  movl $IN_MEMORY, %ebx
  xorl %esi, %esi
  xorl %edi, %edi
  cmpb $0, TASK_MODE(%ebp)
  jne 7f
  movl USER_REGISTERS + SAVED_EBP(%edx), %ecx
  xorl %ebp, %ebp
  movl $REGISTERS_RETURN, %edx
  sti                                  // takes effect after the next instruction
  sysexit
7:movl RING0_REGISTERS + SAVED_EBP(%edx), %ebp
  movl RING0_ESP(%edx), %esp
  xorl %ecx, %ecx
  xorl %edx, %edx
  ljmp $RING0_TASK_CODE, $RING0_RETURN

take_in_registers:
  cmpb $0, TASK_MODE(%edi)
  jne 7f
  movl %ecx, %eax                      // the number
  movl USER_REGISTERS + SAVED_EBP(%edx), %ecx
  movl RECORD_OPERATION(%esi), %ebx
  movl RECORD_WORDS(%esi), %ebp
  movl RECORD_WORDS + 8(%esi), %edi
  movl RECORD_WORDS + 4(%esi), %esi
  movl $REGISTERS_RETURN, %edx
  sti
  sysexit
7:movl %ecx, %eax
  movl RING0_REGISTERS + SAVED_EBP(%edx), %ebp
  movl RING0_ESP(%edx), %esp
  movl RECORD_OPERATION(%esi), %ebx
  movl RECORD_WORDS(%esi), %edx
  movl RECORD_WORDS + 8(%esi), %edi
  movl RECORD_WORDS + 4(%esi), %esi
  xorl %ecx, %ecx
  ljmp $RING0_TASK_CODE, $RING0_RETURN

take_long_data:
  call take_request_data
  testl %eax, %eax
  jz 2f
  movl TASK_KERNEL_STACK_END(%ebp), %edx
.globl take_long_stac
take_long_stac: nopl (%eax)
  jmp 1b

take_data:
  cmpl MESSAGE_CAPACITY(%ebx), %ecx
  ja take_fault
  cmpl $(KERNEL_HALF - INLINE_SIZE), %eax
  ja take_fault
  movl %eax, %edi
  addl $RECORD_INLINE, %esi
  movl %ecx, %eax
  shrl $2, %ecx
take_data_start:
  rep movsl
  movl %eax, %ecx
  andl $3, %ecx
  rep movsb
take_data_end:
  RECOVER take_data_start, take_data_end, take_fault
  movl TASK_SERVED_CALLERS(%ebp), %esi
  movl TASK_CALL_RECORD(%esi), %esi
  jmp 1b
// The server has its request; but something else is to be seen to before its code goes on.
take_later:
  addl $USER_REGISTERS, %edx
  cmpb $0, TASK_MODE(%ebp)
  je 3f
  subl $4, %edx
3:movl RECORD_NUMBER - MESSAGE_SIZE(%esi), %eax
  movl %eax, SAVED_EAX(%edx)
  movl $IN_MEMORY, SAVED_EBX(%edx)
  leal -4(%edx), %esp                  // where its call came into the kernel
  xorl %ebp, %ebp                      // the first frame
  call see_to_pending_work
  jmp leave_in_registers

take_fault: nopl (%eax)                // CLAC
// It comes back to where it waits after all, and gives up its share of the service there.
2:movl TASK_SERVED_CALLERS(%ebp), %eax
  movl TASK_CALL_RECORD(%eax), %eax
  movl RECORD_SERVICE(%eax), %eax
  incl SERVICE_REFERENCES(%eax)
  ret

call_with_data:
  cmpl $INLINE_SIZE, %ecx
  ja call_with_long_data
  PREPARE_INLINE_COPY call_slowly
.globl call_data_stac, call_data_clac
call_data_stac: nopl (%eax)
call_data_start:
  rep movsl
  movl %eax, %ecx
  andl $3, %ecx
  rep movsb
call_data_end:
call_data_clac: nopl (%eax)
  RECOVER call_data_start, call_data_end, call_fault
  movl %edx, %edi
  movl TASK_CALL_RECORD(%ebp), %esi
  jmp call_brought

// Copied when the server's task takes the request. The highest bit of the length says that pages are lent.
call_with_long_data:
  cmpl $DATA_LIMIT, %ecx
  jbe call_brought
  testl %ecx, %ecx
  jns call_slowly
  pushl %esi
  call begin_lending
  addl $4, %esp
  testl %eax, %eax
  jnz call_brought
  jmp call_slowly

.globl call_fault
call_fault: nopl (%eax)                // CLAC
call_slowly:
  leal 4(%esp), %eax
  pushl %ebx
  pushl %eax
  call answer_call
  addl $8, %esp
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
  SELDOM_OF_REQUESTS
  SELDOM_OF_SWITCHES

// EBX: the endpoint; ECX: the request's number; EDX: the message with the reply.
.globl reply_message_and_receive
reply_message_and_receive:
  cmpl $(KERNEL_HALF - MESSAGE_SIZE), %edx
  ja slowly
  FIND_CALLER
  cmpb $FORM_MESSAGE, RECORD_FORM(%esi)
  jne slowly
  movl %edi, %eax
  movl %esi, %edi
  movl %edx, %esi
  movl $MESSAGE_WORDS_OF_REPLY, %ecx
.globl answer_stac, answer_clac
answer_stac: nopl (%eax)
answer_start:
  rep movsl
answer_end:
answer_clac: nopl (%eax)
  RECOVER answer_start, answer_end, answer_fault
  movl %eax, %edi
  movl TASK_CALL_RECORD(%edi), %esi
  cmpl $0, RECORD_OPERATION(%esi)
  js slowly
  movl RECORD_LENGTH(%esi), %ecx
  testl %ecx, %ecx
  jz answer_in_record
  cmpl $INLINE_SIZE, %ecx
  ja slowly
  cmpl RECORD_CAPACITY(%esi), %ecx
  ja slowly
  PREPARE_INLINE_COPY slowly
.globl answer_data_stac, answer_data_clac
answer_data_stac: nopl (%eax)
answer_data_start:
  rep movsl
  movl %eax, %ecx
  andl $3, %ecx
  rep movsb
answer_data_end:
answer_data_clac: nopl (%eax)
  RECOVER answer_data_start, answer_data_end, answer_fault
  movl %edx, %edi
  movl TASK_CALL_RECORD(%edi), %esi
  movl %eax, RECORD_INLINE_LENGTH(%esi)
  jmp answer_in_record
.globl answer_fault
answer_fault: nopl (%eax)              // CLAC
  jmp slowly

// From reply_and_receive_in_registers (ipc.S): the words are in the server's saved registers.
.globl reply_with_words
reply_with_words:
  cmpl $0, RECORD_LENT_TO(%esi)
  jne 5f
4:movl $0, RECORD_RESULT(%esi)
  GIVE_ANSWER
  leal 4(%esp), %esi                   // the server's registers
  pushl SERVICE_EPOCH(%ebx)
  pushl %ebx
  SWITCH_TASK $resume_in_registers
  RETURN_TO_CALLER
.globl words_stac, words_clac, words_fault
words_stac: nopl (%eax)
words_start:
  movl SAVED_EDX(%esi), %eax
  movl %eax, 4(%ecx)
  movl SAVED_ESI(%esi), %eax
  movl %eax, 8(%ecx)
  movl SAVED_EDI(%esi), %eax
  movl %eax, 12(%ecx)
  xorl %eax, %eax
  movl %eax, (%ecx)                    // an operation says nothing in a reply
  movl %eax, 16(%ecx)
  movl %eax, 20(%ecx)
  movl %eax, 24(%ecx)
  movl %eax, 32(%ecx)                  // no bytes
words_end:
words_clac: nopl (%eax)
  RECOVER words_start, words_end, words_fault
  cmpl %eax, CPU_PENDING_WORK
  jne 6f
  movl %eax, SAVED_EAX(%ebx)
  leal -4(%ebx), %esp                  // where its call came into the kernel
  ret
5:call answer_lent
  jmp 4b
words_fault: nopl (%eax)               // CLAC
// The general path brings the words from the record.
6:movl CPU_CURRENT_TASK, %eax
  movl TASK_CALL_RECORD(%eax), %edi
  xorl %eax, %eax
  movl %eax, RECORD_OPERATION(%edi)
  movl SAVED_EDX(%esi), %ecx
  movl %ecx, RECORD_WORDS(%edi)
  movl SAVED_ESI(%esi), %ecx
  movl %ecx, RECORD_WORDS + 4(%edi)
  movl SAVED_EDI(%esi), %ecx
  movl %ecx, RECORD_WORDS + 8(%edi)
  movl %eax, RECORD_WORDS + 12(%edi)
  movl %eax, RECORD_WORDS + 16(%edi)
  movl %eax, RECORD_WORDS + 20(%edi)
  movl %eax, RECORD_LENGTH(%edi)
  jmp give_slowly
  SELDOM_OF_ANSWERS
  SELDOM_OF_RETURNS 0, words_fault
  SELDOM_OF_SWITCHES

// The pages that the caller lent are taken back before it has its answer.
answer_lent:
  pushl %edi
  call revoke_lease
  addl $4, %esp
  ret

answer_in_record:
  cmpl $0, RECORD_LENT_TO(%esi)
  jne 5f
4:movl $0, RECORD_RESULT(%esi)
  GIVE_ANSWER
  pushl SERVICE_EPOCH(%ebx)
  pushl %ebx
  SWITCH_TASK $resume_in_registers
  RETURN_TO_CALLER
  movl RECORD_LENGTH(%esi), %eax
.globl give_stac, give_clac, give_fault
give_stac: nopl (%eax)
give_start:
  testl %eax, %eax
  jnz give_data
1:movl SAVED_ECX(%ebx), %edi
  movl $7, %ecx                        // the operation and six words
  rep movsl
  movl %eax, 4(%edi)                   // behind the data's address: how many bytes there are
give_end:
give_clac: nopl (%eax)
  RECOVER give_start, give_end, give_fault
  cmpl $0, CPU_PENDING_WORK
  jne give_slowly
  movl $0, SAVED_EAX(%ebx)
  leal -4(%ebx), %esp
  ret
5:call answer_lent
  jmp 4b

give_data:
  movl RECORD_BUFFER_ADDRESS(%esi), %edi
  cmpl $(KERNEL_HALF - INLINE_SIZE), %edi
  ja give_fault
  movl %esi, %edx
  addl $RECORD_INLINE, %esi
  movl %eax, %ecx
  shrl $2, %ecx
give_data_start:
  rep movsl
  movl %eax, %ecx
  andl $3, %ecx
  rep movsb
give_data_end:
  RECOVER give_data_start, give_data_end, give_fault
  movl %edx, %esi
  jmp 1b
give_fault: nopl (%eax)                // CLAC
// The caller comes back to where it waits after all, and gives up its share of the service there.
give_slowly:
  movl 4(%esp), %eax
  incl SERVICE_REFERENCES(%eax)
  ret
  SELDOM_OF_ANSWERS
  SELDOM_OF_RETURNS 1, give_fault
  SELDOM_OF_SWITCHES

// A call by message that began here ended in another way. On the stack: the service, and 0.
resume_by_message:
  GO_ON
  cmpl $0, CPU_PENDING_WORK
  jne see_to_pending_work
  ret
