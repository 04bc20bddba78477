// A module that lives by another: it imports a function of the module `lab`, and answers with what that returns.

#include "megha_module.h"

uint32_t lab_answer(void);

static int32_t start(void) { return 0; }

static int32_t handle(struct service_request *request) {
  request->words[0] = lab_answer();
  return 0;
}

static const char *const needed[] = {"lab", 0};

static const struct megha_service services[] = {{"tenant", handle}, {0}};

MEGHA_MODULE(.name = "tenant", .version = "1", .start = start, .needs = needed, .services = services);
