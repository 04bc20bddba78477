// From the boot loader to the higher half.
//
// The image carries both Multiboot headers: version 1 for `qemu -kernel`, version 2 for GRUB. Either way we are
// called in protected mode without paging, EAX holding the loader's magic number and EBX the physical address of
// its information. Here the processor is checked for PAE, the first page tables are made (the direct map of the
// first 512 MiB, also at address 0 until the kernel proper drops that), and the kernel is called in the upper half.

#include "cpu_area_offsets.h"

.set MB1_MAGIC, 0x1BADB002
.set MB1_FLAGS, 0x00000003             // page-aligned modules, memory information
.set KERNEL_BASE, 0xC0000000
.set DIRECT_MAP_PAGES, 256             // of 2 MiB each
.set NEEDED_FEATURES, 0x8110           // bits 4, 8 and 15 of EDX for leaf 1

.section .multiboot, "a"
.align 8
multiboot1:
  .long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
.align 8
multiboot2:
  .long 0xE85250D6, 0, multiboot2_end - multiboot2, -(0xE85250D6 + 0 + (multiboot2_end - multiboot2))
.align 8
  .short 6, 0                          // modules on page boundaries
  .long 8
.align 8
  .short 5, 1                          // a frame buffer, where there is no text mode; GRUB takes the depth only with a size
  .long 20, 1024, 768, 32
.align 8
  .short 0, 0
  .long 8
multiboot2_end:

.section .boot.text, "ax"
.globl boot_start
boot_start:
  cli
  cld
  movl $(boot_stack_end - KERNEL_BASE), %esp
  movl %eax, %esi                      // magic
  movl %ebx, %edi                      // information

  // CPUID exists where the ID flag can be changed (Intel SDM Vol. 1, 20.1).
  pushfl
  popl %eax
  movl %eax, %ecx
  xorl $0x200000, %eax
  pushl %eax
  popfl
  pushfl
  popl %eax
  cmpl %eax, %ecx
  je no_pae
  movl $1, %eax
  cpuid
  testl $0x40, %edx                    // PAE
  jz no_pae
  // What the compiler uses, and the kernel for its clock: TSC, CMPXCHG8B, CMOV (Intel SDM Vol. 2, CPUID).
  andl $NEEDED_FEATURES, %edx
  cmpl $NEEDED_FEATURES, %edx
  jne no_features
  rdtsc
  movl %eax, entry_stamp - KERNEL_BASE
  movl %edx, entry_stamp + 4 - KERNEL_BASE

  // 2 MiB pages: present, writable, large; global is added later.
  movl $(kernel_page_directory - KERNEL_BASE), %ebx
  movl $0x83, %eax
  movl $DIRECT_MAP_PAGES, %ecx
1:movl %eax, (%ebx)
  movl $0, 4(%ebx)
  addl $0x200000, %eax
  addl $8, %ebx
  loop 1b

  movl $(boot_directory_pointers - KERNEL_BASE), %ebx
  movl $(kernel_page_directory - KERNEL_BASE + 1), %eax
  movl %eax, (%ebx)                    // address 0, until the kernel drops it
  movl %eax, 24(%ebx)                  // 0xC0000000

  // No-execute must be on before an entry may carry the bit (Intel SDM Vol. 3, 4.1.4).
  movl $0x80000000, %eax
  cpuid
  cmpl $0x80000001, %eax
  jb 2f
  movl $0x80000001, %eax
  cpuid
  testl $0x100000, %edx
  jz 2f
  movl $0xC0000080, %ecx               // IA32_EFER
  rdmsr
  orl $0x800, %eax                     // NXE
  wrmsr
2:movl %cr4, %eax
  orl $0x20, %eax                      // PAE
  movl %eax, %cr4
  movl $(boot_directory_pointers - KERNEL_BASE), %eax
  movl %eax, %cr3
  movl %cr0, %eax
  orl $0x80010000, %eax                // PG, WP
  movl %eax, %cr0
  movl $upper_half, %eax
  jmp *%eax

// A processor that Megha cannot run on gets a sentence on the screen and the first serial port.
no_features:
  movl $no_features_text, %ebp
  jmp refuse
no_pae:
  movl $no_pae_text, %ebp
refuse:
  movl %ebp, %esi
  movl $0xB8000, %edi
1:lodsb
  testb %al, %al
  jz 2f
  movb $0x4F, %ah
  stosw
  jmp 1b
2:movw $0x3F8, %dx
  movl %ebp, %esi
  call tell
  movl $line_end, %esi
  call send_text
  movw $0x2F8, %dx                     // the host channel: a line that `megha run` understands
  movl $refusal_status, %esi
  call tell
  movb $0x11, %al
  outb %al, $0xF4
3:hlt
  jmp 3b

// Sends the text at ESI through the serial port at DX, whose line no firmware need have set up: 115,200 baud, 8 data bits,
// FIFOs on and empty (PC16550D data sheet, 8.1 to 8.7).
tell:
  call wait_until_sent                 // what the firmware still has under way
  addw $1, %dx
  xorb %al, %al
  outb %al, %dx                        // no interrupts
  addw $2, %dx
  movb $0x80, %al
  outb %al, %dx
  subw $3, %dx
  movb $1, %al
  outb %al, %dx                        // the divisor
  addw $1, %dx
  xorb %al, %al
  outb %al, %dx
  addw $2, %dx
  movb $3, %al
  outb %al, %dx
  subw $1, %dx
  movb $7, %al
  outb %al, %dx
  addw $2, %dx
  movb $3, %al
  outb %al, %dx
  subw $4, %dx
send_text:
  lodsb
  testb %al, %al
  jz wait_until_sent
  movb %al, %bl
  call wait_until_sent
  movb %bl, %al
  outb %al, %dx
  jmp send_text

// Waits, but not for ever, until the port at DX has sent everything: what follows may end the machine.
wait_until_sent:
  addw $5, %dx
  movl $100000, %ecx
1:inb %dx, %al
  testb $0x40, %al
  loopz 1b
  subw $5, %dx
  ret

.section .boot.data, "a"
no_pae_text: .asciz "Megha needs a processor with PAE (physical address extension); this one has none."
line_end: .asciz "\r\n"
no_features_text: .asciz "Megha needs a processor with the instructions RDTSC, CMPXCHG8B and CMOV; this one lacks some."
refusal_status: .asciz "panic this processor cannot run Megha\n"

.section .text.boot, "ax"
upper_half:
  movl $boot_stack_end, %esp
  xorl %ebp, %ebp                      // ends every walk of the frames
  pushl %edi
  pushl %esi
  call kernel_main
1:cli
  hlt
  jmp 1b

.section .bss.pages, "aw", @nobits
.align 4096
.globl kernel_page_directory, boot_directory_pointers, kernel_storage
kernel_page_directory: .skip 4096
.globl reaper_stack_start, reaper_stack_end, boot_stack_start, idle_stack_start, idle_stack_end
.globl double_fault_stack_end, nmi_stack_end
#ifdef DEBUGGABLE
// Code that is not optimized has large frames.
.set STACK_SCALE, 8
#else
.set STACK_SCALE, 1
#endif
reaper_stack_start: .skip 16384 * STACK_SCALE
reaper_stack_end:
double_fault_stack_start: .skip 8192 * STACK_SCALE
double_fault_stack_end:
nmi_stack_start: .skip 8192 * STACK_SCALE
nmi_stack_end:
// The upper part of the boot stack becomes the stack of the idle loop; the lower part is given back.
boot_stack_start: .skip 20480 * STACK_SCALE
idle_stack_start: .skip 12288 * STACK_SCALE
boot_stack_end:
idle_stack_end:
kernel_storage: .skip KERNEL_STORAGE_SIZE
.globl log_storage, entry_stamp
log_storage: .skip 32768
boot_directory_pointers: .skip 32
// The time stamp at the first instruction.
.align 8
entry_stamp: .skip 8
