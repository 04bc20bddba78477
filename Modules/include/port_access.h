// The port instructions (Intel SDM Vol. 2, IN and OUT). Claim the ports before.
#pragma once
#include <stdint.h>

#define PORT_ACCESS(bits, suffix)                                                                       \
  __attribute__((always_inline)) static inline void port_write##bits(uint16_t port, uint##bits##_t value) { \
    __asm__ volatile("out" suffix " %0,%1" ::"a"(value), "Nd"(port));                                   \
  }                                                                                                     \
  __attribute__((always_inline)) static inline uint##bits##_t port_read##bits(uint16_t port) {             \
    uint##bits##_t value;                                                                               \
    __asm__ volatile("in" suffix " %1,%0" : "=a"(value) : "Nd"(port));                                  \
    return value;                                                                                       \
  }
PORT_ACCESS(8, "b") PORT_ACCESS(16, "w") PORT_ACCESS(32, "l")
#undef PORT_ACCESS
