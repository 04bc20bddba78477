// Where processes and threads begin.
//
// A process: the kernel jumps to _start with the stack of the System V ABI for the i386: ESP points at the argument
// count, then come the argument pointers, a zero, the environment pointers and a zero.
// A thread: the kernel calls thread_trampoline like a C function of one argument, the address of a ThreadStart.
// Both are entered with interrupts on and the direction flag clear, in Ring 3 or in Ring 0.

#define SYSTEM_CALL_PAGE 0xbffff000
#define CALL_EXIT 1

.section .text.start, "ax"
.globl _start
.type _start, @function
_start:
  xorl %ebp, %ebp                      // where a backtrace ends
  movl %esp, initial_stack
  movl (%esp), %eax
  leal 4(%esp), %ecx
  andl $~15, %esp                      // the System V ABI: ESP is a multiple of 16 where a call is made
  subl $8, %esp
  pushl %ecx
  pushl %eax
  call main
  movl %eax, %ebx
1:movl $CALL_EXIT, %eax
  call SYSTEM_CALL_PAGE
  jmp 1b
.size _start, . - _start

.section .text.thread_trampoline, "ax"
.globl thread_trampoline
.type thread_trampoline, @function
thread_trampoline:
  movl 4(%esp), %eax
  xorl %ebp, %ebp
  andl $~15, %esp
  subl $12, %esp
  pushl %eax
  call thread_main
  movl %eax, %ebx
1:movl $CALL_EXIT, %eax
  call SYSTEM_CALL_PAGE
  jmp 1b
.size thread_trampoline, . - thread_trampoline

.section .bss.runtime, "aw", @nobits
.balign 16
.globl runtime_storage
runtime_storage: .skip 48
.globl initial_stack
initial_stack: .skip 4

// Sections of their own: a program without a heap does without them.
.section .bss.heap_storage, "aw", @nobits
.balign 16
.globl heap_storage
heap_storage: .skip 4096
// A bit for each page between AddressLayout.dynamicStart and dynamicEnd: whether the heap holds it.
.section .bss.heap_page_bits, "aw", @nobits
.balign 16
.globl heap_page_bits
heap_page_bits: .skip (0xb0000000 - 0x10000000) / 4096 / 8
