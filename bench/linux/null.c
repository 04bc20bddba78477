// The smallest program, for `measure` to start.
void _start(void) {
  for (;;) __asm__ volatile("int $0x80" ::"a"(1), "b"(0));
}
