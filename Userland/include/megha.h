// Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that.
//
// Megha's system calls for programs in C. A function returns zero or more, or a negative error code.
// The structures that the pointers lead to are those of ABI/Interface (Structures.swift, ServiceStructures.swift).

#ifndef MEGHA_H
#define MEGHA_H

#include <stdint.h>

#include "system_call.h"

// Errors.
/// There is no system call of this number.
#define MEGHA_ERROR_UNKNOWN_CALL (-1)
/// An address range is not wholly the caller's, or not accessible as the call needs.
#define MEGHA_ERROR_BAD_ADDRESS (-2)
/// An argument has a value that the call does not take.
#define MEGHA_ERROR_BAD_ARGUMENT (-3)
/// Nothing of this name exists.
#define MEGHA_ERROR_NOT_FOUND (-4)
/// There is not enough memory; nothing was changed.
#define MEGHA_ERROR_OUT_OF_MEMORY (-5)
/// The caller does not hold the right that this needs.
#define MEGHA_ERROR_NOT_PERMITTED (-6)
/// No task has this identity.
#define MEGHA_ERROR_NO_SUCH_TASK (-7)
/// The caller has no such child or thread to wait for.
#define MEGHA_ERROR_NO_CHILD (-8)
/// The call would have to wait and was asked not to.
#define MEGHA_ERROR_WOULD_BLOCK (-9)
/// The time given ran out first.
#define MEGHA_ERROR_TIMED_OUT (-10)
/// The wait was ended because the caller is being ended.
#define MEGHA_ERROR_CANCELLED (-11)
/// The caller holds no such handle, or not with the rights this needs.
#define MEGHA_ERROR_BAD_HANDLE (-12)
/// The file is not a program that can be started.
#define MEGHA_ERROR_BAD_EXECUTABLE (-13)
/// A length or count is over its limit.
#define MEGHA_ERROR_TOO_LARGE (-14)
/// Something of this name exists already.
#define MEGHA_ERROR_ALREADY_EXISTS (-15)
/// It is in use; the log says by whom.
#define MEGHA_ERROR_BUSY (-16)
/// The service failed while it handled the call.
#define MEGHA_ERROR_SERVICE_FAULTED (-17)
/// The other side ended.
#define MEGHA_ERROR_PEER_GONE (-18)
/// This machine or this object cannot do it.
#define MEGHA_ERROR_UNSUPPORTED (-19)
/// A table is full or a count is at its limit.
#define MEGHA_ERROR_LIMIT_REACHED (-20)
/// The file is not a module that can be linked; the log says why.
#define MEGHA_ERROR_BAD_MODULE (-21)
/// A part of the path is no directory.
#define MEGHA_ERROR_NOT_A_DIRECTORY (-22)
/// It is a directory, and the call is for files.
#define MEGHA_ERROR_IS_A_DIRECTORY (-23)
/// The directory is not empty.
#define MEGHA_ERROR_NOT_EMPTY (-24)
/// The file system is full, or the caller has its share of it.
#define MEGHA_ERROR_NO_SPACE (-25)
/// The file system, or this part of it, cannot be written.
#define MEGHA_ERROR_READ_ONLY (-26)
/// The device failed to read or write.
#define MEGHA_ERROR_DEVICE_FAILED (-27)
/// The file was removed while it was open.
#define MEGHA_ERROR_STALE (-28)
/// The file system contradicts itself; it needs to be checked.
#define MEGHA_ERROR_DAMAGED (-29)
/// The program is for another system, and was given no personality.
#define MEGHA_ERROR_OTHER_SYSTEM (-30)

// Numbers.
#define MEGHA_CALL_NULL 0u
#define MEGHA_CALL_EXIT 1u
#define MEGHA_CALL_ABORT 2u
#define MEGHA_CALL_YIELD 3u
#define MEGHA_CALL_SLEEP 4u
#define MEGHA_CALL_CLOCK 5u
#define MEGHA_CALL_PROCESS_START 6u
#define MEGHA_CALL_THREAD_START 7u
#define MEGHA_CALL_WAIT 8u
#define MEGHA_CALL_KILL 9u
#define MEGHA_CALL_TASK_INFORMATION 10u
#define MEGHA_CALL_TASK_NEXT 11u
#define MEGHA_CALL_MEMORY_MAP 12u
#define MEGHA_CALL_MEMORY_UNMAP 13u
#define MEGHA_CALL_MEMORY_PROTECT 14u
#define MEGHA_CALL_MEMORY_INFORMATION 15u
#define MEGHA_CALL_MEMORY_REGION 16u
#define MEGHA_CALL_READ 17u
#define MEGHA_CALL_WRITE 18u
#define MEGHA_CALL_OPEN 19u
#define MEGHA_CALL_CLOSE 20u
#define MEGHA_CALL_FILE_ENTRY 21u
#define MEGHA_CALL_SEEK 22u
#define MEGHA_CALL_LOG_READ 23u
#define MEGHA_CALL_POWER_OFF 24u
#define MEGHA_CALL_WORD_WAIT 25u
#define MEGHA_CALL_WORD_WAKE 26u
#define MEGHA_CALL_PRIORITY_SET 27u
#define MEGHA_CALL_RIGHTS_DROP 28u
#define MEGHA_CALL_THREAD_POINTER_SET 29u
#define MEGHA_CALL_MODULE_LOAD 30u
#define MEGHA_CALL_MODULE_UNLOAD 31u
#define MEGHA_CALL_MODULE_INFORMATION 32u
#define MEGHA_CALL_SERVICE_OPEN 33u
#define MEGHA_CALL_CALL 34u
#define MEGHA_CALL_SERVICE_PUBLISH 35u
#define MEGHA_CALL_RECEIVE 36u
#define MEGHA_CALL_REPLY 37u
#define MEGHA_CALL_REPLY_AND_RECEIVE 38u
#define MEGHA_CALL_SERVICE_INFORMATION 39u
#define MEGHA_CALL_COUNTERS 40u
#define MEGHA_CALL_CALL_SHORT 41u
#define MEGHA_CALL_SERVICE_CONTROL 42u
#define MEGHA_CALL_EVENT_WAIT 43u
#define MEGHA_CALL_EVENT_SEND 44u
#define MEGHA_CALL_EVENT_TIMER 45u
#define MEGHA_CALL_LOCK_ACQUIRE 46u
#define MEGHA_CALL_LOCK_RELEASE 47u
#define MEGHA_CALL_HEAP_INFORMATION 48u
#define MEGHA_CALL_KERNEL_TEST 49u
#define MEGHA_CALL_MEMORY_SHARE 50u
#define MEGHA_CALL_TRACE_READ 51u
#define MEGHA_CALL_HANDLE_DUPLICATE 52u
#define MEGHA_CALL_NOTIFICATION_CREATE 53u
#define MEGHA_CALL_NOTIFICATION_SIGNAL 54u
#define MEGHA_CALL_NOTIFICATION_WAIT 55u
#define MEGHA_CALL_INTERRUPT_CLAIM 56u
#define MEGHA_CALL_INTERRUPT_ACKNOWLEDGE 57u
#define MEGHA_CALL_PORTS_CLAIM 58u
#define MEGHA_CALL_PORT_READ 59u
#define MEGHA_CALL_PORT_WRITE 60u
#define MEGHA_CALL_DEVICE_MAP 61u
#define MEGHA_CALL_LENDING_WINDOW 62u
#define MEGHA_CALL_DEVICE_MEMORY 63u
#define MEGHA_CALL_DEVICE_SILENT 64u
#define MEGHA_CALL_HANDLE_PLACE 65u
#define MEGHA_CALL_PIPE_CREATE 66u
#define MEGHA_CALL_HANDLE_INFORMATION 67u
#define MEGHA_CALL_JOB_INFORMATION 68u
#define MEGHA_CALL_FILE_INFORMATION 69u
#define MEGHA_CALL_HANDLE_FILE 70u
#define MEGHA_CALL_DIRECTORY_ENTRY 71u
#define MEGHA_CALL_DIRECTORY_CREATE 72u
#define MEGHA_CALL_FILE_REMOVE 73u
#define MEGHA_CALL_FILE_RENAME 74u
#define MEGHA_CALL_FILE_RESIZE 75u
#define MEGHA_CALL_FILE_LINK 76u
#define MEGHA_CALL_LINK_READ 77u
#define MEGHA_CALL_FILE_CHANGE 78u
#define MEGHA_CALL_FILE_SYNC 79u
#define MEGHA_CALL_FILE_SYSTEM_USE 80u
#define MEGHA_CALL_MOUNT 81u
#define MEGHA_CALL_UNMOUNT 82u
#define MEGHA_CALL_MOUNT_INFORMATION 83u
#define MEGHA_CALL_DIRECTORY_CHANGE 84u
#define MEGHA_CALL_DIRECTORY_PATH 85u
#define MEGHA_CALL_RECEIVE_ANY 86u
#define MEGHA_CALL_REQUEST_KEEP 87u
#define MEGHA_CALL_REQUEST_ANSWER 88u
#define MEGHA_CALL_CALL_IN_REGISTERS 89u
#define MEGHA_CALL_RECEIVE_IN_REGISTERS 90u
#define MEGHA_CALL_REPLY_AND_RECEIVE_IN_REGISTERS 91u
#define MEGHA_CALL_REPLY_MESSAGE_AND_RECEIVE 92u
#define MEGHA_CALL_REQUEST_SENDER 93u
#define MEGHA_CALL_REPLY_REST 94u
#define MEGHA_CALL_WORD_WAKE_AND_WAIT 95u
#define MEGHA_CALL_NOTIFICATION_SIGNAL_AND_WAIT 96u
#define MEGHA_CALL_TERMINAL_GIVE 97u
#define MEGHA_CALL_ATTENTION_WAIT 98u
#define MEGHA_CALL_LIMIT_REFUSAL 99u
#define MEGHA_CALL_PROCESS_STOP 100u
#define MEGHA_CALL_PROCESS_CLONE 101u
#define MEGHA_CALL_PROCESS_REPLACE 102u
#define MEGHA_CALL_TERMINAL_INFORMATION 103u
#define MEGHA_CALL_TERMINAL_CHANGE 104u
#define MEGHA_CALL_TERMINAL_CREATE 105u
#define MEGHA_CALL_TERMINAL_WATCH 106u
#define MEGHA_CALL_POLL 107u
#define MEGHA_CALL_COUNT 108u

/// Does nothing. It measures what entering and leaving the kernel costs.
MEGHA_INLINE int32_t megha_null(void) {
  return megha_system_call0(MEGHA_CALL_NULL);
}

/// Ends the calling task. When the first thread of a process ends, the process ends, and its other threads
/// with it.
/// - status: the exit status.
_Noreturn MEGHA_INLINE void megha_exit(uint32_t status) {
  (void)megha_system_call1(MEGHA_CALL_EXIT, status);
  __builtin_unreachable();
}

/// Ends every task of the caller's address space.
/// - status: the exit status of the process.
_Noreturn MEGHA_INLINE void megha_abort(uint32_t status) {
  (void)megha_system_call1(MEGHA_CALL_ABORT, status);
  __builtin_unreachable();
}

/// Lets the other ready tasks of the same priority run first.
MEGHA_INLINE int32_t megha_yield(void) {
  return megha_system_call0(MEGHA_CALL_YIELD);
}

/// Waits for at least the given time.
/// - nanoseconds_low: the low 32 bits of the time.
/// - nanoseconds_high: the high 32 bits of the time.
MEGHA_INLINE int32_t megha_sleep(uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call2(MEGHA_CALL_SLEEP, nanoseconds_low, nanoseconds_high);
}

/// Reads the clocks: nanoseconds since boot, and seconds since 1970 at boot.
/// - reading: where the reading goes.
MEGHA_INLINE int32_t megha_clock(void *reading) {
  return megha_system_call1(MEGHA_CALL_CLOCK, (uint32_t)(uintptr_t)reading);
}

/// Starts a process from a file or from memory, in Ring 3 or Ring 0. The caller's process becomes its parent,
/// and the new one gets its standard handles unless the request names others.
/// - request: what to start and how.
/// - size: the size of the request in bytes.
MEGHA_INLINE int32_t megha_process_start(const void *request, uint32_t size) {
  return megha_system_call2(MEGHA_CALL_PROCESS_START, (uint32_t)(uintptr_t)request, size);
}

/// Starts a thread in the caller's address space, in Ring 3 or Ring 0, whatever ring the caller runs in.
/// - request: where to start and how.
/// - size: the size of the request in bytes.
MEGHA_INLINE int32_t megha_thread_start(const void *request, uint32_t size) {
  return megha_system_call2(MEGHA_CALL_THREAD_START, (uint32_t)(uintptr_t)request, size);
}

/// Waits until a child process or a thread has ended, and takes its outcome.
/// - task: a child process or a thread of the caller's process; 0: any child process.
/// - flags: whether to wait.
/// - outcome: how it ended.
MEGHA_INLINE int32_t megha_wait(uint32_t task, uint32_t flags, void *outcome) {
  return megha_system_call3(MEGHA_CALL_WAIT, task, flags, (uint32_t)(uintptr_t)outcome);
}

/// Ends a task. Ending the first thread of a process ends the process.
/// - task: the task to end.
/// - status: the exit status it gets.
MEGHA_INLINE int32_t megha_kill(uint32_t task, uint32_t status) {
  return megha_system_call2(MEGHA_CALL_KILL, task, status);
}

/// Describes a task.
/// - task: the task; 0: the caller.
/// - information: where the description goes.
/// - size: the size of the structure in bytes.
MEGHA_INLINE int32_t megha_task_information(uint32_t task, void *information, uint32_t size) {
  return megha_system_call3(MEGHA_CALL_TASK_INFORMATION, task, (uint32_t)(uintptr_t)information, size);
}

/// Enumerates the tasks, in the order of their identities.
/// - task: a task, or 0 to begin.
MEGHA_INLINE int32_t megha_task_next(uint32_t task) {
  return megha_system_call1(MEGHA_CALL_TASK_NEXT, task);
}

/// Adds zeroed pages to the caller's address space. Writable and executable together is refused.
/// - address: where, or 0 to let the kernel choose.
/// - length: how many bytes; rounded up to pages.
/// - permissions: what the pages allow.
MEGHA_INLINE int32_t megha_memory_map(uint32_t address, uint32_t length, uint32_t permissions) {
  return megha_system_call3(MEGHA_CALL_MEMORY_MAP, address, length, permissions);
}

/// Removes pages that memoryMap added.
/// - address: the first page.
/// - length: how many bytes.
MEGHA_INLINE int32_t megha_memory_unmap(uint32_t address, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_MEMORY_UNMAP, address, length);
}

/// Changes what pages of the caller allow.
/// - address: the first page.
/// - length: how many bytes.
/// - permissions: what the pages allow from now on.
MEGHA_INLINE int32_t megha_memory_protect(uint32_t address, uint32_t length, uint32_t permissions) {
  return megha_system_call3(MEGHA_CALL_MEMORY_PROTECT, address, length, permissions);
}

/// Counts the machine's memory by owner. With `check` it walks all structures, for which it needs the right
/// `tasks`, and reports the frames that nobody owns.
/// - information: where the counts go.
/// - flags: whether to prove the counts first.
MEGHA_INLINE int32_t megha_memory_information(void *information, uint32_t flags) {
  return megha_system_call2(MEGHA_CALL_MEMORY_INFORMATION, (uint32_t)(uintptr_t)information, flags);
}

/// Describes the first region of an address space that ends above the address: the caller's, a child's, or
/// with the right `tasks` any.
/// - task: a task; 0: the caller.
/// - address: where to look.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_memory_region(uint32_t task, uint32_t address, void *information) {
  return megha_system_call3(MEGHA_CALL_MEMORY_REGION, task, address, (uint32_t)(uintptr_t)information);
}

/// Reads bytes. A read of a console or of a pipe waits for at least one byte; of a pipe without writers it is
/// 0.
/// - handle: what to read from.
/// - buffer: where the bytes go.
/// - length: how many at the most.
MEGHA_INLINE int32_t megha_read(uint32_t handle, void *buffer, uint32_t length) {
  return megha_system_call3(MEGHA_CALL_READ, handle, (uint32_t)(uintptr_t)buffer, length);
}

/// Writes bytes, or the first of them where another task is due meanwhile. Into a pipe up to 4,096 bytes are
/// written together once there is room; of more, what there is room for. A pipe without readers: peerGone.
/// - handle: what to write to.
/// - buffer: the bytes.
/// - length: how many.
MEGHA_INLINE int32_t megha_write(uint32_t handle, const void *buffer, uint32_t length) {
  return megha_system_call3(MEGHA_CALL_WRITE, handle, (uint32_t)(uintptr_t)buffer, length);
}

/// Opens a file, a directory or a device. A path that does not begin with a slash begins at the caller's
/// working directory.
/// - path: the name, in UTF-8.
/// - length: its length in bytes.
/// - flags: how.
MEGHA_INLINE int32_t megha_open(const void *path, uint32_t length, uint32_t flags) {
  return megha_system_call3(MEGHA_CALL_OPEN, (uint32_t)(uintptr_t)path, length, flags);
}

/// Gives a handle up.
/// - handle: the handle.
MEGHA_INLINE int32_t megha_close(uint32_t handle) {
  return megha_system_call1(MEGHA_CALL_CLOSE, handle);
}

/// Enumerates the files of the boot archives.
/// - index: which file of the boot archives, from 0.
/// - entry: where its description goes.
MEGHA_INLINE int32_t megha_file_entry(uint32_t index, void *entry) {
  return megha_system_call2(MEGHA_CALL_FILE_ENTRY, index, (uint32_t)(uintptr_t)entry);
}

/// Sets where the next read or write begins.
/// - handle: a file.
/// - position: bytes from its start.
MEGHA_INLINE int32_t megha_seek(uint32_t handle, uint32_t position) {
  return megha_system_call2(MEGHA_CALL_SEEK, handle, position);
}

/// Reads the kernel's log. Needs the right `tasks`.
/// - position: bytes since boot; older than the log keeps: its oldest byte.
/// - buffer: where the bytes go.
/// - length: how many at the most.
MEGHA_INLINE int32_t megha_log_read(uint32_t position, void *buffer, uint32_t length) {
  return megha_system_call3(MEGHA_CALL_LOG_READ, position, (uint32_t)(uintptr_t)buffer, length);
}

/// Stops the machine.
/// - status: the status the host sees.
MEGHA_INLINE int32_t megha_power_off(uint32_t status) {
  return megha_system_call1(MEGHA_CALL_POWER_OFF, status);
}

/// Sleeps while a word has the expected value, until wordWake is called for it. If the value differs already:
/// wouldBlock.
/// - word: the address of an aligned 32-bit word.
/// - expected: the value it must still have.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_word_wait(uint32_t word, uint32_t expected, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call4(MEGHA_CALL_WORD_WAIT, word, expected, nanoseconds_low, nanoseconds_high);
}

/// Wakes tasks that wait for a word.
/// - word: the word.
/// - count: how many waiters to wake at the most.
MEGHA_INLINE int32_t megha_word_wake(uint32_t word, uint32_t count) {
  return megha_system_call2(MEGHA_CALL_WORD_WAKE, word, count);
}

/// Changes a task's priority.
/// - task: a task; 0: the caller.
/// - priority: 0 (lowest) to 31.
MEGHA_INLINE int32_t megha_priority_set(uint32_t task, uint32_t priority) {
  return megha_system_call2(MEGHA_CALL_PRIORITY_SET, task, priority);
}

/// Gives up rights of the caller's process, for good: its children do not get them either.
/// - rights: the rights to give up.
MEGHA_INLINE int32_t megha_rights_drop(uint32_t rights) {
  return megha_system_call1(MEGHA_CALL_RIGHTS_DROP, rights);
}

/// Sets the base of the caller's GS segment, for thread-local storage.
/// - address: the base of segment GS.
MEGHA_INLINE int32_t megha_thread_pointer_set(uint32_t address) {
  return megha_system_call1(MEGHA_CALL_THREAD_POINTER_SET, address);
}

/// Links a module into the kernel half and starts it.
/// - path: the module's file.
/// - length: the length of the path.
/// - parameters: name=value words; 0: none.
MEGHA_INLINE int32_t megha_module_load(const void *path, uint32_t length, const void *parameters) {
  return megha_system_call3(MEGHA_CALL_MODULE_LOAD, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)parameters);
}

/// Stops a module, once the calls inside have come back, and gives back all it holds.
/// - name: the module's name.
/// - length: its length in bytes.
/// - explanation: where one sentence goes that names what is in the way; 0: only to the log.
/// - capacity: the room for it in bytes.
/// - flags: noWait: fail with busy where calls are inside.
MEGHA_INLINE int32_t megha_module_unload(const void *name, uint32_t length, void *explanation, uint32_t capacity, uint32_t flags) {
  return megha_system_call5(MEGHA_CALL_MODULE_UNLOAD, (uint32_t)(uintptr_t)name, length, (uint32_t)(uintptr_t)explanation, capacity, flags);
}

/// Describes a loaded module.
/// - index: which module, from 0.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_module_information(uint32_t index, void *information) {
  return megha_system_call2(MEGHA_CALL_MODULE_INFORMATION, index, (uint32_t)(uintptr_t)information);
}

/// Opens a service by name, whatever its placement.
/// - name: the service's name.
/// - length: its length in bytes.
MEGHA_INLINE int32_t megha_service_open(const void *name, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_SERVICE_OPEN, (uint32_t)(uintptr_t)name, length);
}

/// Sends a request and waits for the reply.
/// - handle: an opened service.
/// - message: the request; the reply replaces it.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_call(uint32_t handle, void *message, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call4(MEGHA_CALL_CALL, handle, (uint32_t)(uintptr_t)message, nanoseconds_low, nanoseconds_high);
}

/// Makes the caller's process the server of a name.
/// - name: the service's name.
/// - length: its length in bytes.
MEGHA_INLINE int32_t megha_service_publish(const void *name, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_SERVICE_PUBLISH, (uint32_t)(uintptr_t)name, length);
}

/// Waits for a request.
/// - handle: an endpoint of the caller.
/// - message: where its data may go; the request replaces it.
MEGHA_INLINE int32_t megha_receive(uint32_t handle, void *message) {
  return megha_system_call2(MEGHA_CALL_RECEIVE, handle, (uint32_t)(uintptr_t)message);
}

/// Answers a request.
/// - request: the number that receive returned.
/// - message: the reply.
MEGHA_INLINE int32_t megha_reply(uint32_t request, const void *message) {
  return megha_system_call2(MEGHA_CALL_REPLY, request, (uint32_t)(uintptr_t)message);
}

/// Answers a request and waits for the next one, in one call.
/// - handle: an endpoint of the caller.
/// - request: the request to answer.
/// - message: the reply; the next request replaces it.
MEGHA_INLINE int32_t megha_reply_and_receive(uint32_t handle, uint32_t request, void *message) {
  return megha_system_call3(MEGHA_CALL_REPLY_AND_RECEIVE, handle, request, (uint32_t)(uintptr_t)message);
}

/// Describes a published service.
/// - index: which service, from 0.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_service_information(uint32_t index, void *information) {
  return megha_system_call2(MEGHA_CALL_SERVICE_INFORMATION, index, (uint32_t)(uintptr_t)information);
}

/// Reads the counters of address-space changes, task switches, TLB flushes, page faults, copies and
/// interrupts.
/// - counters: where the counts go.
MEGHA_INLINE int32_t megha_counters(void *counters) {
  return megha_system_call1(MEGHA_CALL_COUNTERS, (uint32_t)(uintptr_t)counters);
}

/// Sends a request that travels in registers and waits for the reply.
/// - handle: an opened service.
/// - operation: what is asked for.
/// - first: the first word of the request.
/// - second: the second word.
/// - third: the third word.
MEGHA_INLINE int32_t megha_call_short(uint32_t handle, uint32_t operation, uint32_t first, uint32_t second, uint32_t third) {
  return megha_system_call5(MEGHA_CALL_CALL_SHORT, handle, operation, first, second, third);
}

/// Holds a service's calls back, lets them go on, or ends its server's term, so that the service can move.
/// - name: the service's name.
/// - length: its length in bytes.
/// - action: a ServiceAction.
MEGHA_INLINE int32_t megha_service_control(const void *name, uint32_t length, uint32_t action) {
  return megha_system_call3(MEGHA_CALL_SERVICE_CONTROL, (uint32_t)(uintptr_t)name, length, action);
}

/// Takes the oldest of the caller's events of the wanted kinds, or waits for one.
/// - kinds: the kinds of events that are wanted.
/// - event: where the oldest of them goes.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_event_wait(uint32_t kinds, void *event, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call4(MEGHA_CALL_EVENT_WAIT, kinds, (uint32_t)(uintptr_t)event, nanoseconds_low, nanoseconds_high);
}

/// Asks a task for something. An event of the same kind that the task has not taken yet is counted up. Of
/// told what is new is added; it is unsupported where the task's process has no personality.
/// - task: the task to tell.
/// - kind: the EventKind: yieldAsked, stopAsked or told.
/// - keys: of told: what happened at a terminal.
/// - low: of told: the low 32 of the bits that the task's personality gives a meaning.
/// - high: the high 32 bits.
MEGHA_INLINE int32_t megha_event_send(uint32_t task, uint32_t kind, uint32_t keys, uint32_t low, uint32_t high) {
  return megha_system_call5(MEGHA_CALL_EVENT_SEND, task, kind, keys, low, high);
}

/// Sets the caller's event timer in place of the one before. A period is at least 100,000 nanoseconds.
/// - nanoseconds_low: the low 32 bits of the time until the event; both 0: no timer.
/// - nanoseconds_high: the high 32 bits.
/// - period_low: the low 32 bits of the time between further events; both 0: only one event.
/// - period_high: the high 32 bits.
MEGHA_INLINE int32_t megha_event_timer(uint32_t nanoseconds_low, uint32_t nanoseconds_high, uint32_t period_low, uint32_t period_high) {
  return megha_system_call4(MEGHA_CALL_EVENT_TIMER, nanoseconds_low, nanoseconds_high, period_low, period_high);
}

/// Takes a lock that a program could not take by itself. While the caller waits, the holder has at least its
/// priority.
/// - word: the lock: an aligned 32-bit word, 0 while it is free.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_lock_acquire(uint32_t word, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call3(MEGHA_CALL_LOCK_ACQUIRE, word, nanoseconds_low, nanoseconds_high);
}

/// Gives a lock to the most urgent of the tasks that wait for it, or frees it.
/// - word: a lock that the caller holds.
MEGHA_INLINE int32_t megha_lock_release(uint32_t word) {
  return megha_system_call1(MEGHA_CALL_LOCK_RELEASE, word);
}

/// Describes what one owner has in the kernel's heap.
/// - index: which owner of kernel memory, from 0.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_heap_information(uint32_t index, void *information) {
  return megha_system_call2(MEGHA_CALL_HEAP_INFORMATION, index, (uint32_t)(uintptr_t)information);
}

/// Makes an allocation fail or does what the kernel must not do, to see what comes of it. Needs the right
/// `ring0`: who may run code in Ring 0 may do all of this anyway.
/// - test: a KernelTest.
/// - argument: a number or an address.
MEGHA_INLINE int32_t megha_kernel_test(uint32_t test, uint32_t argument) {
  return megha_system_call2(MEGHA_CALL_KERNEL_TEST, test, argument);
}

/// Adds pages of the caller's to another address space, where the kernel finds room. Both see what either
/// writes. Each unmaps its own.
/// - task: a task of the process that gets the memory: a child, or any with the right `tasks`.
/// - address: the first page of a mapping of the caller's.
/// - length: how many bytes; rounded up to pages.
/// - permissions: what the pages allow there; no more than here.
MEGHA_INLINE int32_t megha_memory_share(uint32_t task, uint32_t address, uint32_t length, uint32_t permissions) {
  return megha_system_call4(MEGHA_CALL_MEMORY_SHARE, task, address, length, permissions);
}

/// Takes the records of a traced child's calls; waits for the first.
/// - process: a child that was started with the flag `traced`.
/// - records: where the TraceRecords go.
/// - length: how many bytes there is room for.
MEGHA_INLINE int32_t megha_trace_read(uint32_t process, void *records, uint32_t length) {
  return megha_system_call3(MEGHA_CALL_TRACE_READ, process, (uint32_t)(uintptr_t)records, length);
}

/// Makes a second handle for the same object, with the same rights or fewer.
/// - handle: a handle with the right `duplicate`: a file, a service, a notification.
/// - rights: what the new handle allows; no more than the old one.
MEGHA_INLINE int32_t megha_handle_duplicate(uint32_t handle, uint32_t rights) {
  return megha_system_call2(MEGHA_CALL_HANDLE_DUPLICATE, handle, rights);
}

/// Makes a notification: a word of 31 bits that tasks set and wait for. It dies with the process that made
/// it.
MEGHA_INLINE int32_t megha_notification_create(void) {
  return megha_system_call0(MEGHA_CALL_NOTIFICATION_CREATE);
}

/// Sets bits of a notification and wakes the most urgent task that waits for it. Never waits itself.
/// - handle: a notification; needs the right `write`.
/// - bits: the bits to set: at least one of the lower 31.
MEGHA_INLINE int32_t megha_notification_signal(uint32_t handle, uint32_t bits) {
  return megha_system_call2(MEGHA_CALL_NOTIFICATION_SIGNAL, handle, bits);
}

/// Takes all bits of a notification, waiting for the first if none is set.
/// - handle: a notification; needs the right `read`.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_notification_wait(uint32_t handle, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call3(MEGHA_CALL_NOTIFICATION_WAIT, handle, nanoseconds_low, nanoseconds_high);
}

/// Lets an interrupt line set bits of a notification. Needs the right to the line's device (`Rights`). A
/// level-triggered line (9 to 11) is masked with each interrupt until it is acknowledged, the others when one
/// comes while the bits of the one before are still set. Closing the handle masks the line.
/// - line: an interrupt line, 3 to 15, that neither the kernel nor another process has.
/// - notification: a notification; needs the right `write`.
/// - bits: the bits of it that the interrupt sets.
MEGHA_INLINE int32_t megha_interrupt_claim(uint32_t line, uint32_t notification, uint32_t bits) {
  return megha_system_call3(MEGHA_CALL_INTERRUPT_CLAIM, line, notification, bits);
}

/// Lets a line interrupt again that was masked with its last interrupt.
/// - handle: an interrupt line; needs the right `write`.
MEGHA_INLINE int32_t megha_interrupt_acknowledge(uint32_t handle) {
  return megha_system_call1(MEGHA_CALL_INTERRUPT_ACKNOWLEDGE, handle);
}

/// Claims I/O ports that neither the kernel, a module nor another process has. Needs the right to each device
/// that has some of them (`Rights`).
/// - first: the first I/O port.
/// - count: how many.
MEGHA_INLINE int32_t megha_ports_claim(uint32_t first, uint32_t count) {
  return megha_system_call2(MEGHA_CALL_PORTS_CLAIM, first, count);
}

/// Reads an I/O port, as often as values fit.
/// - handle: ports; needs the right `read`.
/// - port: one of them.
/// - data: where the values go.
/// - length: how many bytes in all: a multiple of `width`, at most 65,536.
/// - width: the width of an access in bytes: 1, 2 or 4.
MEGHA_INLINE int32_t megha_port_read(uint32_t handle, uint32_t port, void *data, uint32_t length, uint32_t width) {
  return megha_system_call5(MEGHA_CALL_PORT_READ, handle, port, (uint32_t)(uintptr_t)data, length, width);
}

/// Writes values to an I/O port, one after the other. What resets the machine takes the right `reset`, what
/// keeps interrupts from the watchdog `timer`: of the values those before such a one are written.
/// - handle: ports; needs the right `write`.
/// - port: one of them.
/// - data: the values.
/// - length: how many bytes in all: a multiple of `width`, at most 65,536.
/// - width: the width of an access in bytes: 1, 2 or 4.
MEGHA_INLINE int32_t megha_port_write(uint32_t handle, uint32_t port, const void *data, uint32_t length, uint32_t width) {
  return megha_system_call5(MEGHA_CALL_PORT_WRITE, handle, port, (uint32_t)(uintptr_t)data, length, width);
}

/// Maps memory of a device, uncached, where the kernel finds room. Needs the right to the device (`Rights`);
/// what is RAM or the kernel's own is refused.
/// - frame: the first page of device memory: its physical address divided by 4,096.
/// - length: how many bytes; rounded up to pages.
/// - permissions: read, or read and write.
MEGHA_INLINE int32_t megha_device_map(uint32_t frame, uint32_t length, uint32_t permissions) {
  return megha_system_call3(MEGHA_CALL_DEVICE_MAP, frame, length, permissions);
}

/// Gives the calling task, a server's, a window: 64 KiB of addresses at which it can read the pages that
/// callers lend it. It keeps it until it ends.
MEGHA_INLINE int32_t megha_lending_window(void) {
  return megha_system_call0(MEGHA_CALL_LENDING_WINDOW);
}

/// Maps zeroed memory, in one piece, for a device to read and write by itself. It is the device's: when the
/// driver ends it stays, until `deviceSilent`.
/// - ports: the ports of the device; needs the right `write`.
/// - length: how many bytes, at most 131,072; rounded up to pages.
/// - low: 1: below 16 MiB, which the ISA bus reaches; 0: below 4 GiB.
/// - place: where it is, for the driver and for the device.
MEGHA_INLINE int32_t megha_device_memory(uint32_t ports, uint32_t length, uint32_t low, void *place) {
  return megha_system_call4(MEGHA_CALL_DEVICE_MEMORY, ports, length, low, (uint32_t)(uintptr_t)place);
}

/// Says that a device, which has been reset, uses no memory any more: what drivers got for it with
/// `deviceMemory` and no process has mapped is given back.
/// - ports: the ports of the device; needs the right `write`.
MEGHA_INLINE int32_t megha_device_silent(uint32_t ports) {
  return megha_system_call1(MEGHA_CALL_DEVICE_SILENT, ports);
}

/// Makes a standard handle of the caller's stand for what another handle does, with the same rights. What it
/// stood for before is closed.
/// - handle: a handle with the right `duplicate`.
/// - place: the standard handle that is to stand for the same: 0, 1 or 2.
MEGHA_INLINE int32_t megha_handle_place(uint32_t handle, uint32_t place) {
  return megha_system_call2(MEGHA_CALL_HANDLE_PLACE, handle, place);
}

/// Makes a pipe: what is written to the one end is read from the other, in order, each byte once. It holds
/// 8,192 bytes. It ends with the last handle of either end: a reader then gets what is left and 0, a writer
/// peerGone.
/// - ends: where the two handles go.
MEGHA_INLINE int32_t megha_pipe_create(void *ends) {
  return megha_system_call1(MEGHA_CALL_PIPE_CREATE, (uint32_t)(uintptr_t)ends);
}

/// Says what a handle stands for, and what it allows.
/// - handle: a handle of the caller's.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_handle_information(uint32_t handle, void *information) {
  return megha_system_call2(MEGHA_CALL_HANDLE_INFORMATION, handle, (uint32_t)(uintptr_t)information);
}

/// Describes the job with the next higher number: what it has, and what it may have at the most.
/// - after: the number of a job; 0: before the first.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_job_information(uint32_t after, void *information) {
  return megha_system_call2(MEGHA_CALL_JOB_INFORMATION, after, (uint32_t)(uintptr_t)information);
}

/// Describes the file or directory at a path.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - flags: how the path is followed.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_file_information(const void *path, uint32_t length, uint32_t flags, void *information) {
  return megha_system_call4(MEGHA_CALL_FILE_INFORMATION, (uint32_t)(uintptr_t)path, length, flags, (uint32_t)(uintptr_t)information);
}

/// Describes an open file or directory.
/// - handle: an open file or directory.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_handle_file(uint32_t handle, void *information) {
  return megha_system_call2(MEGHA_CALL_HANDLE_FILE, handle, (uint32_t)(uintptr_t)information);
}

/// Describes one name in a directory; after the last, notFound. An entry that stays there is given once,
/// whatever comes and goes meanwhile.
/// - handle: an open directory.
/// - position: 0, or the `next` of the entry before.
/// - entry: where the description goes.
MEGHA_INLINE int32_t megha_directory_entry(uint32_t handle, uint32_t position, void *entry) {
  return megha_system_call3(MEGHA_CALL_DIRECTORY_ENTRY, handle, position, (uint32_t)(uintptr_t)entry);
}

/// Makes a directory.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - mode: the permission bits.
MEGHA_INLINE int32_t megha_directory_create(const void *path, uint32_t length, uint32_t mode) {
  return megha_system_call3(MEGHA_CALL_DIRECTORY_CREATE, (uint32_t)(uintptr_t)path, length, mode);
}

/// Takes a name away. With the last name the file is gone, and who has it open is told stale.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - flags: `directory`: an empty directory, and nothing else.
MEGHA_INLINE int32_t megha_file_remove(const void *path, uint32_t length, uint32_t flags) {
  return megha_system_call3(MEGHA_CALL_FILE_REMOVE, (uint32_t)(uintptr_t)path, length, flags);
}

/// Gives a file or directory another name in the same file system. A file that had the name is replaced at
/// once.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - new_path: the new path.
/// - new_length: its length in bytes.
MEGHA_INLINE int32_t megha_file_rename(const void *path, uint32_t length, const void *new_path, uint32_t new_length) {
  return megha_system_call4(MEGHA_CALL_FILE_RENAME, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)new_path, new_length);
}

/// Cuts a file, or makes it longer by zeros.
/// - handle: a file, open for writing.
/// - size: its size from now on, in bytes.
MEGHA_INLINE int32_t megha_file_resize(uint32_t handle, uint32_t size) {
  return megha_system_call2(MEGHA_CALL_FILE_RESIZE, handle, size);
}

/// Gives a file a second name, or makes a symbolic link.
/// - target: the file, or for a symbolic link any text.
/// - target_length: its length in bytes.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - flags: `symbolic`: a symbolic link.
MEGHA_INLINE int32_t megha_file_link(const void *target, uint32_t target_length, const void *path, uint32_t length, uint32_t flags) {
  return megha_system_call5(MEGHA_CALL_FILE_LINK, (uint32_t)(uintptr_t)target, target_length, (uint32_t)(uintptr_t)path, length, flags);
}

/// Reads what a symbolic link leads to.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - buffer: where the target goes.
/// - capacity: how many bytes at the most.
MEGHA_INLINE int32_t megha_link_read(const void *path, uint32_t length, void *buffer, uint32_t capacity) {
  return megha_system_call4(MEGHA_CALL_LINK_READ, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)buffer, capacity);
}

/// Changes the permission bits or the time of a file or directory.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - change: what is to be different.
MEGHA_INLINE int32_t megha_file_change(const void *path, uint32_t length, const void *change) {
  return megha_system_call3(MEGHA_CALL_FILE_CHANGE, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)change);
}

/// Returns when all that was done before in the file system of this path is where it stays.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
MEGHA_INLINE int32_t megha_file_sync(const void *path, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_FILE_SYNC, (uint32_t)(uintptr_t)path, length);
}

/// Says how full the file system of this path is.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - use: where the description goes.
MEGHA_INLINE int32_t megha_file_system_use(const void *path, uint32_t length, void *use) {
  return megha_system_call3(MEGHA_CALL_FILE_SYSTEM_USE, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)use);
}

/// Puts a file system into the name space: from now on paths that begin so lead to it. The service need not
/// be there yet. Needs the right `services`.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
/// - service: the name of the service that has the file system.
/// - service_length: its length in bytes.
/// - flags: how.
MEGHA_INLINE int32_t megha_mount(const void *path, uint32_t length, const void *service, uint32_t service_length, uint32_t flags) {
  return megha_system_call5(MEGHA_CALL_MOUNT, (uint32_t)(uintptr_t)path, length, (uint32_t)(uintptr_t)service, service_length, flags);
}

/// Takes a file system out of the name space. What is open in it stays open. Needs the right `services`.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
MEGHA_INLINE int32_t megha_unmount(const void *path, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_UNMOUNT, (uint32_t)(uintptr_t)path, length);
}

/// Describes a file system in the name space.
/// - index: which one, from 0.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_mount_information(uint32_t index, void *information) {
  return megha_system_call2(MEGHA_CALL_MOUNT_INFORMATION, index, (uint32_t)(uintptr_t)information);
}

/// Sets the caller's working directory, where paths begin that have no slash in front. What it starts begins
/// there too.
/// - path: the path, in UTF-8.
/// - length: its length in bytes.
MEGHA_INLINE int32_t megha_directory_change(const void *path, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_DIRECTORY_CHANGE, (uint32_t)(uintptr_t)path, length);
}

/// Writes the path of the caller's working directory.
/// - buffer: where the path goes.
/// - length: how many bytes at the most.
MEGHA_INLINE int32_t megha_directory_path(void *buffer, uint32_t length) {
  return megha_system_call2(MEGHA_CALL_DIRECTORY_PATH, (uint32_t)(uintptr_t)buffer, length);
}

/// Waits for a request, bits of a notification, events or a moment, whichever comes first. Of what is there
/// already the set comes before a request. Bits are taken; events are not.
/// - handle: an endpoint of the caller; 0xffffffff: no requests.
/// - message: where a request's data may go; the request replaces it.
/// - set: what else is waited for; what came of it is added.
MEGHA_INLINE int32_t megha_receive_any(uint32_t handle, void *message, void *set) {
  return megha_system_call3(MEGHA_CALL_RECEIVE_ANY, handle, (uint32_t)(uintptr_t)message, (uint32_t)(uintptr_t)set);
}

/// Keeps a request to answer it later, by `requestAnswer`. It must have changed nothing so far: where the
/// service moves it is sent again to whoever serves then. Data that came with it is gone.
/// - handle: an endpoint of the caller.
/// - request: a request that the calling task has received from it.
MEGHA_INLINE int32_t megha_request_keep(uint32_t handle, uint32_t request) {
  return megha_system_call2(MEGHA_CALL_REQUEST_KEEP, handle, request);
}

/// Answers a request that was kept. `peerGone`: the answer reached nobody, since the caller gave up, or its
/// request goes to another server.
/// - handle: an endpoint of the caller.
/// - request: a request that was kept.
/// - message: the reply.
MEGHA_INLINE int32_t megha_request_answer(uint32_t handle, uint32_t request, const void *message) {
  return megha_system_call3(MEGHA_CALL_REQUEST_ANSWER, handle, request, (uint32_t)(uintptr_t)message);
}

/// Sends a request that travels in registers, and waits for a reply that does so too. No other way to ask is
/// as short.
/// - handle: an opened service.
/// - operation: what is asked for.
/// - first: the first word of the request.
/// - second: the second word.
/// - third: the third word.
/// - edx: the first word of the reply.
/// - esi: the second word.
/// - edi: the third word.
MEGHA_INLINE struct megha_registers megha_call_in_registers(uint32_t handle, uint32_t operation, uint32_t first, uint32_t second, uint32_t third) {
  return megha_system_call_registers(MEGHA_CALL_CALL_IN_REGISTERS, handle, operation, first, second, third);
}

/// Waits for a request and takes it in registers, where it fits. The message is used for later requests too.
/// - handle: an endpoint of the caller.
/// - message: where requests go that do not fit into registers.
/// - ebx: what is asked for; the highest bit alone: all of the request is in the message.
/// - edx: the first word of the request.
/// - esi: the second word.
/// - edi: the third word.
MEGHA_INLINE struct megha_registers megha_receive_in_registers(uint32_t handle, void *message) {
  return megha_system_call_registers(MEGHA_CALL_RECEIVE_IN_REGISTERS, handle, (uint32_t)(uintptr_t)message, 0, 0, 0);
}

/// Answers a request with three words and waits for the next one as receiveInRegisters does, in one call.
/// - handle: an endpoint of the caller.
/// - request: the request to answer.
/// - first: the first word of the reply.
/// - second: the second word.
/// - third: the third word.
/// - ebx: what is asked for; the highest bit alone: all of the request is in the message.
/// - edx: the first word of the request.
/// - esi: the second word.
/// - edi: the third word.
MEGHA_INLINE struct megha_registers megha_reply_and_receive_in_registers(uint32_t handle, uint32_t request, uint32_t first, uint32_t second, uint32_t third) {
  return megha_system_call_registers(MEGHA_CALL_REPLY_AND_RECEIVE_IN_REGISTERS, handle, request, first, second, third);
}

/// Answers a request with a message and waits for the next one as receiveInRegisters does, in one call.
/// - handle: an endpoint of the caller.
/// - request: the request to answer.
/// - message: the reply.
/// - ebx: what is asked for; the highest bit alone: all of the request is in the message.
/// - edx: the first word of the request.
/// - esi: the second word.
/// - edi: the third word.
MEGHA_INLINE struct megha_registers megha_reply_message_and_receive(uint32_t handle, uint32_t request, const void *message) {
  return megha_system_call_registers(MEGHA_CALL_REPLY_MESSAGE_AND_RECEIVE, handle, request, (uint32_t)(uintptr_t)message, 0, 0);
}

/// Tells who sent a request, in whatever form it came, and with what authority. Not of one that was kept.
/// - request: a request that the caller has received.
/// - edx: the process that asks; the highest bit is set where it holds the service's calls.
/// - esi: the `Rights` that this process has.
MEGHA_INLINE struct megha_registers megha_request_sender(uint32_t request) {
  return megha_system_call_registers(MEGHA_CALL_REQUEST_SENDER, request, 0, 0, 0, 0);
}

/// Writes all words of the reply to the caller's latest call in registers, where there were more than three.
/// - message: where the reply goes.
MEGHA_INLINE int32_t megha_reply_rest(void *message) {
  return megha_system_call1(MEGHA_CALL_REPLY_REST, (uint32_t)(uintptr_t)message);
}

/// Wakes the most urgent task that waits for one word, and sleeps as wordWait does for another one. The task
/// that is woken runs at once where nobody more urgent is ready.
/// - woken: the word for which another task waits.
/// - word: the word to wait for.
/// - expected: the value it must still have.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_word_wake_and_wait(uint32_t woken, uint32_t word, uint32_t expected, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call5(MEGHA_CALL_WORD_WAKE_AND_WAIT, woken, word, expected, nanoseconds_low, nanoseconds_high);
}

/// Sets bits of one notification and takes those of another, waiting for the first if none is set. The task
/// that is woken runs at once where nobody more urgent is ready.
/// - signalled: a notification; needs the right `write`.
/// - bits: the bits of it to set: at least one of the lower 31.
/// - handle: the notification to wait for; needs the right `read`.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_notification_signal_and_wait(uint32_t signalled, uint32_t bits, uint32_t handle, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call5(MEGHA_CALL_NOTIFICATION_SIGNAL_AND_WAIT, signalled, bits, handle, nanoseconds_low, nanoseconds_high);
}

/// Gives what is typed to a job, the terminal's foreground. The present one must be the caller's job or lie
/// inside it. Whoever else reads the terminal waits. When the last task of the foreground ends, the job
/// around it has the input.
/// - terminal: a terminal or its master.
/// - task: a task of the job that is to read what is typed; 0: the caller.
MEGHA_INLINE int32_t megha_terminal_give(uint32_t terminal, uint32_t task) {
  return megha_system_call2(MEGHA_CALL_TERMINAL_GIVE, terminal, task);
}

/// Waits until the attention key is pressed, and then owns the console. Only the first process may.
MEGHA_INLINE int32_t megha_attention_wait(void) {
  return megha_system_call0(MEGHA_CALL_ATTENTION_WAIT);
}

/// Tells which limit of which job refused something to the caller's task most recently.
/// - refusal: where the description goes.
MEGHA_INLINE int32_t megha_limit_refusal(void *refusal) {
  return megha_system_call1(MEGHA_CALL_LIMIT_REFUSAL, (uint32_t)(uintptr_t)refusal);
}

/// Stops a process, or lets it go on. A call that it is in comes to its end first; a stopped process can be
/// ended.
/// - process: a process, by its first task.
/// - is_stopped: 1: none of its tasks runs its code any more; 0: they go on.
MEGHA_INLINE int32_t megha_process_stop(uint32_t process, uint32_t is_stopped) {
  return megha_system_call2(MEGHA_CALL_PROCESS_STOP, process, is_stopped);
}

/// For a process with a personality: makes a child with a copy of its memory and handles, which goes on from
/// where the call came, with 0 as its value. Pages are shared until one of both writes.
/// - is_stopped: 1: the new process waits until it is told to go on.
MEGHA_INLINE int32_t megha_process_clone(uint32_t is_stopped) {
  return megha_system_call1(MEGHA_CALL_PROCESS_CLONE, is_stopped);
}

/// Goes on with another program, in the same process: handles, children and identity stay. Does not come back
/// unless it fails, and nothing has changed then.
/// - request: the program, its arguments and its environment.
/// - size: the size of the request in bytes.
MEGHA_INLINE int32_t megha_process_replace(const void *request, uint32_t size) {
  return megha_system_call2(MEGHA_CALL_PROCESS_REPLACE, (uint32_t)(uintptr_t)request, size);
}

/// Describes a terminal: its settings, its size, whose input it is, and how much of that there is.
/// - terminal: a terminal or its master.
/// - information: where the description goes.
MEGHA_INLINE int32_t megha_terminal_information(uint32_t terminal, void *information) {
  return megha_system_call2(MEGHA_CALL_TERMINAL_INFORMATION, terminal, (uint32_t)(uintptr_t)information);
}

/// Changes settings and size of a terminal, all or nothing. Who has not the master waits until its job, or
/// one inside that, is the foreground.
/// - terminal: a terminal or its master.
/// - changes: what of it changes.
/// - information: the new values, and values that mean nothing.
MEGHA_INLINE int32_t megha_terminal_change(uint32_t terminal, uint32_t changes, const void *information) {
  return megha_system_call3(MEGHA_CALL_TERMINAL_CHANGE, terminal, changes, (uint32_t)(uintptr_t)information);
}

/// Makes a pseudo-terminal: a terminal whose screen and keyboard are whoever has its master. With the last
/// handle of the one side the other is hung up.
/// - ends: where the two handles go.
MEGHA_INLINE int32_t megha_terminal_create(void *ends) {
  return megha_system_call1(MEGHA_CALL_TERMINAL_CREATE, (uint32_t)(uintptr_t)ends);
}

/// Sets bits of a notification when something happens at a terminal. Keys go to who watched last of those in
/// whose job the foreground lies; a new size and a hang-up to all. The foreground must lie in the caller's
/// job.
/// - terminal: a terminal.
/// - notification: a notification of the caller's process.
/// - signals: what sets the bits of the same numbers; none: the watch ends.
MEGHA_INLINE int32_t megha_terminal_watch(uint32_t terminal, uint32_t notification, uint32_t signals) {
  return megha_system_call3(MEGHA_CALL_TERMINAL_WATCH, terminal, notification, signals);
}

/// Waits until a file, pipe, terminal or notification is as an entry wants it, a child has ended, or an event
/// comes. Nothing is taken.
/// - entries: what is waited for, one entry after the other.
/// - count: how many entries, at most 32.
/// - kinds: kinds of events that end the wait too; they are taken by `eventWait`.
/// - nanoseconds_low: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
/// - nanoseconds_high: the high 32 bits.
MEGHA_INLINE int32_t megha_poll(void *entries, uint32_t count, uint32_t kinds, uint32_t nanoseconds_low, uint32_t nanoseconds_high) {
  return megha_system_call5(MEGHA_CALL_POLL, (uint32_t)(uintptr_t)entries, count, kinds, nanoseconds_low, nanoseconds_high);
}

// Names that calls had before. They go with the next release.
#define megha_notification_make megha_notification_create
#define MEGHA_CALL_NOTIFICATION_MAKE MEGHA_CALL_NOTIFICATION_CREATE
#define megha_measure megha_counters
#define MEGHA_CALL_MEASURE MEGHA_CALL_COUNTERS

#endif
