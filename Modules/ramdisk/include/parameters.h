// The parameters, for the Swift side.
#pragma once
#include <stdint.h>

extern int32_t kilobytes;
static inline int32_t parameter_kilobytes(void) { return kilobytes; }
