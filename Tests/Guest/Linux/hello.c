// The least that a program of Linux's does: says what it was given, and ends with a status of its own.

#include <stdio.h>

int main(int count, char **arguments) {
  printf("hello, %d arguments:", count);
  for (int index = 1; index < count; index++) printf(" %s", arguments[index]);
  printf("\n");
  return 40 + count;
}
