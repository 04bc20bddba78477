// A module with room for code that somebody else writes: the program `inject` puts generated functions there, with a
// mistake in one, and calls them as the module's own.
//
//     operation 0     the reply's words: address and size of the room for code, address of the room for data, address of
//                     the table of functions that the code may call
//     operation 1     calls the function at word 0; the reply's word 0 is what it returns

#include "megha_module.h"

#define CODE_SIZE 16384

/// The room: returns, one after the other.
__attribute__((naked, used, noinline, aligned(16))) static void canvas_code(void) {
  __asm__ volatile(".fill 16384, 1, 0xc3");
}

static uint32_t canvas_data[256];

// The table's entries are functions of the module: addresses of imports are filled in only where they are called.
static void canvas_clock(void) { (void)megha_clock(); }
static int32_t canvas_allocate(void **result, uint32_t alignment, uint32_t size) {
  return megha_allocate(result, alignment, size);
}
static void canvas_free(void *memory) { megha_free(memory); }
static int32_t canvas_sleep(uint64_t nanoseconds) { return megha_sleep(nanoseconds); }
static uint32_t canvas_caller(void) { return megha_caller(); }
static uint32_t canvas_lives(uint32_t process) { return megha_process_lives(process); }

/// In the order of GeneratedCode.Export.
static const void *const canvas_exports[] = {canvas_clock, canvas_allocate, canvas_free,
                                             canvas_sleep, canvas_caller,   canvas_lives};

// What a module leaves in the processor is its own affair: backward string instructions, and no segment to write through.
static void leave_processor_changed(void) {
  __asm__ volatile("pushl $0\n\tpopl %%es\n\tstd" ::: "memory", "cc");
}

// Calls a function of the table with one argument, EDX set and the processor changed. Returns what EDX then holds, and EAX
// too where the function returns nothing.
static uint32_t left_by(const void *function, uint32_t argument, int returns_nothing) {
  uint32_t result, left = 0xffffffff;
  __asm__ volatile(
      "pushl %3\n\tpushl $0\n\tpopl %%es\n\tstd\n\tcall *%2\n\tcld\n\tpushl %%ds\n\tpopl %%es\n\taddl $4, %%esp"
      : "=a"(result), "+d"(left)
      : "S"(function), "r"(argument)
      : "ecx", "memory", "cc");
  return returns_nothing ? result | left : left;
}

// An export leaves nothing of the kernel's in a register, and works whatever the processor was left in.
static int32_t canvas_start(void) {
  void *memory = 0;
  if (left_by(canvas_caller, 0, 0) || left_by(canvas_lives, 1, 0)) return 1;
  if (megha_allocate(&memory, 16, 64) != 0) return 2;
  if (left_by(canvas_free, (uint32_t)memory, 1)) return 3;
  leave_processor_changed();
  return 0;
}

static int32_t canvas_handle(struct service_request *request) {
  if (request->operation == 0) {
    request->words[0] = (uint32_t)&canvas_code;
    request->words[1] = CODE_SIZE;
    request->words[2] = (uint32_t)canvas_data;
    request->words[3] = (uint32_t)canvas_exports;
    request->reply_length = 0;
    leave_processor_changed();
    return 0;
  } else {
    uint32_t result = request->words[0];
    // Generated code keeps no register.
    __asm__ volatile("call *%0" : "+a"(result)::"ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
    request->words[0] = result;
  }
  request->reply_length = 0;
  return 0;
}

static const struct megha_service services[] = {{"canvas", canvas_handle}, {0}};

MEGHA_MODULE(.name = "canvas", .version = "1", .start = canvas_start, .services = services);
