// The C library's names for the kernel's memory, which compiled Swift calls.

#include "megha_module.h"

int32_t posix_memalign(void **result, uint32_t alignment, uint32_t size) {
  return megha_allocate(result, alignment, size);
}

void free(void *memory) { megha_free(memory); }
