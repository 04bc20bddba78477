// What the lab needs of C: the instructions that it fails with, its parameters, and where its own parts lie.
#pragma once
#include <stdint.h>

#include "../../../Userland/include/fault_instructions.h"

extern int32_t start_fault, start_result, stop_fault, start_milliseconds;
INSTRUCTION int32_t parameter_start_fault(void) { return start_fault; }
INSTRUCTION int32_t parameter_start_result(void) { return start_result; }
INSTRUCTION int32_t parameter_stop_fault(void) { return stop_fault; }
INSTRUCTION int32_t parameter_start_milliseconds(void) { return start_milliseconds; }

extern const struct megha_manifest megha_module;
/// The address of a constant of the module's.
INSTRUCTION uint32_t constant_address(void) { return (uint32_t)&megha_module; }
/// The address of the function that it is inlined into, or of a place in it.
INSTRUCTION uint32_t code_address(void) {
  uint32_t address;
  __asm__ volatile("call 1f\n1:\tpopl %0" : "=r"(address));
  return address;
}
