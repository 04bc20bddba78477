// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.
//
// What kernel and modules are both compiled against.

#pragma once
#include <stdint.h>

// The build identity: a module is linked only into a kernel that was compiled against the same names and types.
#define MEGHA_BUILD_LOW 0x4608da94u
#define MEGHA_BUILD_HIGH 0x8efc42e4u

/// A request to a service, and its reply, which replaces it.
struct service_request {
  /// What is asked for; the service defines the numbers.
  uint32_t operation;
  /// Numbers of the request, and then of the reply.
  uint32_t words[6];
  /// The bytes that came with the request, in kernel memory.
  const void *data;
  /// How many there are.
  uint32_t data_length;
  /// Where the reply's bytes go, for `megha_reply` alone: the caller's own memory.
  void *buffer;
  /// How many the caller has room for.
  uint32_t buffer_capacity;
  /// The identity of the calling process.
  uint32_t sender;
  /// How many bytes of the buffer are the reply; `megha_reply` keeps it.
  uint32_t reply_length;
};

/// Allocates kernel memory that belongs to the calling module. Returns 0, or 12 where there is none.
/// - Parameter result: where the address goes.
/// - Parameter alignment: a power of two, at most 4096.
/// - Parameter size: in bytes.
__attribute__((warn_unused_result))
int32_t megha_allocate(void **result, uint32_t alignment, uint32_t size);

/// Returns the seconds since 1970 at boot, from the machine's clock; 0 where it has none.
uint64_t megha_boot_time(void);

/// Returns the identity of the process for which the module runs; 0 while the module starts by itself.
uint32_t megha_caller(void);

/// Returns the nanoseconds since boot.
uint64_t megha_clock(void);

/// Gives back memory of the calling module's.
/// - Parameter memory: what `megha_allocate` gave, or null.
void megha_free(void *memory);

/// Writes a line to the console and to the kernel's log, with the module's name before it.
/// - Parameter text: bytes of ASCII.
/// - Parameter length: how many; at most 256 count.
void megha_log(const uint8_t *text, uint32_t length);

/// Claims I/O ports, so that no other module uses them. Returns 0, or a negative error: busy where somebody
/// has one of them.
/// - Parameter first: the lowest port.
/// - Parameter count: how many ports.
__attribute__((warn_unused_result))
int32_t megha_ports_claim(uint32_t first, uint32_t count);

/// Gives claimed ports back. Unloading a module does the same.
/// - Parameter first: the lowest port of a claim.
/// - Parameter count: its number of ports.
void megha_ports_release(uint32_t first, uint32_t count);

/// Returns 1 while there is such a process and it has not ended, else 0.
/// - Parameter process: the identity of a process.
uint32_t megha_process_lives(uint32_t process);

/// Writes bytes of a reply to where the caller wants them. Returns 0, or 1 where there is no room for them.
/// Where the caller's room cannot be written that is the caller's error, and no concern of the module's: 0.
/// - Parameter request: the request that is being answered.
/// - Parameter offset: where in the reply the bytes go; they become its last.
/// - Parameter bytes: anything that the module may read.
/// - Parameter length: how many.
__attribute__((warn_unused_result))
int32_t megha_reply(struct service_request *request, uint32_t offset, const void *bytes, uint32_t length);

/// Waits while other tasks run. Returns 0, or the negative error cancelled where the calling task is to end:
/// the module should return soon then.
/// - Parameter nanoseconds: how long, at least.
__attribute__((warn_unused_result))
int32_t megha_sleep(uint64_t nanoseconds);
