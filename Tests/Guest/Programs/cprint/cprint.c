// What Userland/include/megha_program.h writes, for Tests/Guest/programs.txt to compare: each conversion, at the edges of its
// values, and lines that are longer than what is written at once.

#include <stdbool.h>

#include "megha_program.h"

/// Gives the format at run time, as no program should: the compiler would refuse what is wrong with it.
static void (*const unchecked)(const char *format, ...) = megha_print;

int main(int argc, char **argv) {
  char *text = megha_allocate(4);
  if (text == NULL || (uintptr_t)text % 16 != 0) return 1;
  __builtin_memcpy(text, "abc", 4);
  megha_print("%s in Ring %u\n", argc > 0 ? argv[0] : "", megha_ring());
  megha_print("numbers: %d|%5d|%05d|%i|%u|%lu\n", -42, -42, -42, INT32_MIN, UINT32_MAX, 7ul);
  megha_print("hexadecimal: %x|%08X|%p\n", 0xbeefu, 0xbeefu, (void *)0x1234);
  megha_print("long: %lld|%llu|%llx|%zu\n", INT64_MIN, UINT64_MAX, 0x1234567890abcdefull, sizeof(bool));
  megha_print("text: %c|%s|%5s|%2s|%%\n", 'c', text, text, text);
  megha_print("null: %s|", (const char *)NULL);
  unchecked("at the end: %");
  unchecked("\nas it stands: %d|%q|%s|%d\n", 7, "text", 1ull << 40);
  unchecked("a double: %d|%-8.2f|%s|%s\n", 8, 2.5, "text", (const char *)1);
  unchecked("a modifier: %hhd|%s\n", 9, "text");
  megha_print("\n%200s|\n", text);
  free(text);
  return 0;
}
