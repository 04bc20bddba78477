// What the lab says about itself.

#include "megha_module.h"

int32_t lab_start(void);
void lab_stop(void);
int32_t lab_handle(struct service_request *request);

/// Faults to commit while it starts or stops, by number; -1: none. What the start function returns, and how long it is
/// busy before. How many milliseconds it and the stop function sleep.
int32_t start_fault = -1, start_result = 0, stop_fault = -1, start_milliseconds = 0, start_sleep = 0, stop_sleep = 0;

/// What the module `tenant` imports.
uint32_t lab_answer(void);
uint32_t lab_answer(void) { return 42; }

static const struct megha_parameter parameters[] = {MEGHA_INTEGER_PARAMETER(start_fault),
                                                    MEGHA_INTEGER_PARAMETER(start_result),
                                                    MEGHA_INTEGER_PARAMETER(stop_fault),
                                                    MEGHA_INTEGER_PARAMETER(start_milliseconds),
                                                    MEGHA_INTEGER_PARAMETER(start_sleep),
                                                    MEGHA_INTEGER_PARAMETER(stop_sleep),
                                                    {0}};
/// What is left of a call when the service does no work: the bench measures the way there and back.
static int32_t lab_nothing(struct service_request *request) {
  (void)request;
  return 0;
}

/// Ends with a jump to an export, which goes back to the kernel and not to the module.
static int32_t lab_jump(struct service_request *request) {
  return (int32_t)megha_process_lives((uint32_t)request);
}

static const struct megha_service services[] = {
    {"lab", lab_handle}, {"lab-nothing", lab_nothing}, {"lab-jump", lab_jump}, {0}};

MEGHA_MODULE(.name = "lab", .version = "1", .start = lab_start, .stop = lab_stop, .parameters = parameters,
             .services = services);
