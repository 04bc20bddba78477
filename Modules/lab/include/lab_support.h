// What the lab needs of C: the instructions that it fails with, its parameters, and where its own parts lie.
#pragma once
#include <stdint.h>

#include "../../../Userland/include/fault_instructions.h"

extern int32_t start_fault, start_result, stop_fault, start_milliseconds, start_sleep, stop_sleep;
INSTRUCTION int32_t parameter_start_fault(void) { return start_fault; }
INSTRUCTION int32_t parameter_start_result(void) { return start_result; }
INSTRUCTION int32_t parameter_stop_fault(void) { return stop_fault; }
INSTRUCTION int32_t parameter_start_milliseconds(void) { return start_milliseconds; }

INSTRUCTION int32_t parameter_start_sleep(void) { return start_sleep; }
INSTRUCTION int32_t parameter_stop_sleep(void) { return stop_sleep; }

INSTRUCTION void volatile_write8(uint32_t address, uint8_t value) {
  *(volatile uint8_t *)(uintptr_t)address = value;
}
/// A system call as tasks make it, by the page that is the last one below the kernel.
INSTRUCTION void call_page(uint32_t number) {
  __asm__ volatile("call *%1" : "+a"(number) : "S"(0xbffff000), "b"(0), "c"(0), "d"(0), "D"(0) : "memory", "cc");
}
INSTRUCTION void call_by_gate(uint32_t number) {
  __asm__ volatile("int $0x80" : "+a"(number) : "b"(0), "c"(0), "d"(0), "S"(0), "D"(0) : "memory", "cc");
}

/// Loads ESP with an address and reads the null page.
// Goes on one byte before the place that the call of the module goes back to: in the middle of an instruction of the kernel's, which
// reads at the address in ECX. The first frame of a module has no other below it.
INSTRUCTION void jump_before_return(void) {
  __asm__ volatile("movl %%ebp, %%eax\n1:\tcmpl $0, (%%eax)\n\tje 2f\n\tmovl (%%eax), %%eax\n\tjmp 1b\n"
                   "2:\tmovl 4(%%eax), %%edx\n\tdecl %%edx\n\txorl %%ecx, %%ecx\n\tjmp *%%edx"
                   ::: "eax", "ecx", "edx", "memory", "cc");
}
INSTRUCTION void fault_with_stack_at(uint32_t address) {
  __asm__ volatile("movl %0, %%esp\n\tmovl 0, %%eax" : : "r"(address) : "memory", "eax");
}

extern const struct megha_manifest megha_module;
/// The address of a constant of the module's.
INSTRUCTION uint32_t constant_address(void) { return (uint32_t)&megha_module; }
/// The address of the function that it is inlined into, or of a place in it.
INSTRUCTION uint32_t code_address(void) {
  uint32_t address;
  __asm__ volatile("call 1f\n1:\tpopl %0" : "=r"(address));
  return address;
}
