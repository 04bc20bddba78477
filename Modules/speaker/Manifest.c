// What the speaker says about itself.

#include "megha_module.h"

int32_t speaker_start(void);
void speaker_stop(void);
int32_t speaker_handle(struct service_request *request);

static const struct megha_service services[] = {{"speaker", speaker_handle}, {0}};

MEGHA_MODULE(.name = "speaker", .version = "1", .start = speaker_start, .stop = speaker_stop, .services = services);
