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
/// INT with the vectors of the page fault, which has an error code, and of the double fault.
INSTRUCTION void raise_page_fault(void) { __asm__ volatile("int $14" ::: "memory", "cc"); }
INSTRUCTION void raise_double_fault(void) { __asm__ volatile("int $8" ::: "memory", "cc"); }
/// IRET with EFLAGS.VM set, which only Ring 0 may do, to an address in the first 64 KiB.
INSTRUCTION void enter_virtual_8086_mode(void) {
  __asm__ volatile("pushl $0\n\tpushl $0\n\tpushl $0\n\tpushl $0\n\tpushl $0\n\tpushl $0x1000\n\t"
                   "pushl $0x20202\n\tpushl $0x28\n\tpushl $0x100\n\tiret" ::: "memory");
}
/// IRET to Ring 3, on the same stack, and a loop there.
INSTRUCTION void loop_in_ring3(void) {
  __asm__ volatile("movl %%esp, %%ecx\n\tpushl $0x23\n\tpushl %%ecx\n\tpushfl\n\tpushl $0x1b\n\t"
                   "call 2f\n2:\taddl $1f - 2b, (%%esp)\n\tiret\n1:\tjmp 1b" ::: "ecx", "memory", "cc");
}
/// Sets two breakpoints for all to meet: on the first instruction of a program, and on the system-call page.
INSTRUCTION void set_breakpoints(uint32_t one, uint32_t other) {
  __asm__ volatile("movl %0, %%dr0\n\tmovl %1, %%dr1\n\tmovl %2, %%dr7" ::"r"(one), "r"(other), "r"(0x0f));
}
/// Clears CR0.TS, so that the x87 and SSE registers of another task can be reached.
INSTRUCTION void clear_task_switched_flag(void) { __asm__ volatile("clts"); }
/// Sets CR0.EM, with which no floating-point instruction runs, and executes one.
INSTRUCTION void emulate_float_unit(void) {
  __asm__ volatile("movl %%cr0, %%eax\n\torl $4, %%eax\n\tmovl %%eax, %%cr0\n\tfld1\n\tfstp %%st(0)" ::: "eax", "cc");
}
/// A far jump to the task state that double faults come to.
INSTRUCTION void jump_to_task_state(void) { __asm__ volatile("ljmp $0x40, $0" ::: "memory"); }
/// Sets CR4.TSD, which takes RDTSC from Ring 3.
INSTRUCTION void set_time_stamp_disable(void) {
  __asm__ volatile("movl %%cr4, %%eax\n\torl $4, %%eax\n\tmovl %%eax, %%cr4" ::: "eax", "cc");
}
/// Loads IDTR with the address that it has and a limit under the last gates.
INSTRUCTION void shorten_interrupt_table(uint16_t limit) {
  struct __attribute__((packed)) { uint16_t limit; uint32_t base; } table;
  __asm__ volatile("sidt %0" : "=m"(table));
  table.limit = limit;
  __asm__ volatile("lidt %0" ::"m"(table));
}
/// Changes where SYSENTER goes.
INSTRUCTION void set_sysenter_target(uint32_t address) {
  __asm__ volatile("wrmsr" ::"c"(0x176), "a"(address), "d"(0));
}
/// Calls `clock` with a place just under the stack pointer, where the call itself keeps its flags and return address.
INSTRUCTION int32_t clock_into_dead_frame(uint32_t number) {
  __asm__ volatile("leal -16(%%esp), %%ebx\n\tcall 0xbffff000" : "+a"(number)::"ebx", "memory", "cc");
  return (int32_t)number;
}
INSTRUCTION uint32_t stack_pointer(void) {
  uint32_t value;
  __asm__ volatile("movl %%esp, %0" : "=r"(value));
  return value;
}
INSTRUCTION void port_write(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }

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
