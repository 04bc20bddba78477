// The parameter, for the Swift side.
#pragma once
#include <stdint.h>

extern int32_t capacity;
static inline int32_t parameter_capacity(void) { return capacity; }
