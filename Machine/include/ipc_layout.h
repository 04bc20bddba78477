// Where ipc.S finds the fields of the kernel's records. `FastPath.checkLayouts` compares them at boot, for the compiler alone
// knows where it puts a field.
#pragma once

// What the entry saves (entry.S): PUSHAL.
#define CALL_REGISTERS_SIZE 32

// Task
#define TASK_MODE 24
#define TASK_STATE 25
#define TASK_PRIORITY 27
#define TASK_BASE_PRIORITY 28
#define TASK_PENDING_WORK 36
#define TASK_SAVED_STACK_POINTER 60
#define TASK_DIRECTORY 64
#define TASK_PROTECTION 68
#define TASK_DIRECT_ENTRY 72
#define TASK_KERNEL_STACK_END 80
#define TASK_THREAD_POINTER 92
#define TASK_THREAD_SEGMENT 96
#define TASK_CALL_RECORD 108
#define TASK_RECEIVED_MESSAGE 112
#define TASK_TIME_BALANCE 136
#define TASK_NEXT 164
#define TASK_PREVIOUS 168
#define TASK_QUEUE 172
#define TASK_SERVED_CALLERS 208
#define TASK_LOCK_OWNER 216

// TaskQueue
#define QUEUE_LAST 4

// CallRecord
#define RECORD_FORM 48
#define RECORD_PLACE 49
#define RECORD_NUMBER 52
#define RECORD_SERVICE 56
#define RECORD_RESULT 60
#define RECORD_DATA_ADDRESS 64
#define RECORD_BUFFER_ADDRESS 68
#define RECORD_INLINE_LENGTH 72
#define RECORD_INLINE 76
#define RECORD_LENT_TO 140
#define INLINE_SIZE 64

// Message, which a record begins with
#define RECORD_OPERATION 0
#define RECORD_WORDS 4
#define RECORD_DATA 28
#define RECORD_LENGTH 32
#define RECORD_BUFFER 36
#define RECORD_CAPACITY 40
#define RECORD_SENDER 44
#define MESSAGE_SENDER 44
#define MESSAGE_BUFFER 36
#define MESSAGE_CAPACITY 40
#define IN_MEMORY 0x80000000

// Service, whose queues come first
#define SERVICE_CALLERS 0
#define SERVICE_RECEIVERS 8
#define SERVICE_DRAINERS 24
#define SERVICE_INSIDE 32
#define SERVICE_EPOCH 36
#define SERVICE_HOLDER 48
#define SERVICE_CALLS 52
#define SERVICE_LATEST_NUMBER 60
#define SERVICE_REFERENCES 72

// Process, whose handles come first
#define PROCESS_SLOTS 132
#define SLOT_OBJECT 0
#define SLOT_DETAIL 4
#define SLOT_KIND 8
#define SLOT_SIZE 16

// SchedulerState
#define SCHEDULER_TIMED 0
#define SCHEDULER_SWITCHES 8
#define SCHEDULER_SPACE_CHANGES 16
#define SCHEDULER_READY 24

// Values of enumerations
#define KIND_ENDPOINT 6
#define PLACE_NOWHERE 0
#define PLACE_TAKEN 3
#define FORM_MESSAGE 0
#define FORM_REGISTERS 2
#define STATE_RUNNING 1
#define STATE_WAITING_FOR_MESSAGE 6
#define STATE_WAITING_FOR_REPLY 7
#define REASON_HANDED 3
#define REASON_IN_REGISTERS 4
