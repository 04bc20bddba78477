// A linked service that does not answer when it is asked for its state: it sleeps until whoever calls is to end.

#include "megha_module.h"

static int32_t stall_handle(struct service_request *request) {
  request->reply_length = 0;
  if (request->operation != 0x7fffff01u) return 0;
  int32_t result;
  do result = megha_sleep(1000000000u);
  while (result == 0);
  return result;
}

static int32_t stall_start(void) { return 0; }

static const struct megha_service services[] = {{"stall", stall_handle}, {0}};

MEGHA_MODULE(.name = "stall", .version = "1", .start = stall_start, .services = services);
