// The memory functions that compiled code calls, with string instructions. Linked modules have them too.
// In assembly because a compiler turns a loop that copies into a call of the function that it stands in.

.macro FUNCTION name
.section .text.\name, "ax"
.globl \name
.type \name, @function
\name:
.endm

// void *memcpy(void *destination, const void *source, size_t count)
FUNCTION memcpy
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %edx
  movl %edi, %eax
  movl %edx, %ecx
  shrl $2, %ecx
  rep movsl
  movl %edx, %ecx
  andl $3, %ecx
  rep movsb
  popl %edi
  popl %esi
  ret
.size memcpy, . - memcpy

// void *memmove(void *destination, const void *source, size_t count)
FUNCTION memmove
  movl 4(%esp), %eax
  subl 8(%esp), %eax
  cmpl 12(%esp), %eax                  // unsigned: only a destination inside the source is below count
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
.size memmove, . - memmove

// void *memset(void *destination, int value, size_t count)
FUNCTION memset
  pushl %edi
  movl 8(%esp), %edi
  movzbl 12(%esp), %eax
  movl 16(%esp), %edx
  imull $0x01010101, %eax
  movl %edx, %ecx
  shrl $2, %ecx
  rep stosl
  movl %edx, %ecx
  andl $3, %ecx
  rep stosb
  movl 8(%esp), %eax
  popl %edi
  ret
.size memset, . - memset

// int memcmp(const void *left, const void *right, size_t count)
FUNCTION memcmp
  pushl %esi
  pushl %edi
  movl 12(%esp), %esi
  movl 16(%esp), %edi
  movl 20(%esp), %ecx
  xorl %eax, %eax
  cmpl %eax, %ecx                      // sets ZF, for a count of 0
  repe cmpsb
  je 1f
  movzbl -1(%esi), %eax
  movzbl -1(%edi), %ecx
  subl %ecx, %eax
1:popl %edi
  popl %esi
  ret
.size memcmp, . - memcmp

// size_t strlen(const char *text)
FUNCTION strlen
  movl 4(%esp), %eax
1:cmpb $0, (%eax)
  je 2f
  incl %eax
  jmp 1b
2:subl 4(%esp), %eax
  ret
.size strlen, . - strlen
