// Signals: handlers, masks, calls that are cut short, children, groups, exceptions. Each line says what was done; the first that goes wrong
// ends the program with status 1. With the argument "own" all stays on the program's one stack.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void check(int is_right, const char *what) {
  if (is_right) return;
  printf("WRONG: %s (errno %d)\n", what, errno);
  fflush(stdout);
  _exit(1);
}

static volatile int seen, depth, deepest;
static volatile int order[8];

static void count(int signal) { order[seen++ & 7] = signal; }

static void on(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {0};
  action.sa_handler = handler;
  action.sa_flags = flags;
  check(sigaction(signal, &action, 0) == 0, "sigaction");
}

// Registers, flags and the x87 and SSE registers are the interrupted code's own when the handler has returned.
static void scribble(int signal) {
  volatile double other = signal;
  for (int index = 0; index < 100; index++) other = other * 1.5 + index;
  __asm__ volatile("fldz; fldz; fldz; fldz; fldz; fldz; fstp %%st; fstp %%st; fstp %%st; fstp %%st; fstp %%st; fstp %%st" ::: "memory");
  __asm__ volatile("movl $1,%%ebx; movl $2,%%esi; movl $3,%%edi; std; cld" ::: "ebx", "esi", "edi");
  seen++;
}

static void registers(void) {
  on(SIGUSR1, scribble, 0);
  int pid = getpid(), result;
  double sum = 0;
  unsigned b = 0x1111, s = 0x2222, d = 0x3333;
  __asm__ volatile("fldpi\n\tint $0x80\n\tfstpl %1"
                   : "=a"(result), "=m"(sum), "+b"(pid), "+S"(s), "+D"(d)
                   : "a"(37), "c"(SIGUSR1)
                   : "memory", "cc");
  check(result == 0 && seen == 1, "a handler runs before kill returns");
  check(pid == getpid() && s == 0x2222 && d == 0x3333 && b == 0x1111, "registers");
  check(sum > 3.14159 && sum < 3.1416, "x87 registers");
  puts("handlers return");
}

static volatile siginfo_t information;
static volatile unsigned context_eip, context_esp;

static void informed(int signal, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  information.si_signo = info->si_signo;
  context_eip = user->uc_mcontext.gregs[REG_EIP];
  context_esp = user->uc_mcontext.gregs[REG_ESP];
  user->uc_mcontext.gregs[REG_EAX] = 77;
  seen++;
}

static void contexts(void) {
  struct sigaction action = {0};
  action.sa_sigaction = informed;
  action.sa_flags = SA_SIGINFO;
  check(sigaction(SIGUSR2, &action, 0) == 0, "sigaction");
  seen = 0;
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(37), "b"(getpid()), "c"(SIGUSR2) : "memory");
  check(seen == 1 && information.si_signo == SIGUSR2 && context_eip != 0 && context_esp != 0, "a handler is informed");
  check(result == 77, "what a handler changes is gone on with");
  puts("handlers are informed");
}

static void nested(int signal) {
  if (++depth > deepest) deepest = depth;
  if (++seen < 3) raise(signal);
  depth--;
}

static void masks(void) {
  sigset_t set, former;
  on(SIGUSR1, count, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  seen = 0;
  check(sigprocmask(SIG_BLOCK, &set, &former) == 0 && !sigismember(&former, SIGUSR1), "a mask");
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigemptyset(&set);
  check(seen == 0 && sigpending(&set) == 0 && sigismember(&set, SIGUSR1), "a signal waits");
  check(sigprocmask(SIG_SETMASK, &former, 0) == 0 && seen == 1, "and comes once");
  on(SIGUSR1, nested, 0);
  seen = 0;
  raise(SIGUSR1);
  check(seen == 3 && deepest == 1, "one at a time");
  on(SIGUSR1, nested, SA_NODEFER);
  seen = deepest = 0;
  raise(SIGUSR1);
  check(deepest == 3 && depth == 0, "SA_NODEFER");
  on(SIGUSR1, count, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction action;
  check(sigaction(SIGUSR1, 0, &action) == 0 && action.sa_handler == SIG_DFL, "SA_RESETHAND");
  puts("masks hold back");
}

static int ends[2];
static void refill(int signal) {
  seen++;
  check(write(ends[1], "x", 1) == 1, "a write in a handler");
}

// SIGALRM in so many milliseconds.
static void alarm_in(int milliseconds) {
  struct itimerval timer = {{0, 0}, {0, milliseconds * 1000}};
  check(setitimer(ITIMER_REAL, &timer, 0) == 0, "setitimer");
}

static void calls(void) {
  char byte;
  check(pipe(ends) == 0, "pipe");
  seen = 0;
  on(SIGALRM, count, 0);
  alarm_in(20);
  check(read(ends[0], &byte, 1) == -1 && errno == EINTR && seen == 1, "a read is cut short");
  on(SIGALRM, refill, SA_RESTART);
  alarm_in(20);
  check(read(ends[0], &byte, 1) == 1 && byte == 'x' && seen == 2, "a read goes on");
  on(SIGALRM, count, SA_RESTART);
  alarm_in(20);
  struct timespec time = {50, 0}, left = {0, 0};
  check(nanosleep(&time, &left) == -1 && errno == EINTR, "a sleep is cut short");
  check(left.tv_sec == 49, "what is left of it");
  alarm_in(20);
  check(pause() == -1 && errno == EINTR && seen == 4, "pause");
  struct itimerval timer = {{0, 5000}, {0, 5000}};
  check(setitimer(ITIMER_REAL, &timer, 0) == 0, "setitimer");
  while (seen < 8) pause();
  check(getitimer(ITIMER_REAL, &timer) == 0 && timer.it_interval.tv_usec == 5000, "getitimer");
  check(alarm(0) == 1 && alarm(7) == 0 && alarm(0) == 7, "alarm");
  seen = 4;
  close(ends[0]);
  on(SIGPIPE, count, 0);
  check(write(ends[1], "x", 1) == -1 && errno == EPIPE && seen == 5, "a write to nobody");
  close(ends[1]);
  on(SIGPIPE, SIG_DFL, 0);
  puts("calls are cut short");
}

// A loop that makes no calls, in whose middle a handler uses the same registers.
static void loops(void) {
  on(SIGALRM, scribble, 0);
  seen = 0;
  alarm_in(20);
  volatile double sum = 1;
  long rounds = 0;
  while (seen == 0) {
    double part = 1;
    for (int index = 1; index <= 20; index++) part *= index;
    for (int index = 20; index >= 1; index--) part /= index;
    if (part != 1) check(0, "numbers across a handler");
    rounds++;
  }
  check(rounds > 0 && sum == 1, "a loop goes on");
  puts("loops are interrupted");
}

static void leave(int signal) { _exit(40 + (signal == SIGUSR1)); }

static void children(void) {
  int status;
  sigset_t set, former;
  on(SIGCHLD, count, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &former);
  seen = 0;
  pid_t child = fork();
  if (child == 0) _exit(3);
  while (seen == 0) check(sigsuspend(&former) == -1 && errno == EINTR, "sigsuspend");
  check(order[0] == SIGCHLD && waitpid(child, &status, WNOHANG) == child && WEXITSTATUS(status) == 3, "SIGCHLD");
  sigprocmask(SIG_SETMASK, &former, 0);
  on(SIGCHLD, SIG_DFL, 0);

  // One that has a handler, and one that has none.
  check(pipe(ends) == 0, "pipe");
  for (int round = 0; round < 2; round++) {
    child = fork();
    if (child == 0) {
      on(SIGUSR1, round == 0 ? leave : SIG_DFL, 0);
      if (write(ends[1], "r", 1) != 1) _exit(1);
      for (;;) pause();
    }
    char byte;
    check(read(ends[0], &byte, 1) == 1 && kill(child, 0) == 0 && kill(child, SIGUSR1) == 0, "kill");
    check(waitpid(child, &status, 0) == child, "waitpid");
    if (round == 0) check(WIFEXITED(status) && WEXITSTATUS(status) == 41, "a child's handler");
    if (round == 1) check(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "a child without one");
  }
  check(kill(child, SIGTERM) == -1 && errno == ESRCH, "a child that is gone");
  close(ends[0]);
  close(ends[1]);

  // What is ignored cuts nothing short.
  child = fork();
  if (child == 0) _exit(0);
  struct timespec time = {0, 30000000};
  check(nanosleep(&time, 0) == 0 && wait(0) == child, "an ignored signal");
  puts("children are told of and told");
}

static void groups(void) {
  int status;
  pid_t first = fork();
  if (first == 0) for (;;) pause();
  check(setpgid(first, 0) == 0 && getpgid(first) == first, "a group");
  pid_t second = fork();
  if (second == 0) for (;;) pause();
  check(setpgid(second, first) == 0 && getpgid(second) == first && getpgrp() != first, "the same group");
  check(kill(-first, SIGTERM) == 0, "kill of a group");
  for (int index = 0; index < 2; index++) {
    pid_t child = wait(&status);
    check((child == first || child == second) && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "its end");
  }
  check(kill(-first, SIGTERM) == -1 && errno == ESRCH, "no group");
  puts("groups are reached");
}

static sigjmp_buf back;
static volatile int raised;
static void *volatile fault_address;

static void escape(int signal, siginfo_t *info, void *context) {
  raised = signal;
  fault_address = info->si_addr;
  siglongjmp(back, 1);
}

static void exceptions(int own_stack) {
  struct sigaction action = {0};
  action.sa_sigaction = escape;
  action.sa_flags = SA_SIGINFO;
  if (!own_stack) {
    static char other[32768];
    stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
    check(sigaltstack(&stack, 0) == 0, "sigaltstack");
    action.sa_flags |= SA_ONSTACK;
  }
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  for (int round = 0; round < 20; round++) {
    raised = 0;
    if (sigsetjmp(back, 1) == 0) *(volatile int *)12 = 1;
    check(raised == SIGSEGV && fault_address == (void *)12, "SIGSEGV");
  }
  volatile int zero = 0;
  if (sigsetjmp(back, 1) == 0) zero = 100 / zero;
  check(raised == SIGFPE, "SIGFPE");
  if (sigsetjmp(back, 1) == 0) __asm__ volatile("ud2");
  check(raised == SIGILL, "SIGILL");
  int status;
  pid_t child = fork();
  if (child == 0) {
    signal(SIGFPE, SIG_DFL);
    zero = 100 / zero;
  }
  check(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGFPE, "a child's exception");
  puts("exceptions are caught");
}

static void many(void) {
  on(SIGUSR1, count, 0);
  seen = 0;
  for (int index = 0; index < 2000; index++) raise(SIGUSR1);
  check(seen == 2000, "many");
  puts("2000 signals");
}

int main(int count, char **arguments) {
  setvbuf(stdout, 0, _IONBF, 0);
  registers();
  contexts();
  masks();
  many();
  children();
  groups();
  exceptions(count > 1 && strcmp(arguments[1], "own") == 0);
  calls();
  loops();
  return 0;
}
