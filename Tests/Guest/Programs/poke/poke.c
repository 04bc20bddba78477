// Asks services for whatever a client could ask by mistake: every operation, and those of movers, with words that do not fit where
// they are expected, with and without data and room for an answer.
//
//     poke SERVICE...
//     poke --random SEED COUNT SERVICE...   so many requests that the seed makes: any operation and words, data in a buffer or
//                                           lent, handles that nobody asked for
//
// The exit status is how many services failed: one that faults answers with an error of the kernel's.

#include "megha_program.h"

static const uint32_t words[] = {0,           1,           2,  63, 64, 65, 4096, 65536, 0x7fffffff, 0x80000000,
                                 0x80000001u, 0xfffffff0u, ~0u};
#define COUNT (sizeof words / sizeof *words)
static const uint32_t lengths[] = {0, 7, 4096};
static uint8_t buffer[4096];
// A page of its own, which can be lent.
static uint8_t data[4096] __attribute__((aligned(4096)));

enum { timed_out = -10, unsupported = -19 };

struct message {
  uint32_t operation, words[6], data_address, data_length, buffer_address, buffer_capacity, sender;
};

// Whether a request fails in another way than by its time limit, which some wait for.
static int fails(uint32_t handle, uint32_t operation, uint32_t first, uint32_t second, uint32_t length) {
  struct message message = {.operation = operation, .words = {first, second, first, second, first, second}};
  message.data_address = (uint32_t)data;
  message.data_length = length;
  message.buffer_address = (uint32_t)buffer;
  message.buffer_capacity = length == 4096 ? 0 : 512;
  int32_t result = megha_call(handle, &message, 300000000u, 0);
  if (result >= 0 || result == timed_out) return 0;
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

static uint32_t state;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static uint32_t below(uint32_t limit) { return (next() >> 8) % limit; }

static uint32_t any_word(void) {
  switch (below(3)) {
    case 0: return words[below(COUNT)];
    case 1: return below(300);
    default: return next();
  }
}

// Sends a request that the seed makes. Returns whether the service failed.
static int poke_at_random(uint32_t handle) {
  struct message message = {.operation = below(8) ? below(10) : 0x7fffff00u + below(5)};
  for (int index = 0; index < 6; index++) message.words[index] = any_word();
  // The last word is a handle of the sender's where the highest bit says so: its output.
  if (below(8) == 0) {
    message.operation |= 0x80000000u;
    message.words[5] = MEGHA_OUTPUT;
  }
  uint32_t length = below(2) ? below(64) : below(sizeof data + 1);
  for (uint32_t index = 0; index < length; index++) data[index] = (uint8_t)next();
  // A path in between.
  if (length > 0 && below(4) == 0) data[0] = '/';
  message.data_address = (uint32_t)data;
  message.data_length = below(8) ? length : sizeof data | 0x80000000u;
  message.buffer_address = (uint32_t)buffer;
  message.buffer_capacity = below(2) ? sizeof buffer : below(64);
  struct message sent = message;
  int32_t result = megha_call(handle, &message, 300000000u, 0);
  // Modules take no handles.
  if (result >= 0 || result == timed_out || (sent.operation >> 31 && result == unsupported)) return 0;
  megha_print("poke: operation %x with %x, %x, %x and %x bytes: error %d\n", sent.operation, sent.words[0], sent.words[1],
              sent.words[2], sent.data_length, result);
  return 1;
}

static int poke_often(uint32_t handle, uint32_t count) {
  while (count--) {
    if (poke_at_random(handle)) return 1;
  }
  return 0;
}

static uint32_t number(const char *text) {
  uint32_t value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + (uint32_t)(*text++ - '0');
  return value;
}

int main(int argc, char **argv) {
  int failures = 0, first = 1;
  uint32_t count = 0;
  if (argc > 3 && argv[1][0] == '-') {
    // Neighbouring seeds begin far from each other; none begins with 0.
    state = (number(argv[2]) * 2654435761u) | 1;
    count = number(argv[3]);
    first = 4;
  }
  for (int index = first; index < argc; index++) {
    uint32_t length = 0;
    while (argv[index][length]) length++;
    int32_t handle = megha_service_open(argv[index], length);
    int isWell = handle >= 0 && !(count ? poke_often((uint32_t)handle, count) : poke((uint32_t)handle));
    megha_print("poke: %s %s\n", argv[index], isWell ? "goes on" : "FAILED");
    failures += !isWell;
  }
  return failures;
}
