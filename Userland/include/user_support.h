// What Swift cannot say in a program: single instructions, and the symbols that start.S and program.ld define.
// Nothing here has logic. All is inlined always, so that a fault is found in the function that wanted it.
// Instruction names are those of the Intel SDM, Vol. 2.

#ifndef MEGHA_USER_SUPPORT_H
#define MEGHA_USER_SUPPORT_H

#include <stdint.h>

#include "system_call.h"

// ---- Symbols; only their addresses mean something ----

extern uint8_t __text_start[], __text_end[];
/// The stack pointer as the kernel set it: argument count, argument pointers, 0, environment pointers, 0.
extern uint32_t *initial_stack;
/// Storage that is zero when the program starts; RuntimeStorage.swift says what is where in it.
extern uint32_t runtime_storage[32];
/// The first function of every thread; its argument is the address of a `ThreadStart`.
extern void thread_trampoline(void);

MEGHA_INLINE uint32_t text_start(void) { return (uint32_t)(uintptr_t)__text_start; }
MEGHA_INLINE uint32_t thread_trampoline_address(void) { return (uint32_t)(uintptr_t)&thread_trampoline; }
MEGHA_INLINE uint32_t *runtime_words(void) { return runtime_storage; }
MEGHA_INLINE uint32_t *initial_stack_words(void) { return initial_stack; }

// ---- Entering the kernel by the gate, as a program without the system-call page would ----

MEGHA_INLINE int32_t gate_call0(uint32_t number) {
  int32_t result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number) : "memory", "cc");
  return result;
}

// ---- Reading the processor ----

MEGHA_INLINE uint32_t read_code_segment(void) {
  uint32_t value;
  __asm__ volatile("movl %%cs, %0" : "=r"(value));
  return value;
}
MEGHA_INLINE uint32_t read_stack_pointer(void) {
  uint32_t value;
  __asm__ volatile("movl %%esp, %0" : "=r"(value));
  return value;
}
MEGHA_INLINE uint64_t read_time_stamp(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}
/// Tells the processor that this is a loop that waits.
MEGHA_INLINE void spin_hint(void) { __asm__ volatile("pause" ::: "memory"); }

// ---- Words that tasks share ----

MEGHA_INLINE uint32_t atomic_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
MEGHA_INLINE void atomic_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
MEGHA_INLINE uint32_t atomic_exchange(uint32_t *word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
MEGHA_INLINE uint32_t atomic_add(uint32_t *word, uint32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}
/// Puts `desired` where `expected` is. Returns what was there: `expected` where it succeeded.
MEGHA_INLINE uint32_t atomic_compare_exchange(uint32_t *word, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

// ---- Accesses that the compiler may neither drop nor invent ----

MEGHA_INLINE uint32_t volatile_read(uint32_t address) { return *(volatile uint32_t *)(uintptr_t)address; }
MEGHA_INLINE void volatile_write(uint32_t address, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)address = value;
}
/// `value`, of which the compiler knows nothing.
MEGHA_INLINE uint32_t opaque(uint32_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

// ---- Instructions that end a program, each for its own reason ----

MEGHA_INLINE void call_address(uint32_t address) {
  __asm__ volatile("call *%0" ::"S"(address) : "eax", "ecx", "edx", "memory", "cc");
}
MEGHA_INLINE void undefined_instruction(void) { __asm__ volatile("ud2"); }
MEGHA_INLINE void breakpoint_instruction(void) { __asm__ volatile("int3"); }
MEGHA_INLINE void divide_by(uint32_t divisor) {
  uint32_t quotient = 1, remainder = 0;
  __asm__ volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "r"(divisor) : "cc");
}
MEGHA_INLINE void disable_interrupts(void) { __asm__ volatile("cli" ::: "memory"); }
MEGHA_INLINE void halt(void) { __asm__ volatile("hlt" ::: "memory"); }
MEGHA_INLINE uint8_t port_read(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
/// LLDT: privileged, and in Ring 0 refused where the descriptor table has no such selector.
MEGHA_INLINE void load_local_descriptor_table(uint32_t selector) {
  __asm__ volatile("lldt %w0" ::"r"(selector) : "memory");
}
MEGHA_INLINE void load_data_segment(uint32_t selector) { __asm__ volatile("movl %0, %%ds" ::"r"(selector) : "memory"); }
/// Pushes a word while the stack pointer is `address`.
MEGHA_INLINE void push_at(uint32_t address) {
  __asm__ volatile("movl %0, %%esp\n\tpushl $0" ::"r"(address) : "memory");
}
/// Enters the kernel by the gate while the stack pointer is `address`, then pushes a word.
MEGHA_INLINE void gate_call_at(uint32_t address, uint32_t number) {
  __asm__ volatile("movl %0, %%esp\n\tint $0x80\n\tpushl $0" ::"r"(address), "a"(number) : "memory");
}

#endif
