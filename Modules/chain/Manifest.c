// A chain of small modules, each of which imports from the one before it: tests load them all at once. The build makes
// one for each INSTANCE from 0 on; PREVIOUS is the number before it.

#include "megha_module.h"

#define TEXT(number) #number
#define NAME(number) "chain" TEXT(number)
#define JOIN(number) chain_##number
#define FUNCTION(number) JOIN(number)

/// The length of the chain up to this module.
uint32_t FUNCTION(INSTANCE)(void);

#if INSTANCE > 0
uint32_t FUNCTION(PREVIOUS)(void);
uint32_t FUNCTION(INSTANCE)(void) { return FUNCTION(PREVIOUS)() + 1; }
static const char *const needed[] = {NAME(PREVIOUS), 0};
#define NEEDED needed
#else
uint32_t FUNCTION(INSTANCE)(void) { return 1; }
#define NEEDED 0
#endif

static int32_t start(void) { return 0; }

static int32_t handle(struct service_request *request) {
  request->words[0] = FUNCTION(INSTANCE)();
  return 0;
}

static const struct megha_service services[] = {{NAME(INSTANCE), handle}, {0}};

MEGHA_MODULE(.name = NAME(INSTANCE), .version = "1", .start = start, .needs = NEEDED, .services = services);
