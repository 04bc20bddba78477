// `free`, under the name that compiled code calls; Swift would take a function of that name for the C library's.

.section .text.free, "ax"
.globl free
.type free, @function
free:
  jmp heap_free
.size free, . - free
