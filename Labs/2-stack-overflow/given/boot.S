// Entry of the kernel, its stacks, and the few steps that must be assembly. Nothing here is to be changed.

.section .multiboot, "a"
.align 4
.long 0x1BADB002, 0, -0x1BADB002

.section .text.start, "ax"
.globl start
start:
  cld
  movl $stack_end, %esp
  xorl %ebp, %ebp
  // 16(%ebx): the address of the command line (Multiboot 1, 3.3).
  pushl 16(%ebx)
  call lab_main
1:hlt
  jmp 1b

// uint32_t call_recoverable(uint32_t (*function)(uint32_t), uint32_t argument, uint32_t *failed)
// Calls the function. Whoever puts ESP back to `recovery_stack_pointer` and goes on at `recovered` ends that call: then
// *failed is 1, else 0.
.globl call_recoverable
call_recoverable:
  pushl %ebp
  pushl %ebx
  pushl %esi
  pushl %edi
  movl %esp, recovery_stack_pointer
  movl 28(%esp), %eax
  movl $0, (%eax)
  pushl 24(%esp)
  call *24(%esp)
  addl $4, %esp
2:popl %edi
  popl %esi
  popl %ebx
  popl %ebp
  ret
.globl recovered
recovered:
  movl 28(%esp), %eax
  movl $1, (%eax)
  xorl %eax, %eax
  jmp 2b

// Where interrupt gates lead. The processor pushed an error code, EIP, CS and EFLAGS on the stack that was in use.
.globl page_fault_entry
page_fault_entry:
  movl $14, %eax
  jmp exception
.globl double_fault_entry
double_fault_entry:
  movl $8, %eax
exception:
  pushl %eax
  call lab_exception
3:hlt
  jmp 3b

// Where a task gate may lead: the processor has changed to this task's stack and pushed an error code there. IRET goes back to
// the task that was interrupted, with the registers that its task state has by then; the next time it goes on behind it.
.globl double_fault_task
double_fault_task:
  call lab_double_fault
  addl $4, %esp
  iret
  jmp double_fault_task

.section .bss, "aw", @nobits
.align 4096
// The page below the stack is not mapped.
.globl stack_guard, stack_start, stack_end
stack_guard: .skip 4096
stack_start: .skip 32768
stack_end:
.globl second_stack_end
second_stack: .skip 8192
second_stack_end:
.align 4096
.globl page_directory, page_table
page_directory: .skip 4096
page_table: .skip 4096
.globl recovery_stack_pointer
recovery_stack_pointer: .skip 4
.align 16
.globl main_state, double_fault_state, descriptors, gates
main_state: .skip 104
double_fault_state: .skip 104
.align 16
descriptors: .skip 5 * 8
gates: .skip 256 * 8
