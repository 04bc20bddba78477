// What calls and whole programs cost, in time stamps, which are instructions where the machine counts those (`--icount`). The same
// file runs on Megha, from /extra, and as the first process of a Linux, which it switches off at the end.
//
// Each line is `row NAME VALUE`: of calls the median of many, of programs the second of two runs, from before the copy of this process
// that goes on with it until its end is known.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long now(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (unsigned long long)high << 32 | low;
}

static void row(const char *name, unsigned long long value) { printf("row %s %llu\n", name, value); }

static int compare(const void *left, const void *right) {
  unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
  return a < b ? -1 : a > b;
}

static void measure(const char *name, void (*body)(void), int rounds) {
  static unsigned times[1001];
  for (int index = 0; index < rounds; index++) {
    unsigned long long start = now();
    body();
    times[index] = (unsigned)(now() - start);
  }
  qsort(times, rounds, sizeof times[0], compare);
  row(name, times[rounds / 2]);
}

// MARK: Calls

static int zero, null, request[2], answer[2];
static char byte, block[4096], *hello;

static void must(int result) {
  if (result >= 0) return;
  perror("study");
  exit(1);
}

static void parent(void) { syscall(SYS_getppid); }
static void read_zero(void) { must(read(zero, &byte, 1)); }
static void read_block(void) { must(read(zero, block, sizeof block)); }
static void write_null(void) { must(write(null, &byte, 1)); }
static void open_close(void) { must(close(open("/dev/null", O_RDONLY))); }
static void look(void) {
  struct stat status;
  must(stat("/tmp/study/file-7", &status));
}
static void round_trip(void) {
  must(write(request[1], &byte, 1));
  must(read(answer[0], &byte, 1));
}
static void map(void) {
  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *page = 1;
  must(munmap(page, 4096));
}
static void copy(void) {
  pid_t child = fork();
  must(child);
  if (child == 0) _exit(0);
  must(waitpid(child, 0, 0));
}
static void replace(void) {
  pid_t child = vfork();
  must(child);
  if (child == 0) {
    dup2(null, 1);
    execl(hello, hello, (char *)0);
    _exit(1);
  }
  must(waitpid(child, 0, 0));
}

static void calls(void) {
  must(zero = open("/dev/zero", O_RDONLY));
  must(null = open("/dev/null", O_WRONLY));
  measure("getppid", parent, 1001);
  measure("read-1", read_zero, 1001);
  measure("read-4096", read_block, 1001);
  measure("write-1", write_null, 1001);
  measure("open-close", open_close, 301);
  measure("stat", look, 301);
  measure("map-touch-unmap", map, 301);
  must(pipe(request));
  must(pipe(answer));
  pid_t partner = fork();
  must(partner);
  if (partner == 0) {
    close(request[1]);
    while (read(request[0], &byte, 1) == 1) must(write(answer[1], &byte, 1));
    _exit(0);
  }
  measure("pipe", round_trip, 301);
  close(request[1]);
  must(waitpid(partner, 0, 0));
  measure("fork-exit-wait", copy, 101);
  measure("vfork-exec-wait", replace, 101);
}

// MARK: Programs

static char busybox[64];

static unsigned long long run(char *const words[]) {
  unsigned long long start = now();
  pid_t child = fork();
  must(child);
  if (child == 0) {
    must(dup2(null, 1));
    execv(busybox, words);
    _exit(127);
  }
  int status;
  must(waitpid(child, &status, 0));
  if (status != 0) {
    fprintf(stderr, "study: %s ended with status %x\n", words[1], status);
    exit(1);
  }
  return now() - start;
}

static void program(const char *name, char *const words[]) {
  run(words);
  row(name, run(words));
}

static void programs(void) {
  program("echo", (char *[]){"busybox", "echo", "hello", 0});
  program("ls-la", (char *[]){"busybox", "ls", "-la", "/tmp/study", 0});
  program("cat-4-files", (char *[]){
    "busybox", "cat", "/tmp/study/file-0", "/tmp/study/file-1", "/tmp/study/file-2", "/tmp/study/file-3", 0});
  program("sh-50-forks", (char *[]){"busybox", "sh", "-c", "i=0; while [ $i -lt 50 ]; do (exit 3); i=$((i+1)); done", 0});
  program("sh-loop", (char *[]){"busybox", "sh", "-c", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done", 0});
  program("sort-1000", (char *[]){"busybox", "sort", "-n", "/tmp/study/numbers", 0});
  program("sha256sum-64K", (char *[]){"busybox", "sha256sum", "/tmp/study/zeroes", 0});
  program("awk", (char *[]){"busybox", "awk", "BEGIN { for (i = 0; i < 5000; i++) s += i * i; print s }", 0});
}

// MARK: What programs find

static void files(void) {
  mkdir("/tmp", 0777);
  mkdir("/tmp/study", 0777);
  char name[32];
  for (int index = 0; index < 20; index++) {
    sprintf(name, "/tmp/study/file-%d", index);
    FILE *file = fopen(name, "w");
    if (!file) must(-1);
    fprintf(file, "this is file %d\n", index);
    fclose(file);
  }
  FILE *numbers = fopen("/tmp/study/numbers", "w"), *zeroes = fopen("/tmp/study/zeroes", "w");
  if (!numbers || !zeroes) must(-1);
  for (unsigned index = 0, value = 7; index < 1000; index++, value = value * 1103515245 + 12345)
    fprintf(numbers, "%u\n", value >> 8);
  for (int index = 0; index < 16; index++) fwrite(block, sizeof block, 1, zeroes);
  fclose(numbers);
  fclose(zeroes);
}

int main(int count, char *words[]) {
  int is_first = getpid() == 1;
  setvbuf(stdout, 0, _IOLBF, 0);
  if (is_first) {
    mkdir("/dev", 0755);
    mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
    mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
  }
  char *end = strrchr(words[0], '/');
  int length = end ? (int)(end - words[0]) : 0;
  sprintf(busybox, "%.*s/busybox", length, words[0]);
  static char path[64];
  sprintf(path, "%.*s/hello", length, words[0]);
  hello = path;
  files();
  calls();
  programs();
  if (is_first) {
    must(iopl(3));
    outb(0x10, 0xf4);
    for (;;) pause();
  }
  return 0;
}
