// Instructions that end a program, or a call into a module, each for its own reason, and the accesses around them. The
// program `crash` and the module `lab` commit the same faults with them. Instruction names are those of the Intel SDM,
// Vol. 2.

#ifndef MEGHA_FAULT_INSTRUCTIONS_H
#define MEGHA_FAULT_INSTRUCTIONS_H

#include <stdint.h>

/// Inlined always and without a line of its own, so that a fault is found at the line that wanted it.
#define INSTRUCTION static inline __attribute__((always_inline, nodebug))

// ---- Accesses that the compiler may neither drop nor invent ----

INSTRUCTION uint32_t volatile_read(uint32_t address) { return *(volatile uint32_t *)(uintptr_t)address; }
INSTRUCTION void volatile_write(uint32_t address, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)address = value;
}
/// `value`, of which the compiler knows nothing.
INSTRUCTION uint32_t opaque(uint32_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

// ---- Instructions that end a program, each for its own reason ----

INSTRUCTION void call_address(uint32_t address) {
  __asm__ volatile("call *%0" ::"S"(address) : "eax", "ecx", "edx", "memory", "cc");
}
INSTRUCTION void undefined_instruction(void) { __asm__ volatile("ud2"); }
INSTRUCTION void breakpoint_instruction(void) { __asm__ volatile("int3"); }
INSTRUCTION void divide_by(uint32_t divisor) {
  uint32_t quotient = 1, remainder = 0;
  __asm__ volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "r"(divisor) : "cc");
}
/// PCMPEQD of XMM0. It stands in the constant of another instruction, where no check of the code looks for it.
INSTRUCTION void hidden_vector_instruction(void) {
  __asm__ volatile("call 1f\n1:\tpopl %%eax\n\taddl $(2f - 1b + 1), %%eax\n\tjmp *%%eax\n2:\tmovl $0xc0760f66, %%eax"
                   ::: "eax", "memory", "cc");
}
INSTRUCTION void disable_interrupts(void) { __asm__ volatile("cli" ::: "memory"); }
INSTRUCTION void halt(void) { __asm__ volatile("hlt" ::: "memory"); }
/// Loads the kernel's code selector and executes UD2.
INSTRUCTION void fault_in_kernel_segment(void) { __asm__ volatile("ljmpl $0x08, $1f\n1:\tud2"); }
INSTRUCTION uint8_t port_read(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
/// LLDT: privileged, and in Ring 0 refused where the descriptor table has no such selector.
INSTRUCTION void load_local_descriptor_table(uint32_t selector) {
  __asm__ volatile("lldt %w0" ::"r"(selector) : "memory");
}
INSTRUCTION void load_data_segment(uint32_t selector) { __asm__ volatile("movl %0, %%ds" ::"r"(selector) : "memory"); }
/// Sets the stack pointer and then, by a write of 0 to `priority_register`, lets interrupts come.
INSTRUCTION void accept_interrupts_at(uint32_t stack_pointer, uint32_t priority_register) {
  __asm__ volatile("movl %0, %%esp\n\tmovl $0, (%1)\n1:\tpause\n\tjmp 1b" ::"r"(stack_pointer), "r"(priority_register)
                   : "memory");
}
/// Pushes a word while the stack pointer is `address`.
INSTRUCTION void push_at(uint32_t address) {
  __asm__ volatile("movl %0, %%esp\n\tpushl $0" ::"r"(address) : "memory");
}
/// Enters the kernel by the gate while the stack pointer is `address`, then pushes a word.
INSTRUCTION void gate_call_at(uint32_t address, uint32_t number) {
  __asm__ volatile("movl %0, %%esp\n\tint $0x80\n\tpushl $0" ::"r"(address), "a"(number) : "memory");
}

#endif
