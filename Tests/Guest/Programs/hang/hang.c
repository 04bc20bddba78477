// A service that does not do what services do: it does not answer when it is asked for its state, nor operation 7. Operation 8
// makes it loop for ever. Operation 1 counts, and answers with the number of times. With a word it is a client that asks for
// operation 7, or with the word `loop` for 8, and waits.

#include "megha_program.h"

struct message {
  uint32_t operation, words[6], data_address, data_length, buffer_address, buffer_capacity, sender;
};

static uint8_t buffer[65536];

static int wait_for_answer(uint32_t operation) {
  struct message message = {.operation = operation};
  int32_t handle = megha_service_open("hang", 4);
  int32_t result = handle < 0 ? handle : megha_call((uint32_t)handle, &message, ~0u, ~0u);
  megha_print("hang: the call ended with %d\n", result);
  return result >= 0;
}

int main(int argc, char **argv) {
  if (argc > 1) return wait_for_answer(argv[1][0] == 'l' ? 8 : 7);
  struct message message = {.buffer_address = (uint32_t)buffer, .buffer_capacity = sizeof buffer};
  int32_t endpoint = megha_service_publish("hang", 4);
  uint32_t count = 0;
  int32_t number = endpoint < 0 ? endpoint : megha_receive((uint32_t)endpoint, &message);
  while (number >= 0) {
    if (message.operation == 0x7fffff01u || message.operation == 7) {
      for (;;) megha_sleep(1000000000u, 0);
    }
    for (volatile uint32_t turns = 0; message.operation == 8; turns++) continue;
    message.words[0] = ++count;
    message.data_length = 0;
    number = megha_reply_and_receive((uint32_t)endpoint, (uint32_t)number, &message);
  }
  return 0;
}
