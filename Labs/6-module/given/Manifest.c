// What the module says about itself: its name, its functions, its parameter, the service that it offers.

#include "megha_module.h"

int32_t lab6_start(void);
void lab6_stop(void);
int32_t lab6_handle(struct service_request *request);

/// How many numbers the queue holds: `insmod /extra/lab6.so capacity=N`.
int32_t capacity = 8;

static const struct megha_parameter parameters[] = {MEGHA_INTEGER_PARAMETER(capacity), {0}};
static const struct megha_service services[] = {{"fifo", lab6_handle}, {0}};

MEGHA_MODULE(.name = "lab6", .version = "1", .start = lab6_start, .stop = lab6_stop, .parameters = parameters,
             .services = services);
