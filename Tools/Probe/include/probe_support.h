// The one instruction that the probe needs.
#pragma once
#include <stdint.h>

/// OUT: writes a byte to a port.
static inline void probe_out(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
