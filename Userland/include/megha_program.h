// What programs in C have besides the system calls of megha.h: text on the console, memory, and the ring they run in.
//
// Invariants: a call of megha_print writes its text with as few system calls as its length allows, so that the lines of
// tasks that write at the same time do not mix; nothing here allocates but megha_allocate.

#ifndef MEGHA_PROGRAM_H
#define MEGHA_PROGRAM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "megha.h"

#define MEGHA_FUNCTION __attribute__((unused)) static

/// Handles that a program begins with, unless its starter gave it none.
#define MEGHA_INPUT 0u
#define MEGHA_OUTPUT 1u
#define MEGHA_COMPLAINTS 2u

/// The ring that the caller runs in: 3 or 0. The same file may be started in either.
MEGHA_INLINE unsigned megha_ring(void) {
  uint32_t selector;
  __asm__("movl %%cs, %0" : "=r"(selector));
  return selector & 3;
}

// ---- Memory; the functions are the runtime's (Userland/Runtime/Heap.swift) ----

int posix_memalign(void **pointer, size_t alignment, size_t size);
void free(void *pointer);

/// `size` bytes that lie at a multiple of 16; NULL where there is no memory. `free` takes them back.
MEGHA_FUNCTION void *megha_allocate(size_t size) {
  void *pointer = NULL;
  return posix_memalign(&pointer, 16, size) == 0 ? pointer : NULL;
}

// ---- Text ----

/// Text on its way to a handle.
struct megha_line {
  uint32_t handle;
  uint32_t count;
  char bytes[160];
};

/// Hands what is in the line to the kernel, with as many system calls as it takes; gives up on an error, since there is
/// nowhere to report it. Where nobody is left to read a pipe, the program ends with status 141: it would go on for nobody.
MEGHA_FUNCTION void megha_line_flush(struct megha_line *line) {
  uint32_t done = 0;
  while (done < line->count) {
    int32_t result = megha_write(line->handle, line->bytes + done, line->count - done);
    if (result == MEGHA_ERROR_PEER_GONE) megha_abort(141);
    if (result <= 0) break;
    done += (uint32_t)result;
  }
  line->count = 0;
}

MEGHA_FUNCTION void megha_line_byte(struct megha_line *line, char byte) {
  if (line->count == sizeof line->bytes) megha_line_flush(line);
  line->bytes[line->count++] = byte;
}

/// Writes `value` in `base`, with blanks or zeros before it up to `width`.
MEGHA_FUNCTION void megha_line_number(struct megha_line *line, uint64_t value, unsigned base, int negative, int width,
                                      char fill, char ten) {
  char digits[20];
  int count = 0;
  do {
    unsigned digit = (unsigned)(value % base);
    digits[count++] = (char)(digit < 10 ? '0' + digit : ten + (digit - 10));
    value /= base;
  } while (value != 0);
  int padding = width - count - negative;
  if (negative && fill == '0') megha_line_byte(line, '-');
  for (; padding > 0; padding--) megha_line_byte(line, fill);
  if (negative && fill != '0') megha_line_byte(line, '-');
  while (count > 0) megha_line_byte(line, digits[--count]);
}

/// C's `printf`, of which the compiler checks the arguments, with the conversions d i u x X p c s % and the modifiers
/// 0, a width, l, ll and z. From the first other conversion on the format is written as it stands and no argument is read:
/// nobody knows how large the one is that the conversion had, so what follows it would be taken for something else.
__attribute__((format(printf, 2, 0))) MEGHA_FUNCTION void megha_print_list(uint32_t handle, const char *format,
                                                                            va_list arguments) {
  struct megha_line line = {.handle = handle};
  for (; *format != 0; format++) {
    if (*format != '%') {
      megha_line_byte(&line, *format);
      continue;
    }
    const char *start = format++;
    char fill = *format == '0' ? '0' : ' ';
    int width = 0, size = 0;
    while (*format >= '0' && *format <= '9' && width < 1000) width = width * 10 + (*format++ - '0');
    for (; *format == 'l' || *format == 'z'; format++) size += *format == 'l';
    switch (*format) {
    case 'd':
    case 'i': {
      int64_t value = size > 1 ? va_arg(arguments, long long) : va_arg(arguments, int);
      uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
      megha_line_number(&line, magnitude, 10, value < 0, width, fill, 'a');
      break;
    }
    case 'u':
    case 'x':
    case 'X': {
      uint64_t value = size > 1 ? va_arg(arguments, unsigned long long) : va_arg(arguments, unsigned);
      megha_line_number(&line, value, *format == 'u' ? 10 : 16, 0, width, fill, *format == 'X' ? 'A' : 'a');
      break;
    }
    case 'p':
      megha_line_byte(&line, '0');
      megha_line_byte(&line, 'x');
      megha_line_number(&line, (uint32_t)(uintptr_t)va_arg(arguments, void *), 16, 0, 8, '0', 'a');
      break;
    case 'c': megha_line_byte(&line, (char)va_arg(arguments, int)); break;
    case 's': {
      const char *text = va_arg(arguments, const char *);
      if (text == NULL) text = "(null)";
      int length = 0;
      while (text[length] != 0) length++;
      for (; length < width; width--) megha_line_byte(&line, ' ');
      while (*text != 0) megha_line_byte(&line, *text++);
      break;
    }
    case '%': megha_line_byte(&line, '%'); break;
    default:
      // Also the end of the format right after a '%'.
      while (*start != 0) megha_line_byte(&line, *start++);
      format = start - 1;
    }
  }
  megha_line_flush(&line);
}

/// Writes to the output.
__attribute__((format(printf, 1, 2))) MEGHA_FUNCTION void megha_print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  megha_print_list(MEGHA_OUTPUT, format, arguments);
  va_end(arguments);
}

/// Says what went wrong.
__attribute__((format(printf, 1, 2))) MEGHA_FUNCTION void megha_complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  megha_print_list(MEGHA_COMPLAINTS, format, arguments);
  va_end(arguments);
}

#endif
