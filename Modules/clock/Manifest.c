// What the clock says about itself.

#include "megha_module.h"

int32_t clock_start(void);
int32_t clock_handle(struct service_request *request);

static const struct megha_service services[] = {{"clock", clock_handle}, {0}};

MEGHA_MODULE(.name = "clock", .version = "1", .start = clock_start, .services = services);
