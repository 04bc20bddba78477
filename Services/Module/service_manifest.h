// What a service's module says about itself. The build makes one C file for each service, which names it and includes
// this one.
#include "megha_module.h"

int32_t placed_service_start(void);
void placed_service_stop(void);
int32_t placed_service_handle(struct service_request *request);

static const struct megha_service services[] = {{SERVICE_NAME, placed_service_handle}, {0}};

MEGHA_MODULE(.name = SERVICE_NAME, .version = "1", .start = placed_service_start, .stop = placed_service_stop,
             .services = services);
