// What the lab says about itself.

#include "megha_module.h"

int32_t lab_start(void);
void lab_stop(void);
int32_t lab_handle(struct service_request *request);

/// Faults to commit while it starts or stops, by number; -1: none. What the start function returns, and how long it is
/// busy before.
int32_t start_fault = -1, start_result = 0, stop_fault = -1, start_milliseconds = 0;

static const struct megha_parameter parameters[] = {MEGHA_INTEGER_PARAMETER(start_fault),
                                                    MEGHA_INTEGER_PARAMETER(start_result),
                                                    MEGHA_INTEGER_PARAMETER(stop_fault),
                                                    MEGHA_INTEGER_PARAMETER(start_milliseconds),
                                                    {0}};
/// What is left of a call when the service does no work: the bench measures the way there and back.
static int32_t lab_nothing(struct service_request *request) {
  (void)request;
  return 0;
}

static const struct megha_service services[] = {{"lab", lab_handle}, {"lab-nothing", lab_nothing}, {0}};

MEGHA_MODULE(.name = "lab", .version = "1", .start = lab_start, .stop = lab_stop, .parameters = parameters,
             .services = services);
