// Asks services for whatever a client could ask by mistake: every operation, and those of movers, with words that do not fit where
// they are expected, with and without data and room for an answer.
//
//     poke SERVICE...
//
// The exit status is how many services failed: one that faults answers with an error of the kernel's.

#include "megha_program.h"

static const uint32_t words[] = {0,           1,           2,  63, 64, 65, 4096, 65536, 0x7fffffff, 0x80000000,
                                 0x80000001u, 0xfffffff0u, ~0u};
#define COUNT (sizeof words / sizeof *words)
static const uint32_t lengths[] = {0, 7, 4096};
static uint8_t buffer[4096], data[4096];

struct message {
  uint32_t operation, words[6], data_address, data_length, buffer_address, buffer_capacity, sender;
};

// Whether a request fails in another way than by its time limit (-10), which some wait for.
static int fails(uint32_t handle, uint32_t operation, uint32_t first, uint32_t second, uint32_t length) {
  struct message message = {.operation = operation, .words = {first, second, first, second, first, second}};
  message.data_address = (uint32_t)data;
  message.data_length = length;
  message.buffer_address = (uint32_t)buffer;
  message.buffer_capacity = length == 4096 ? 0 : 512;
  int32_t result = megha_call(handle, &message, 300000000u, 0);
  if (result >= 0 || result == -10) return 0;
  megha_print("poke: operation %u with %x, %x and %u bytes: error %d\n", operation, first, second, length, result);
  return 1;
}

static int poke(uint32_t handle) {
  for (uint32_t operation = 0; operation < 12; operation++) {
    for (unsigned first = 0; first < COUNT; first++) {
      for (unsigned second = 0; second < COUNT; second++) {
        for (unsigned length = 0; length < 3; length++) {
          // The operations on a service's state come last.
          uint32_t asked = operation < 10 ? operation : 0x7ffffef7u + operation;
          if (fails(handle, asked, words[first], words[second], lengths[length])) return 1;
        }
      }
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  int failures = 0;
  for (int index = 1; index < argc; index++) {
    uint32_t length = 0;
    while (argv[index][length]) length++;
    int32_t handle = megha_service_open(argv[index], length);
    int isWell = handle >= 0 && !poke((uint32_t)handle);
    megha_print("poke: %s %s\n", argv[index], isWell ? "goes on" : "FAILED");
    failures += !isWell;
  }
  return failures;
}
