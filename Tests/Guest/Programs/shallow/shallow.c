// Calls the kernel with a stack pointer on which it cannot work for a task with a shared stack. `shallow own` calls ever further down
// its own stack; `shallow other` calls on the stack of a thread that sleeps. Tests/Guest/faults.txt compares what is said about it.

#include "megha.h"
#include "megha_program.h"

/// `ThreadRequest` in ABI/Interface/Structures.swift, with its flags for Ring 0 and a shared stack.
struct thread_request {
  uint32_t entry, argument, flags, stack_size, priority;
};
enum { ring0 = 1, shared_stack = 2 };

static volatile uint32_t others_stack;

static int32_t sleep_long(uint32_t argument) {
  others_stack = (uint32_t)&argument;
  megha_sleep(0, 1000);
  return 0;
}

static void call_on(uint32_t stack) {
  __asm__ volatile(
      "movl %0, %%esp\n"
      "1: subl $64, %%esp\n"
      "movl %1, %%eax\n"
      "movl $0xbffff000, %%edx\n"
      "call *%%edx\n"
      "jmp 1b" ::"r"(stack), "i"(MEGHA_CALL_NULL) : "memory");
}

int main(int argc, char **argv) {
  uint32_t stack = (uint32_t)&argc - 1024;
  if (argc > 1 && argv[1][1] == 't') {
    struct thread_request request = {(uint32_t)sleep_long, 0, ring0 | shared_stack, 0, 0};
    if (megha_thread_start(&request, sizeof request) < 0) return 1;
    while (others_stack == 0) megha_yield();
    stack = others_stack - 1024;
  }
  call_on(stack);
  return 0;
}
