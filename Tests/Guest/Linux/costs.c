// What calls cost, in time stamps: the median of many. In a machine that counts instructions (`--icount`) they are instructions.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long now(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (unsigned long long)high << 32 | low;
}

static int compare(const void *left, const void *right) {
  unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
  return a < b ? -1 : a > b;
}

static unsigned times[1001];
static int pipes[2];
static char text[4096];

static void number(void) { syscall(SYS_getuid32); }
static void parent(void) { syscall(SYS_getppid); }
static void sink(void) { write(pipes[1], text, 0); }
static void files(void) { close(open("/extra/costs", O_RDONLY)); }
static void turns(void) {
  write(pipes[1], text, 1);
  read(pipes[0], text, 1);
}
static void memory(void) {
  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *page = 1;
  munmap(page, 4096);
}
static void copies(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
}

static void measure(const char *what, void (*body)(void), int rounds) {
  for (int index = 0; index < rounds; index++) {
    unsigned long long start = now();
    body();
    times[index] = (unsigned)(now() - start);
  }
  qsort(times, rounds, sizeof times[0], compare);
  printf("%-28s %7u\n", what, times[rounds / 2]);
}

int main(void) {
  pipe(pipes);
  measure("getuid", number, 1001);
  measure("getppid", parent, 1001);
  measure("write of no byte", sink, 1001);
  measure("open and close", files, 301);
  measure("one byte through a pipe", turns, 301);
  measure("map, touch, unmap", memory, 301);
  measure("fork, exit, wait", copies, 101);
  return 0;
}
