// Puts the kernel's symbol table into the section that Machine/kernel.ld keeps last.

.section .symbols, "a"
.incbin "symbols"
