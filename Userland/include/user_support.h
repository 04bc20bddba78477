// What Swift cannot say in a program: single instructions, and the symbols that start.S and program.ld define.
// Nothing here has logic. Instruction names are those of the Intel SDM, Vol. 2.

#ifndef MEGHA_USER_SUPPORT_H
#define MEGHA_USER_SUPPORT_H

#include <stdint.h>

#include "fault_instructions.h"
#include "processor_state.h"
#include "system_call.h"

// ---- Symbols; only their addresses mean something ----

extern uint8_t __text_start[], __text_end[];
/// The stack pointer as the kernel set it: argument count, argument pointers, 0, environment pointers, 0.
extern uint32_t *initial_stack;
/// Storage that is zero when the program starts; RuntimeStorage.swift says what is where in it.
extern uint32_t runtime_storage[12];
/// Room for the program's heap, and a bit for each page that it may hold (Runtime/Heap.swift, ProgramPages.swift).
extern uint32_t heap_storage[1024];
extern uint32_t heap_page_bits[20480];
/// The first function of every thread; its argument is the address of a `ThreadStart`.
extern void thread_trampoline(void);

INSTRUCTION uint32_t text_start(void) { return (uint32_t)(uintptr_t)__text_start; }
INSTRUCTION uint32_t thread_trampoline_address(void) { return (uint32_t)(uintptr_t)&thread_trampoline; }
INSTRUCTION uint32_t *runtime_words(void) { return runtime_storage; }
INSTRUCTION uint32_t *heap_words(void) { return heap_storage; }
INSTRUCTION uint32_t *heap_page_bit_words(void) { return heap_page_bits; }
/// Where the function returns to that this is inlined into.
INSTRUCTION uint32_t return_address(void) { return (uint32_t)(uintptr_t)__builtin_return_address(0); }
INSTRUCTION uint32_t *initial_stack_words(void) { return initial_stack; }

// ---- Entering the kernel by the gate, as a program without the system-call page would ----

INSTRUCTION int32_t gate_call0(uint32_t number) {
  int32_t result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number) : "memory", "cc");
  return result;
}

/// Makes the system call `null` through the system-call page with a pattern in every register.
/// Returns a bit for each register that changed: EBX, ECX, EDX, ESI, EDI, EBP, from bit 0 up.
INSTRUCTION uint32_t registers_lost_by_call(void) {
  uint32_t lost;
  __asm__ volatile("pushl %%ebp\n\t"
                   "movl $0x1b1b1b1b, %%ebx\n\tmovl $0x2c2c2c2c, %%ecx\n\tmovl $0x3d3d3d3d, %%edx\n\t"
                   "movl $0x4e4e4e4e, %%esi\n\tmovl $0x5f5f5f5f, %%edi\n\tmovl $0x60606060, %%ebp\n\t"
                   "xorl %%eax, %%eax\n\t" MEGHA_SYSTEM_CALL_INSTRUCTION "\n\t"
                   "cmpl $0x1b1b1b1b, %%ebx\n\tje 1f\n\torl $1, %%eax\n1:\t"
                   "cmpl $0x2c2c2c2c, %%ecx\n\tje 1f\n\torl $2, %%eax\n1:\t"
                   "cmpl $0x3d3d3d3d, %%edx\n\tje 1f\n\torl $4, %%eax\n1:\t"
                   "cmpl $0x4e4e4e4e, %%esi\n\tje 1f\n\torl $8, %%eax\n1:\t"
                   "cmpl $0x5f5f5f5f, %%edi\n\tje 1f\n\torl $16, %%eax\n1:\t"
                   "cmpl $0x60606060, %%ebp\n\tje 1f\n\torl $32, %%eax\n1:\t"
                   "popl %%ebp"
                   : "=a"(lost)::"ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
  return lost;
}

/// Makes the system call `null` with DS and ES holding the null selector, and gives them their own again.
INSTRUCTION int32_t call_without_data_segments(void) {
  int32_t result;
  __asm__ volatile("pushl %%ds\n\tpushl %%es\n\tmovl %0, %%ds\n\tmovl %0, %%es\n\t"
                   MEGHA_SYSTEM_CALL_INSTRUCTION "\n\tpopl %%es\n\tpopl %%ds"
                   : "=a"(result) : "0"(0) : "memory", "cc");
  return result;
}

// ---- Reading the processor ----

INSTRUCTION uint32_t read_code_segment(void) {
  uint32_t value;
  __asm__ volatile("movl %%cs, %0" : "=r"(value));
  return value;
}
INSTRUCTION uint32_t read_stack_pointer(void) {
  uint32_t value;
  __asm__ volatile("movl %%esp, %0" : "=r"(value));
  return value;
}
INSTRUCTION uint64_t read_time_stamp(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}
/// The low half of the time stamp, which is enough for a difference.
MEGHA_INLINE uint32_t read_stamp(void) {
  uint32_t low;
  __asm__ volatile("rdtsc" : "=a"(low)::"edx", "memory");
  return low;
}
/// A loop of `2 * rounds + 1` instructions.
MEGHA_INLINE void count_down(uint32_t rounds) {
  __asm__ volatile("movl %0, %%ecx\n1:\tdecl %%ecx\n\tjnz 1b" ::"g"(rounds) : "ecx", "cc");
}
struct cpuid_result { uint32_t eax, ebx, ecx, edx; };
INSTRUCTION struct cpuid_result processor_identification(uint32_t leaf, uint32_t subleaf) {
  struct cpuid_result r;
  __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}
/// A turn of a loop that waits, which the compiler leaves in. Without PAUSE: there is one processor, so nobody gets on faster for it, and
/// an emulator leaves its translated code at each.
INSTRUCTION void spin_hint(void) { __asm__ volatile("" ::: "memory"); }

/// The identity of the calling task, from the block that the kernel puts at the base of segment GS (ThreadBlock).
MEGHA_INLINE uint32_t current_task(void) {
  uint32_t value;
  __asm__ volatile("movl %%gs:4, %0" : "=r"(value));
  return value;
}
/// The first of the block's two words that are the program's own: its thread-local value.
MEGHA_INLINE uint32_t thread_word(void) {
  uint32_t value;
  __asm__ volatile("movl %%gs:8, %0" : "=r"(value));
  return value;
}
MEGHA_INLINE void set_thread_word(uint32_t value) { __asm__ volatile("movl %0, %%gs:8" ::"r"(value) : "memory"); }

/// FSQRT.
MEGHA_INLINE double square_root(double value) {
  __asm__("fsqrt" : "+t"(value));
  return value;
}

// ---- Words that tasks share ----

INSTRUCTION uint32_t atomic_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
INSTRUCTION void atomic_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
INSTRUCTION uint32_t atomic_exchange(uint32_t *word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
INSTRUCTION uint32_t atomic_add(uint32_t *word, uint32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}
/// Puts `desired` where `expected` is. Returns what was there: `expected` where it succeeded.
INSTRUCTION uint32_t atomic_compare_exchange(uint32_t *word, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

/// Computes, without a call and without a rest, for some thousand instructions.
MEGHA_INLINE void compute_a_while(void) {
  for (uint32_t turn = opaque(1000); turn != 0; turn = opaque(turn - 1)) {}
}

#endif
