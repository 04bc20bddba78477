// What the RAM disk says about itself.

#include "megha_module.h"

int32_t ramdisk_start(void);
void ramdisk_stop(void);
int32_t ramdisk_handle(struct service_request *request);

/// The size of the disk: `insmod ramdisk.so kilobytes=N`.
int32_t kilobytes = 64;

static const struct megha_parameter parameters[] = {MEGHA_INTEGER_PARAMETER(kilobytes), {0}};
static const struct megha_service services[] = {{"ramdisk", ramdisk_handle}, {0}};

MEGHA_MODULE(.name = "ramdisk", .version = "1", .start = ramdisk_start, .stop = ramdisk_stop,
             .parameters = parameters, .services = services);
