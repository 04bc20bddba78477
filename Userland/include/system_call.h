// The call instruction of Megha's system calls, for Swift and for C.
//
// Programs always call the system-call page, whose address is the same in every process and in both rings;
// the kernel has put there what is fastest for the task's ring. EAX holds the number and then the result,
// EBX ECX EDX ESI EDI the arguments; every other register, EBP included, keeps its value. A few calls give words back in
// the registers of the arguments.

#ifndef MEGHA_SYSTEM_CALL_H
#define MEGHA_SYSTEM_CALL_H

#include <stdint.h>

/// A direct near call: it needs no register, which a call of five arguments would not have left.
#define MEGHA_SYSTEM_CALL_INSTRUCTION "call 0xbffff000"
#define MEGHA_INLINE static inline __attribute__((always_inline))

MEGHA_INLINE int32_t megha_system_call0(uint32_t number) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION : "=a"(result) : "0"(number) : "memory", "cc");
  return result;
}

MEGHA_INLINE int32_t megha_system_call1(uint32_t number, uint32_t a) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION : "=a"(result) : "0"(number), "b"(a) : "memory", "cc");
  return result;
}

MEGHA_INLINE int32_t megha_system_call2(uint32_t number, uint32_t a, uint32_t b) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b)
                   : "memory", "cc");
  return result;
}

MEGHA_INLINE int32_t megha_system_call3(uint32_t number, uint32_t a, uint32_t b, uint32_t c) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b), "d"(c)
                   : "memory", "cc");
  return result;
}

MEGHA_INLINE int32_t megha_system_call4(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d)
                   : "memory", "cc");
  return result;
}

MEGHA_INLINE int32_t megha_system_call5(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                        uint32_t e) {
  int32_t result;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory", "cc");
  return result;
}

/// What a call leaves that gives words back: the result, and in other registers what its page of the reference says.
struct megha_registers {
  int32_t result;
  uint32_t ebx, edx, esi, edi;
};

/// A call that gives words back, or that may be any: it keeps no register but EBP and ESP.
MEGHA_INLINE struct megha_registers megha_system_call_registers(uint32_t number, uint32_t a, uint32_t b, uint32_t c,
                                                                uint32_t d, uint32_t e) {
  struct megha_registers registers;
  uint32_t lost = b;
  __asm__ volatile(MEGHA_SYSTEM_CALL_INSTRUCTION
                   : "=a"(registers.result), "=b"(registers.ebx), "+c"(lost), "=d"(registers.edx),
                     "=S"(registers.esi), "=D"(registers.edi)
                   : "0"(number), "1"(a), "3"(c), "4"(d), "5"(e)
                   : "memory", "cc");
  return registers;
}

#endif
