// What copies of a process have of their own and what they share: memory, descriptors, the working directory, the end.
// Each line says what was done; the first that goes wrong ends the program with status 1.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int is_right, const char *what) {
  if (is_right) return;
  printf("WRONG: %s (errno %d)\n", what, errno);
  fflush(stdout);
  exit(1);
}

static int variable = 1;
static char large[200000];

// The child changes what it has; the parent's stays, in data, heap, stack and mappings.
static void memory(void) {
  int local = 5;
  char *heap = malloc(100000);
  char *mapping = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(heap != 0 && mapping != MAP_FAILED, "memory");
  memset(heap, 'p', 100000);
  memset(mapping, 'p', 65536);
  memset(large, 'p', sizeof large);
  pid_t child = fork();
  check(child >= 0, "fork");
  if (child == 0) {
    check(variable == 1 && local == 5 && heap[99999] == 'p' && mapping[65535] == 'p' && large[4096] == 'p', "a copy");
    variable = 2, local = 6;
    memset(heap, 'c', 100000);
    memset(mapping, 'c', 65536);
    memset(large, 'c', sizeof large);
    exit(variable + local == 8 && large[199999] == 'c' ? 33 : 1);
  }
  variable = 3;
  int status;
  check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 33, "the child's status");
  check(variable == 3 && local == 5 && heap[0] == 'p' && mapping[40000] == 'p' && large[199999] == 'p', "the parent's own");
  free(heap);
  munmap(mapping, 65536);
  puts("memory is each one's own");
}

// What a child reads, the parent has not; both ends of a pipe are shared.
static void descriptors(void) {
  int ends[2];
  check(pipe(ends) == 0, "pipe");
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    check(write(ends[1], "from the child", 14) == 14, "write");
    _exit(0);
  }
  close(ends[1]);
  char text[100];
  int count = 0, part;
  while ((part = read(ends[0], text + count, sizeof text - count)) > 0) count += part;
  check(part == 0 && count == 14 && memcmp(text, "from the child", 14) == 0, "what the child wrote, and its end");
  close(ends[0]);
  check(waitpid(-1, 0, 0) == child, "any child");
  check(waitpid(-1, 0, 0) == -1 && errno == ECHILD, "no child is left");
  puts("descriptors are shared");
}

// A program replaces the copy: arguments arrive, and a descriptor that ends with it is closed.
static void programs(const char *self) {
  int ends[2];
  check(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  pid_t child = fork();
  if (child == 0) {
    check(dup2(ends[1], 1) == 1, "dup2");
    execl(self, self, "again", "two words", (char *)0);
    _exit(99);
  }
  close(ends[1]);
  char text[100] = {0};
  int count = 0, part;
  while ((part = read(ends[0], text + count, sizeof text - 1 - count)) > 0) count += part;
  int status;
  check(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7, "the program's status");
  check(strcmp(text, "again: two words\n") == 0, "what the program wrote");
  close(ends[0]);
  child = fork();
  if (child == 0) {
    execl("/no/such/program", "x", (char *)0);
    _exit(errno == ENOENT && variable == 3 ? 55 : 1);
  }
  check(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 55, "a program that is not there");
  puts("programs are replaced");
}

// A child that is ended by a signal, or by a fault of its own.
static void ends(void) {
  int status;
  pid_t child = fork();
  if (child == 0) abort();
  check(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == 6, "abort");
  child = fork();
  if (child == 0) _exit(*(volatile int *)8);
  check(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == 11, "a fault");
  puts("ends are told");
}

static void many(int count) {
  for (int index = 0; index < count; index++) {
    pid_t child = fork();
    check(child >= 0, "one of many");
    if (child == 0) _exit(large[index] == 'p' ? index & 127 : 1);
    int status;
    check(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == (index & 127), "one of many ends");
  }
  printf("%d copies\n", count);
}

int main(int count, char **arguments) {
  if (count > 2) {
    printf("again: %s\n", arguments[2]);
    return fcntl(4, F_GETFD) == -1 ? 7 : 8;
  }
  memory();
  fflush(stdout);
  descriptors();
  fflush(stdout);
  programs(arguments[0]);
  fflush(stdout);
  ends();
  fflush(stdout);
  many(count > 1 ? atoi(arguments[1]) : 100);
  return 0;
}
