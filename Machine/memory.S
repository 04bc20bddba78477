// The memory functions that compiled code calls, with string instructions, and the copy that may fault.
// Written in assembly because a compiler turns a loop that copies into a call of the function it stands in.

#include "cpu_area.inc"

.section .text.memory, "ax"

// void *memcpy(void *destination, const void *source, uint32_t count)
.globl memcpy
memcpy:
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %ecx
  movl %edi, %eax
  movl %ecx, %edx
  shrl $2, %ecx
  rep movsl
  movl %edx, %ecx
  andl $3, %ecx
  rep movsb
  popl %edi
  popl %esi
  ret

// void *memmove(void *destination, const void *source, uint32_t count)
.globl memmove
memmove:
  movl 4(%esp), %eax
  subl 8(%esp), %eax
  cmpl 12(%esp), %eax                  // destination - source, unsigned: overlaps forward only when below count
  jae memcpy
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %ecx
  movl %edi, %eax
  leal -1(%edi,%ecx), %edi
  leal -1(%esi,%ecx), %esi
  std
  rep movsb
  cld
  popl %edi
  popl %esi
  ret

// void *memset(void *destination, int value, uint32_t count)
.globl memset
memset:
  pushl %edi
  movl 8(%esp), %edi
  movzbl 12(%esp), %eax
  movl 16(%esp), %ecx
  imull $0x01010101, %eax
  movl %ecx, %edx
  shrl $2, %ecx
  rep stosl
  movl %edx, %ecx
  andl $3, %ecx
  rep stosb
  movl 8(%esp), %eax
  popl %edi
  ret

// int memcmp(const void *left, const void *right, uint32_t count)
.globl memcmp
memcmp:
  pushl %esi
  pushl %edi
  movl 12(%esp), %esi
  movl 16(%esp), %edi
  movl 20(%esp), %ecx
  xorl %eax, %eax
  cmpl %eax, %ecx
  repe cmpsb
  je 1f
  movzbl -1(%esi), %eax
  movzbl -1(%edi), %ecx
  subl %ecx, %eax
1:popl %edi
  popl %esi
  ret

// uint32_t strlen(const char *text)
.globl strlen
strlen:
  movl 4(%esp), %eax
1:cmpb $0, (%eax)
  je 2f
  incl %eax
  jmp 1b
2:subl 4(%esp), %eax
  ret

// void free(void *memory)
.globl free
free:
  jmp kernel_free

// Copies ECX words, or ECX bytes, from ESI to EDI; one side is a task's memory. A page fault between user_copy_start
// and user_copy_end that cannot be resolved goes to user_copy_fault. ECX is 0 where all was copied, and else what was
// left. No register but those three changes.
.globl user_copy_words, user_copy_fault
.globl user_copy_words_stac, user_copy_words_clac, user_copy_bytes_stac, user_copy_bytes_clac
user_copy_words:
user_copy_words_stac: nopl (%eax)
user_copy_start:
  rep movsl
user_copy_words_clac: nopl (%eax)
  ret
user_copy_bytes:
user_copy_bytes_stac: nopl (%eax)
  rep movsb
user_copy_end:
user_copy_bytes_clac: nopl (%eax)
  ret
user_copy_fault: nopl (%eax)
  ret
  RECOVER user_copy_start, user_copy_end, user_copy_fault

// uint32_t user_copy(void *destination, const void *source, uint32_t count)
// The same for a number of bytes. Returns 0, or not 0 when the copy was cut short.
.globl user_copy
user_copy:
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %ecx
  movl %ecx, %edx
  shrl $2, %ecx
  call user_copy_words
  testl %ecx, %ecx
  jnz 1f
  movl %edx, %ecx
  andl $3, %ecx
  jz 1f
  call user_copy_bytes
1:movl %ecx, %eax
  popl %edi
  popl %esi
  ret

// uint32_t probe_access(uint32_t address, uint32_t kind)
// Reads the word at an address (kind 0), writes it back too (1) or calls the address (2), with no more rights than any
// kernel code has. A fault of it goes to probe_fault, with EBP as it is in here. Returns 0, or 1 after a fault.
.globl probe_access, probe_fault
probe_access:
  pushl %ebp
  movl %esp, %ebp
  movl 8(%ebp), %ecx
  movl 12(%ebp), %edx
  cmpl $2, %edx
  je 2f
probe_start:
  movl (%ecx), %eax
  testl %edx, %edx
  jz 1f
  movl %eax, (%ecx)
probe_end:
1:xorl %eax, %eax
  popl %ebp
  ret
2:call *%ecx
  jmp 1b
  RECOVER probe_start, probe_end, probe_fault
probe_fault:
  movl %ebp, %esp
  popl %ebp
  movl $1, %eax
  ret
