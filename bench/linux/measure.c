// What the rows of Megha's `bench` cost on Linux: a program without a C library that is the only one of its system
// (`megha bench --peers` boots it as /init). It prints `name median` lines on the first serial port and stops the
// machine through QEMU's debug exit.
//
// Invariant: the serial port is opened after the last measurement, because a task with port rights switches slower.

typedef unsigned int word;

static inline int call5(int number, word a, word b, word c, word d, word e) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return result;
}
static inline int call3(int number, word a, word b, word c) { return call5(number, a, b, c, 0, 0); }
static int map_call(word *arguments) { return call3(90, (word)arguments, 0, 0); }

enum {
  EXIT = 1, READ = 3, WRITE = 4, WAITPID = 7, EXECVE = 11, GETPID = 20, KILL = 37, PIPE = 42, MUNMAP = 91,
  IOPL = 110, SYSINFO = 116, CLONE = 120, SCHED_YIELD = 158, FUTEX = 240
};

static inline word stamp(void) {
  word low;
  __asm__ volatile("rdtsc" : "=a"(low)::"edx", "memory");
  return low;
}

#define SAMPLES 200
#define WARM_UP 20
static word samples[SAMPLES];
static struct { const char *name; word median; } rows[32];
static int row_count;

static void add_row(const char *name, word value) {
  rows[row_count].name = name;
  rows[row_count++].median = value;
}

static void finish(const char *name, int count) {
  for (int i = 1; i < count; i++) {
    word value = samples[i];
    int place = i;
    while (place > 0 && samples[place - 1] > value) {
      samples[place] = samples[place - 1];
      place--;
    }
    samples[place] = value;
  }
  add_row(name, samples[count / 2]);
}

#define MEASURE(name, count, operation)                    \
  do {                                                     \
    for (int i = -WARM_UP; i < (count); i++) {             \
      word start = stamp();                                \
      operation;                                           \
      samples[i < 0 ? 0 : i] = stamp() - start - 2;        \
    }                                                      \
    finish(name, count);                                   \
  } while (0)

static char stacks[2][65536] __attribute__((aligned(16)));

// Starts `entry(argument)` on a stack of its own. `flags` say what is shared.
static int start_task(word flags, char *stack_end, void (*entry)(word), word argument, int *cleared) {
  word *top = (word *)stack_end;
  *--top = argument;
  *--top = (word)entry;
  int result;
  __asm__ volatile(
      "int $0x80\n\t"
      "testl %%eax, %%eax\n\t"
      "jnz 1f\n\t"
      "popl %%eax\n\t"
      "call *%%eax\n\t"
      "1:"
      : "=a"(result)
      : "a"(CLONE), "b"(flags), "c"(top), "d"(cleared), "S"(0), "D"(cleared)
      : "memory");
  return result;
}

#define CLONE_THREAD_FLAGS 0x00310f00 /* VM, FS, FILES, SIGHAND, THREAD, PARENT_SETTID, CHILD_CLEARTID */
#define CLONE_PROCESS_FLAGS 17        /* SIGCHLD */
#define CLONE_VFORK_FLAGS 0x4111      /* VM, VFORK, SIGCHLD */

static void end_at_once(word unused) {
  (void)unused;
  for (;;) call3(EXIT, 0, 0, 0);
}

// Counts its turns in memory that both processes share.
static void yield_for_ever(word turns) {
  for (;;) {
    ++*(volatile word *)turns;
    call3(SCHED_YIELD, 0, 0, 0);
  }
}

static void futex(volatile int *word_address, int operation, int value) {
  call5(FUTEX, (word)word_address, operation, value, 0, 0);
}

static volatile int turn;
static void answer_turns(word unused) {
  (void)unused;
  for (;;) {
    while (turn == 0) futex(&turn, 0, 0);
    turn = 0;
    futex(&turn, 1, 1);
  }
}

static int request_pipe[2], reply_pipe[2];
static char buffer[4096];
static void answer_pipe(word length) {
  for (;;) {
    int got = 0;
    while (got < (int)length) got += call3(READ, request_pipe[0], (word)buffer, length);
    call3(WRITE, reply_pipe[1], (word)buffer, length);
  }
}

static void run_null(word unused) {
  (void)unused;
  static char *arguments[] = {"/null", 0};
  call3(EXECVE, (word) "/null", (word)arguments, (word)&arguments[1]);
  call3(EXIT, 1, 0, 0);
}

static void measure_pipe(const char *name, word length) {
  call3(PIPE, (word)request_pipe, 0, 0);
  call3(PIPE, (word)reply_pipe, 0, 0);
  int partner = start_task(CLONE_PROCESS_FLAGS, stacks[1] + sizeof stacks[1], answer_pipe, length, 0);
  MEASURE(name, SAMPLES, {
    call3(WRITE, request_pipe[1], (word)buffer, length);
    int got = 0;
    while (got < (int)length) got += call3(READ, reply_pipe[0], (word)buffer, length);
  });
  call3(KILL, partner, 9, 0);
  call3(WAITPID, partner, 0, 0);
}

static void measure(void) {
  struct { word uptime, loads[3], total, free, shared, buffers, rest[16]; } info;
  call3(SYSINFO, (word)&info, 0, 0);
  add_row("memory", 0x10000000 - info.free);

  MEASURE("null", SAMPLES, call3(GETPID, 0, 0, 0));

  word shared[6] = {0, 4096, 3, 0x21, -1, 0};
  volatile word *turns = (volatile word *)map_call(shared);
  int partner = start_task(CLONE_PROCESS_FLAGS, stacks[1] + sizeof stacks[1], yield_for_ever, (word)turns, 0);
  // The scheduler may let the caller go on: a round trip is over when the other process has had a turn.
  MEASURE("yield", SAMPLES, {
    word before = *turns;
    while (*turns == before) call3(SCHED_YIELD, 0, 0, 0);
  });
  call3(KILL, partner, 9, 0);
  call3(WAITPID, partner, 0, 0);

  measure_pipe("pipe", 1);
  measure_pipe("pipe64", 64);
  measure_pipe("pipe4096", 4096);

  word anonymous[6] = {0, (SAMPLES + WARM_UP) * 4096, 3, 0x22, -1, 0};
  volatile char *page = (char *)map_call(anonymous);
  MEASURE("fault", SAMPLES, { *page = 1; page += 4096; });
  // A neighbour that neither merges with what is mapped nor lets go of the page table.
  word neighbour[6] = {0, 4096, 1, 0x22, -1, 0};
  (void)*(volatile char *)map_call(neighbour);
  word one[6] = {0, 4096, 3, 0x22, -1, 0};
  MEASURE("map", SAMPLES, {
    volatile char *address = (char *)map_call(one);
    *address = 1;
    call3(MUNMAP, (word)address, 4096, 0);
  });

  static int cleared;
  MEASURE("thread", 100, {
    cleared = 1;
    start_task(CLONE_THREAD_FLAGS, stacks[0] + sizeof stacks[0], end_at_once, 0, &cleared);
    while (*(volatile int *)&cleared) futex(&cleared, 0, cleared);
  });
  MEASURE("process", 100, {
    int child = start_task(CLONE_VFORK_FLAGS, stacks[0] + sizeof stacks[0], run_null, 0, 0);
    call3(WAITPID, child, 0, 0);
  });

  start_task(CLONE_THREAD_FLAGS, stacks[1] + sizeof stacks[1], answer_turns, 0, &cleared);
  MEASURE("futex", SAMPLES, {
    turn = 1;
    futex(&turn, 1, 1);
    while (turn == 1) futex(&turn, 0, 1);
  });
}

static inline void out(unsigned short port, unsigned char value) {
  __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline unsigned char in(unsigned short port) {
  unsigned char value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static void print_byte(char byte) {
  while (!(in(0x3fd) & 0x20)) {}
  out(0x3f8, byte);
}

void _start(void) {
  measure();
  call3(IOPL, 3, 0, 0);
  for (int i = 0; i < row_count; i++) {
    for (const char *text = "row "; *text; text++) print_byte(*text);
    for (const char *text = rows[i].name; *text; text++) print_byte(*text);
    char digits[12];
    int count = 0;
    word value = rows[i].median;
    do digits[count++] = '0' + value % 10;
    while (value /= 10);
    print_byte(' ');
    while (count) print_byte(digits[--count]);
    print_byte('\n');
  }
  out(0xf4, 0x10);
  for (;;) {}
}
