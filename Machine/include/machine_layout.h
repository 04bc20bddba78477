// The layouts and selectors that the assembly files share with Swift. They are the same on every machine that the kernel is
// compiled for, the one in a test process too (Tests/HostedMachine).
#pragma once
#include <stdint.h>

#include "cpu_area_offsets.h"

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_CODE 0x1b
#define SELECTOR_USER_DATA 0x23
// Code of Ring-0 tasks. Same base, limit and privilege as kernel code: only the number differs, so that the CS
// in a trap frame tells whether the kernel or a Ring-0 program was interrupted.
#define SELECTOR_RING0_TASK_CODE 0x28
#define SELECTOR_THREAD_DATA 0x33
#define SELECTOR_TASK_STATE 0x38
#define SELECTOR_DOUBLE_FAULT_STATE 0x40
#define SELECTOR_NMI_STATE 0x48

// The 104-byte task-state segment (Intel SDM Vol. 3, 8.2.1).
struct task_state_segment {
  uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
  uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
  uint32_t es, cs, ss, ds, fs, gs, ldt;
  uint16_t trap, io_map_base;
};

// What the assembly needs to know of the CPU it runs on; it goes by the offsets of cpu_area_offsets.h.
struct cpu_area {
  uint32_t saved_stack_pointer;   // 0x00: scratch of the direct entry, valid while interrupts are off
  uint32_t pending_work;             // 0x04: not 0: see to something before returning to the task
  uint32_t shared_stack_floor;    // 0x08: the lowest stack pointer on which the kernel works for a shared stack
  uint32_t shared_stack_end;      // 0x0c: the highest
  uint32_t reaper_stack_end;        // 0x10: the stack on which tasks are taken apart
  uint32_t kernel_directory;      // 0x14: CR3 of the kernel's own address space
  uint32_t loaded_directory;      // 0x18: CR3 now; written before CR3 is
  uint32_t direct_entry;          // 0x1c: far pointer through which the system-call page enters from Ring 0
  uint32_t direct_entry_selector; // 0x20
  uint32_t next_control_0;        // 0x24: CR0 and CR4 for the next task, loaded in the switch
  uint32_t next_control_4;        // 0x28
  uint32_t current_task;          // 0x2c: the address of the task whose registers the processor holds
  uint32_t saved_accumulator;     // 0x30: scratch of the direct entry of guarded tasks
  // Of the Platform alone: what CR0 and CR4 were last set for, and their values for each set of protections.
  uint32_t protection;            // 0x34
  uint32_t controls[16];
  uint32_t reserved[18];
  uint32_t debug_trap_room[16];   // a debug trap on the first instruction of sysenter_entry is pushed here
  // Its ESP0 is the end of the stack on which the kernel works for the current task, 0 where that shares the task's.
  struct task_state_segment state;       // 0x100
  uint32_t pad0[6];
  struct task_state_segment double_fault; // 0x180
  uint32_t pad1[6];
  struct task_state_segment nmi;          // 0x200
  uint32_t pad2[38];
  uint64_t descriptors[10];       // 0x300: the GDT
  uint32_t pad3[300];
  uint64_t interrupts[256];       // 0x800: the IDT
};
#define OFFSET(field, offset) \
  _Static_assert(__builtin_offsetof(struct cpu_area, field) == CPU_AREA_##offset, "cpu_area_offsets.h is wrong")
OFFSET(saved_stack_pointer, SAVED_STACK_POINTER);
OFFSET(pending_work, PENDING_WORK);
OFFSET(shared_stack_floor, SHARED_STACK_FLOOR);
OFFSET(shared_stack_end, SHARED_STACK_END);
OFFSET(reaper_stack_end, REAPER_STACK_END);
OFFSET(kernel_directory, KERNEL_DIRECTORY);
OFFSET(loaded_directory, LOADED_DIRECTORY);
OFFSET(direct_entry, DIRECT_ENTRY);
OFFSET(next_control_0, NEXT_CONTROL_0);
OFFSET(next_control_4, NEXT_CONTROL_4);
OFFSET(current_task, CURRENT_TASK);
OFFSET(saved_accumulator, SAVED_ACCUMULATOR);
OFFSET(protection, PROTECTION);
OFFSET(controls, CONTROLS);
OFFSET(state, STATE);
OFFSET(double_fault, DOUBLE_FAULT);
OFFSET(nmi, NMI);
OFFSET(descriptors, DESCRIPTORS);
OFFSET(interrupts, INTERRUPTS);
#undef OFFSET
_Static_assert(sizeof(struct cpu_area) == 4096, "entry.S reserves a page");

// The way into a service of a linked module, as long as calls may take it (module_door.S). It stays where it is for as
// long as a handle refers to the service.
struct module_door {
  uint32_t function; // 0x00: serves; 0: calls go the general way
  uint32_t calls;    // 0x04: that came this way
  uint32_t inside;   // 0x08: the address of the module's count of calls inside
  uint32_t module;   // 0x0c: the address of its record
  uint32_t resume;   // 0x10: where to go on when the call is cut short
  uint32_t service;  // 0x14: the address of the service's record; 0: it is no service's
};

struct saved_registers { uint32_t edi, esi, ebp, segments, ebx, edx, ecx, eax; };
struct trap_frame {
  struct saved_registers registers;
  uint32_t vector, error, eip, cs, eflags;
  uint32_t esp, ss; // absent where the kernel itself was interrupted (cs == SELECTOR_KERNEL_CODE)
};

// What CPUID answers, and what GDTR and IDTR hold.
struct cpuid_result { uint32_t eax, ebx, ecx, edx; };
struct __attribute__((packed)) descriptor_table { uint16_t limit; uint32_t base; };
