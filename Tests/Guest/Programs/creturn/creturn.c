// Threads of each kind whose function simply returns: what it returns is the status of the thread, as the ABI promises to whoever
// starts threads by the system call alone. Tests/Guest/programs.txt looks at the lines.

#include "megha.h"
#include "megha_program.h"

/// `ThreadRequest` in ABI/Interface/Structures.swift.
struct thread_request {
  uint32_t entry, argument, flags, stack_size, priority;
};
/// `TaskOutcome`, likewise.
struct task_outcome {
  uint32_t task, kind;
  int32_t status;
};

static int32_t twice(uint32_t argument) { return (int32_t)argument * -2; }

static void start(const char *kind, uint32_t flags) {
  struct thread_request request = {(uint32_t)twice, 21 + flags, flags, 0, 0};
  struct task_outcome outcome = {0, 99, 0};
  int32_t task = megha_thread_start(&request, sizeof request);
  if (task > 0) megha_wait((uint32_t)task, 0, &outcome);
  megha_print("%s: outcome %u, status %d\n", kind, outcome.kind, outcome.status);
}

int main(void) {
  start("Ring 3", 0);
  start("Ring 0", 1);
  start("Ring 0, shared stack", 3);
  start("Ring 0, guarded", 5);
  return 0;
}
