// What a task in Ring 0 can read of the processor's own state. Instruction names are those of the Intel SDM, Vol. 2.

#ifndef MEGHA_PROCESSOR_STATE_H
#define MEGHA_PROCESSOR_STATE_H

#include <stdint.h>

#include "fault_instructions.h"
#include "system_call.h"

/// What SIDT and SGDT store.
struct table_register {
  uint16_t limit;
  uint32_t base;
} __attribute__((packed));

INSTRUCTION uint32_t read_control0(void) {
  uint32_t value;
  __asm__ volatile("movl %%cr0, %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_control3(void) {
  uint32_t value;
  __asm__ volatile("movl %%cr3, %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_control4(void) {
  uint32_t value;
  __asm__ volatile("movl %%cr4, %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_debug7(void) {
  uint32_t value;
  __asm__ volatile("movl %%dr7, %0" : "=r"(value));
  return value;
}
INSTRUCTION struct table_register read_interrupt_table(void) {
  struct table_register value;
  __asm__ volatile("sidt %0" : "=m"(value));
  return value;
}
INSTRUCTION struct table_register read_descriptor_table(void) {
  struct table_register value;
  __asm__ volatile("sgdt %0" : "=m"(value));
  return value;
}
INSTRUCTION uint32_t read_task_register(void) {
  uint32_t value;
  __asm__ volatile("str %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_local_table_register(void) {
  uint32_t value;
  __asm__ volatile("sldt %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_model_register(uint32_t number) {
  uint32_t low;
  __asm__ volatile("rdmsr" : "=a"(low) : "c"(number) : "edx");
  return low;
}

/// A number that changes with each word of the memory, and with its place.
MEGHA_INLINE uint32_t sum_of_words(uint32_t address, uint32_t count, uint32_t sum) {
  const volatile uint32_t *words = (const volatile uint32_t *)(uintptr_t)address;
  for (uint32_t index = 0; index < count; index++) sum = (sum << 5 | sum >> 27) ^ words[index];
  return sum;
}

/// Keeps `seed` and numbers made of it in x87 and SSE registers while others run. Returns 0 where all were still there.
INSTRUCTION uint32_t float_registers_lost(uint32_t seed, uint32_t yield_number) {
  uint32_t pattern[4] = {seed, ~seed, seed * 3, seed * 5}, after[4];
  int32_t number = (int32_t)(seed >> 1), number_after;
  uint32_t result = yield_number;
  __asm__ volatile("fildl %3\n\tmovups %4, %%xmm0\n\tmovups %4, %%xmm7\n\t" MEGHA_SYSTEM_CALL_INSTRUCTION
                   "\n\txorps %%xmm0, %%xmm7\n\taddps %%xmm7, %%xmm7\n\torps %%xmm7, %%xmm0\n\tmovups %%xmm0, %1\n\t"
                   "fistpl %2"
                   : "+a"(result), "=m"(after), "=m"(number_after)
                   : "m"(number), "m"(pattern)
                   : "memory", "cc");
  uint32_t lost = number ^ number_after;
  for (int index = 0; index < 4; index++) lost |= pattern[index] ^ after[index];
  return lost;
}

#endif
