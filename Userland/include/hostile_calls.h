// Calls as no compiler makes them, for the tests of the kernel's entries: with odd flags and segment registers, in the
// middle of single steps, with another code selector. Nothing here has logic. Each leaves the registers as it found
// them, so that the compiled code around it goes on.

#ifndef MEGHA_HOSTILE_CALLS_H
#define MEGHA_HOSTILE_CALLS_H

#include "user_support.h"

INSTRUCTION uint32_t read_flags(void) {
  uint32_t value;
  __asm__ volatile("pushfl\n\tpopl %0" : "=r"(value));
  return value;
}

// Bits of EFLAGS are set, a call is made at once, and the flags are as before. EDI holds what was found after the call.
#define CALL_WITH_FLAGS(name, instruction)                                                            \
  INSTRUCTION int32_t name(uint32_t bits, uint32_t number, uint32_t a, uint32_t b, uint32_t *after) { \
    int32_t result;                                                                                   \
    uint32_t flags;                                                                                   \
    __asm__ volatile("pushfl\n\tpushfl\n\torl %%esi, (%%esp)\n\tpopfl\n\t" instruction                 \
                     "\n\tpushfl\n\tpopl %%edi\n\tpopfl"                                              \
                     : "=a"(result), "=D"(flags)                                                      \
                     : "0"(number), "b"(a), "c"(b), "S"(bits)                                         \
                     : "memory", "cc");                                                               \
    *after = flags;                                                                                   \
    return result;                                                                                    \
  }
CALL_WITH_FLAGS(page_call_with_flags, MEGHA_SYSTEM_CALL_INSTRUCTION)
CALL_WITH_FLAGS(gate_call_with_flags, "int $0x80")

/// Turns interrupts off (Ring 0), makes a call and returns EFLAGS as the call left them; interrupts are on again then.
INSTRUCTION uint32_t page_call_without_interrupts(uint32_t number, uint32_t a, uint32_t b) {
  uint32_t flags;
  __asm__ volatile("cli\n\t" MEGHA_SYSTEM_CALL_INSTRUCTION "\n\tpushfl\n\tpopl %%edi\n\tsti"
                   : "+a"(number), "=D"(flags)
                   : "b"(a), "c"(b)
                   : "memory", "cc");
  return flags;
}

/// SYSENTER as the system-call page executes it, with the trap flag set by the instruction before.
INSTRUCTION int32_t single_stepped_sysenter(uint32_t number) {
  int32_t result;
  __asm__ volatile("pushl $1f\n\tpushl %%ecx\n\tpushl %%edx\n\tpushl %%ebp\n\tmovl %%esp, %%ebp\n\t"
                   "pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tsysenter\n1:"
                   : "=a"(result)
                   : "0"(number)
                   : "memory", "cc");
  return result;
}

INSTRUCTION uint32_t has_sysenter(void) {
  uint32_t eax = 1, ebx, ecx, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  return edx >> 11 & 1;
}

// DS and ES, then FS and GS, are loaded with a selector, and afterwards with what programs have in them. Between, only
// the stack is touched, which is reached through SS.
#define LOAD_SEGMENTS "movl %%esi, %%ds\n\tmovl %%esi, %%es\n\tmovl %%edi, %%fs\n\tmovl %%edi, %%gs\n\t"
#define RESTORE_SEGMENTS                                                                                       \
  "\n\tmovl $0x23, %%esi\n\tmovl %%esi, %%ds\n\tmovl %%esi, %%es\n\tmovl $0x33, %%edi\n\tmovl %%edi, %%gs\n\t" \
  "xorl %%edi, %%edi\n\tmovl %%edi, %%fs"

#define CALL_WITH_SEGMENTS(name, instruction)                                                 \
  INSTRUCTION int32_t name(uint32_t data, uint32_t other, uint32_t number, uint32_t a) {      \
    __asm__ volatile(LOAD_SEGMENTS instruction RESTORE_SEGMENTS                               \
                     : "+a"(number), "+S"(data), "+D"(other)                                  \
                     : "b"(a)                                                                 \
                     : "memory", "cc");                                                       \
    return (int32_t)number;                                                                   \
  }
CALL_WITH_SEGMENTS(page_call_with_segments, MEGHA_SYSTEM_CALL_INSTRUCTION)
CALL_WITH_SEGMENTS(gate_call_with_segments, "int $0x80")

/// Counts down with odd selectors loaded, for as long as interrupts need to come. Returns 0.
INSTRUCTION uint32_t count_with_segments(uint32_t data, uint32_t other, uint32_t count) {
  __asm__ volatile(LOAD_SEGMENTS "1:\tdecl %%eax\n\tjnz 1b" RESTORE_SEGMENTS
                   : "+a"(count), "+S"(data), "+D"(other)::"memory", "cc");
  return count;
}

/// Loads the stack's selector.
INSTRUCTION void load_stack_segment(uint32_t selector) { __asm__ volatile("movl %0, %%ss" ::"r"(selector) : "memory"); }

// Ring 0: the kernel's own code selector is loaded, something is done, and the program's is loaded again.
#define WITH_KERNEL_SELECTOR(instructions) "ljmp $0x08, $7f\n7:\t" instructions "\n\tljmp $0x28, $8f\n8:"

INSTRUCTION int32_t page_call_with_kernel_selector(uint32_t number, uint32_t a) {
  __asm__ volatile(WITH_KERNEL_SELECTOR(MEGHA_SYSTEM_CALL_INSTRUCTION) : "+a"(number) : "b"(a) : "memory", "cc");
  return (int32_t)number;
}
INSTRUCTION int32_t gate_call_with_kernel_selector(uint32_t number, uint32_t a) {
  __asm__ volatile(WITH_KERNEL_SELECTOR("int $0x80") : "+a"(number) : "b"(a) : "memory", "cc");
  return (int32_t)number;
}
INSTRUCTION uint32_t count_with_kernel_selector(uint32_t count) {
  __asm__ volatile(WITH_KERNEL_SELECTOR("1:\tdecl %%eax\n\tjnz 1b") : "+a"(count)::"memory", "cc");
  return count;
}
INSTRUCTION void read_with_kernel_selector(uint32_t address) {
  __asm__ volatile(WITH_KERNEL_SELECTOR("movl (%%eax), %%eax") : "+a"(address)::"memory", "cc");
}
INSTRUCTION void loop_with_kernel_selector(void) {
  __asm__ volatile("ljmp $0x08, $7f\n7:\tcli\n1:\tjmp 1b" ::: "memory");
}

/// Ring 0: IRET to the same ring.
INSTRUCTION uint32_t return_to_self(void) {
  uint32_t value;
  __asm__ volatile("pushfl\n\tpushl %%cs\n\tpushl $1f\n\tiret\n1:\tmovl $1, %0" : "=r"(value)::"memory", "cc");
  return value;
}
/// Ring 0: IRET to Ring 3, on the same stack, and a call there that ends the task.
INSTRUCTION void return_to_ring3_and_exit(uint32_t number, uint32_t status) {
  __asm__ volatile("movl %%esp, %%ecx\n\tpushl $0x23\n\tpushl %%ecx\n\tpushfl\n\tpushl $0x1b\n\tpushl $1f\n\tiret\n"
                   "1:\t" MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "+a"(number)
                   : "b"(status)
                   : "ecx", "memory", "cc");
}
/// The interrupt that a device, or nobody, would raise. Its number is part of the instruction.
#define RAISE(number) case number: __asm__ volatile("int %0" ::"i"(number) : "memory", "cc"); break;
INSTRUCTION void raise_interrupt(uint32_t vector) {
  switch (vector) {
    RAISE(0x02) RAISE(0x27) RAISE(0x2f) RAISE(0x30) RAISE(0x31) RAISE(0x34) RAISE(0x35) RAISE(0xff)
  default: break;
  }
}
#undef RAISE
/// IRET with the flag that makes it return to another hardware task.
INSTRUCTION void return_with_nested_task_flag(void) {
  __asm__ volatile("pushfl\n\torl $0x4000, (%%esp)\n\tpopfl\n\tpushfl\n\tpushl %%cs\n\tpushl $1f\n\tiret\n1:" ::: "memory", "cc");
}

#endif
