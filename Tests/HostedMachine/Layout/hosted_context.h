// What Swift cannot call by itself on the host: functions that return twice, or with a variable number of arguments.
#pragma once
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

// Prepares a flow that calls `entry` on a stack of its own when it is first gone to.
static inline void prepare_flow(ucontext_t *flow, void *stack, size_t size, void (*entry)(void)) {
  getcontext(flow);
  flow->uc_stack.ss_sp = stack;
  flow->uc_stack.ss_size = size;
  flow->uc_link = NULL;
  makecontext(flow, entry, 0);
}

// Leaves a flow, to come back when it is gone to, and goes to another.
static inline void go_to_flow(ucontext_t *from, const ucontext_t *to) { swapcontext(from, to); }

// A file that lies in memory only; -1 where there is none.
int memfd_create(const char *name, unsigned flags);
static inline int open_memory_file(void) { return memfd_create("ram", 0); }

static inline void *fault_address(const siginfo_t *information) { return information->si_addr; }

// Memory at an address of 31 bits; null where there is none.
static inline void *allocate_low(size_t size) {
  const int low = 0x40; // MAP_32BIT, which needs _GNU_SOURCE
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | low, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}
