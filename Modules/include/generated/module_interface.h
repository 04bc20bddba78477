// Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that.
//
// What kernel and modules are both compiled against.

#pragma once
#include <stdint.h>

// The build identity: a module is linked only into a kernel that was compiled against the same names and types.
#define MEGHA_BUILD_LOW 0xaa31d278u
#define MEGHA_BUILD_HIGH 0x68d4aa2eu

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

/// Answers a request that was kept. Returns 0, or a negative error: peerGone where that reached nobody, since
/// the caller gave up or its request goes to another server, tooLarge, badAddress.
/// - Parameter request: what `megha_keep` returned.
/// - Parameter words: the six words of the reply.
/// - Parameter bytes: the bytes of the reply.
/// - Parameter length: how many.
__attribute__((warn_unused_result))
int32_t megha_answer(uint64_t request, const uint32_t *words, const void *bytes, uint32_t length);

/// Returns the seconds since 1970 at boot, from the machine's clock; 0 where it has none.
uint64_t megha_boot_time(void);

/// Returns the identity of the process for which the module runs; 0 while the module starts by itself.
uint32_t megha_caller(void);

/// Returns the rights of the process for which the module runs, a bit for each (`Rights`).
uint32_t megha_caller_rights(void);

/// Returns the nanoseconds since boot.
uint64_t megha_clock(void);

/// Gives back memory of the calling module's.
/// - Parameter memory: what `megha_allocate` gave, or null.
void megha_free(void *memory);

/// Keeps the request that the service function answers, which returns 0x80000001 then: its caller waits
/// outside of the module for `megha_answer`, and sends the request again where the service moves. When a line
/// of the module's calls, or the moment of `megha_wake_at` comes, one of those who wait runs the function,
/// which returns 0, or another number where it did nothing: somebody else runs it then. Returns what names
/// the request; 0 where it cannot be kept.
/// - Parameter woken: a function of the module's, `int32_t (*)(void)`.
uint64_t megha_keep(const void *woken);

/// The device has been seen to: its line may interrupt again.
/// - Parameter line: a line that the module has.
void megha_line_acknowledge(uint32_t line);

/// Claims an interrupt line. Returns 0, or a negative error: busy where somebody has it.
/// - Parameter line: the number of an interrupt line.
__attribute__((warn_unused_result))
int32_t megha_line_claim(uint32_t line);

/// Gives a claimed line back. Unloading a module does the same.
/// - Parameter line: a line that the module has.
void megha_line_release(uint32_t line);

/// Waits until a line of the module's has called, while other tasks run. Returns the lines that have since it
/// was asked last, a bit for each, or a negative error: timedOut, cancelled, busy where another call waits.
/// - Parameter nanoseconds: how long at the most.
__attribute__((warn_unused_result))
int32_t megha_line_wait(uint64_t nanoseconds);

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

/// Waits until another call of the module's calls `megha_turn_wake`, behind those who wait already. Returns
/// 0, or a negative error: cancelled, serviceFaulted where the module has failed.
__attribute__((warn_unused_result))
int32_t megha_turn_wait(void);

/// Wakes the first of those who wait in `megha_turn_wait`.
void megha_turn_wake(void);

/// When those whose requests are kept are to run the function that `megha_keep` got, though no line calls.
/// Once that has begun no moment is set.
/// - Parameter moment: in nanoseconds since boot; all ones: none.
void megha_wake_at(uint64_t moment);
