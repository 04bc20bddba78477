// Entry of the probe: the Multiboot 1 header, a stack, and the few functions that Embedded Swift wants from
// whoever runs it. Memory is handed out from one block and never taken back: the probe ends soon.

.section .multiboot, "a"
.align 4
.long 0x1BADB002, 0, -0x1BADB002

.section .text.start, "ax"
.globl probe_start
probe_start:
  cld
  movl $stack_end, %esp
  xorl %ebp, %ebp
  call probe_main
1:hlt
  jmp 1b

// int posix_memalign(void **result, size_t alignment, size_t size), with alignments up to 16.
.globl posix_memalign
posix_memalign:
  movl next_free, %eax
  movl 4(%esp), %ecx
  movl %eax, (%ecx)
  movl 12(%esp), %ecx
  leal 15(%eax, %ecx), %eax
  andl $-16, %eax
  movl %eax, next_free
  xorl %eax, %eax
  ret

.globl free
free:
  ret

// void *memset(void *start, int value, size_t count).
.globl memset
memset:
  pushl %edi
  movl 8(%esp), %edi
  movl 12(%esp), %eax
  movl 16(%esp), %ecx
  rep stosb
  movl 8(%esp), %eax
  popl %edi
  ret

// void *memmove(void *to, const void *from, size_t count): the probe never moves overlapping bytes upward.
.globl memmove, memcpy
memmove:
memcpy:
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %ecx
  movl %edi, %eax
  rep movsb
  popl %edi
  popl %esi
  ret

.section .data, "aw"
.align 4
next_free: .long heap

.section .bss, "aw", @nobits
.align 16
heap: .skip 16384
.skip 16384
stack_end:
