// What Swift cannot say: the processor's structures, single instructions, and the symbols of boot.S.
#pragma once
#include <stdint.h>

#define INSTRUCTION __attribute__((always_inline)) static inline

/// A task state (Intel SDM Vol. 3, 8.2.1). A task switch saves the registers in the old one and loads them from the new one.
typedef struct {
  uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
  uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
  uint32_t es, cs, ss, ds, fs, gs, ldt, trap_and_map;
} task_state;

extern task_state main_state, double_fault_state;
extern uint64_t descriptors[5], gates[256];

INSTRUCTION task_state *main_task(void) { return &main_state; }
INSTRUCTION task_state *double_fault(void) { return &double_fault_state; }
INSTRUCTION uint64_t *descriptor_table(void) { return descriptors; }
INSTRUCTION uint64_t *gate_table(void) { return gates; }

extern uint8_t stack_guard[], stack_start[], stack_end[], second_stack_end[];
extern uint32_t page_directory[1024], page_table[1024], recovery_stack_pointer;
void recovered(void);
void page_fault_entry(void);
void double_fault_entry(void);
void double_fault_task(void);
uint32_t call_recoverable(uint32_t (*function)(uint32_t), uint32_t argument, uint32_t *failed);

#define ADDRESS_OF(name) \
  INSTRUCTION uint32_t name##_address(void) { return (uint32_t)(uintptr_t)name; }
ADDRESS_OF(stack_guard) ADDRESS_OF(stack_start) ADDRESS_OF(second_stack_end) ADDRESS_OF(page_directory)
ADDRESS_OF(page_table) ADDRESS_OF(recovered) ADDRESS_OF(page_fault_entry) ADDRESS_OF(double_fault_entry)
ADDRESS_OF(double_fault_task)
INSTRUCTION uint32_t *directory_entries(void) { return page_directory; }
INSTRUCTION uint32_t *table_entries(void) { return page_table; }
INSTRUCTION uint32_t recovery_pointer(void) { return recovery_stack_pointer; }

INSTRUCTION uint32_t read_stack_pointer(void) {
  uint32_t value;
  __asm__ volatile("movl %%esp, %0" : "=r"(value));
  return value;
}
/// `value`, of which the compiler knows nothing: what is recursive stays recursive.
INSTRUCTION uint32_t opaque(uint32_t value) {
  __asm__ volatile("" : "+r"(value)::"memory");
  return value;
}
INSTRUCTION void write_port(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
INSTRUCTION void halt_forever(void) {
  for (;;) __asm__ volatile("cli\n\thlt");
}
/// Loads the tables, all segments and the task register, and turns paging on.
INSTRUCTION void load_tables(uint32_t directory) {
  struct __attribute__((packed)) { uint16_t limit; uint32_t base; }
    own = {sizeof(descriptors) - 1, (uint32_t)(uintptr_t)descriptors},
    interrupts = {sizeof(gates) - 1, (uint32_t)(uintptr_t)gates};
  __asm__ volatile("lgdt %0\n\tlidt %1\n\t"
                   "movl $0x10, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es\n\tmovl %%eax, %%ss\n\t"
                   "movl %%eax, %%fs\n\tmovl %%eax, %%gs\n\tljmp $0x08, $1f\n1:\t"
                   "movl $0x18, %%eax\n\tltr %%ax\n\t"
                   "movl %2, %%cr3\n\tmovl %%cr0, %%eax\n\torl $0x80000000, %%eax\n\tmovl %%eax, %%cr0"
                   : : "m"(own), "m"(interrupts), "r"(directory) : "eax", "memory");
}
