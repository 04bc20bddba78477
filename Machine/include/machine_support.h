// What no Swift can say: single instructions, and the symbols that the assembly files share with Swift. Nothing here has
// logic. Instruction names are those of the Intel SDM, Vol. 2. A machine for tests has the same face (Tests/HostedMachine).
#pragma once
#include <stdint.h>

#include "ipc_layout.h"
#include "machine_layout.h"

// Inlined in every build: as functions of their own, single instructions would cost five.
#define MACHINE_INLINE __attribute__((always_inline)) static inline

extern struct cpu_area cpu_area;

// Symbols of the linker script and of the assembly files; only their addresses mean something.
extern uint8_t __image_physical_start[], __text_start[], __text_end[], __read_only_start[], __read_only_end[];
extern uint8_t __data_start[], __data_end[], __image_end[], __symbols_start[], __symbols_end[];
extern uint8_t __entry_start[], __entry_end[];
extern uint8_t boot_directory_pointers[], kernel_page_directory[], kernel_storage[], log_storage[];
extern uint8_t reaper_stack_start[], reaper_stack_end[], boot_stack_start[], idle_stack_start[], idle_stack_end[];
extern uint8_t double_fault_stack_end[], nmi_stack_end[];
extern uint8_t trap_vectors[], trap_vector_size[], system_call_vector[], spurious_vector[];
extern uint8_t traced_call_vector[], system_call_page_traced[];
extern uint8_t sysenter_entry[], direct_entry_separate[], direct_entry_shared[], direct_entry_guarded[];
extern uint8_t double_fault_entry[], nmi_entry[], task_start[], resume_dead[];
extern uint8_t system_call_page_sysenter[], system_call_page_gate[], system_call_page_size[];
extern uint8_t thread_return[];
extern uint8_t __recovery_start[], __recovery_end[], probe_fault[];
extern uint8_t smap_patches[], smap_patches_end[];
extern uint8_t module_stack_end[], module_entries_start[], module_entries_end[];
extern uint8_t module_abandon[], module_door_cut[], module_call_cut[], closed_door[], module_exports[], module_exports_end[];
extern uint8_t module_export_rows[], module_export_rows_end[], module_export_entry_size[];

extern uint64_t entry_stamp;

extern char idle_halt;
#define ADDRESS_OF(name) MACHINE_INLINE uint32_t address_of_##name(void) { return (uint32_t)&name; }
ADDRESS_OF(__image_physical_start) ADDRESS_OF(__text_start) ADDRESS_OF(__text_end)
ADDRESS_OF(__read_only_start) ADDRESS_OF(__read_only_end) ADDRESS_OF(__data_start) ADDRESS_OF(__data_end)
ADDRESS_OF(__image_end) ADDRESS_OF(__symbols_start) ADDRESS_OF(__symbols_end)
ADDRESS_OF(idle_halt) ADDRESS_OF(__entry_start) ADDRESS_OF(__entry_end)
ADDRESS_OF(boot_directory_pointers) ADDRESS_OF(kernel_page_directory) ADDRESS_OF(kernel_storage) ADDRESS_OF(log_storage) ADDRESS_OF(cpu_area)
ADDRESS_OF(reaper_stack_start) ADDRESS_OF(reaper_stack_end) ADDRESS_OF(boot_stack_start) ADDRESS_OF(idle_stack_start) ADDRESS_OF(idle_stack_end)
ADDRESS_OF(double_fault_stack_end) ADDRESS_OF(nmi_stack_end)
ADDRESS_OF(trap_vectors) ADDRESS_OF(trap_vector_size) ADDRESS_OF(system_call_vector) ADDRESS_OF(spurious_vector)
ADDRESS_OF(traced_call_vector) ADDRESS_OF(system_call_page_traced)
ADDRESS_OF(sysenter_entry) ADDRESS_OF(direct_entry_separate) ADDRESS_OF(direct_entry_shared)
ADDRESS_OF(direct_entry_guarded)
ADDRESS_OF(double_fault_entry) ADDRESS_OF(nmi_entry) ADDRESS_OF(task_start) ADDRESS_OF(resume_dead)
ADDRESS_OF(system_call_page_sysenter) ADDRESS_OF(system_call_page_gate) ADDRESS_OF(system_call_page_size)
ADDRESS_OF(thread_return)
ADDRESS_OF(__recovery_start) ADDRESS_OF(__recovery_end) ADDRESS_OF(probe_fault)
ADDRESS_OF(smap_patches) ADDRESS_OF(smap_patches_end)
ADDRESS_OF(module_abandon) ADDRESS_OF(module_door_cut) ADDRESS_OF(module_call_cut) ADDRESS_OF(closed_door)
ADDRESS_OF(module_exports) ADDRESS_OF(module_exports_end) ADDRESS_OF(module_stack_end)
ADDRESS_OF(module_entries_start) ADDRESS_OF(module_entries_end)
ADDRESS_OF(module_export_rows) ADDRESS_OF(module_export_rows_end) ADDRESS_OF(module_export_entry_size)
#undef ADDRESS_OF

MACHINE_INLINE struct cpu_area *current_cpu_area(void) { return &cpu_area; }
MACHINE_INLINE uint32_t kernel_storage_size(void) { return KERNEL_STORAGE_SIZE; }

// switch.S
__attribute__((noreturn)) void resume_context(uint32_t stack_pointer, uint32_t directory, uint32_t protect);
__attribute__((noreturn)) void call_on_reaper_stack(void (*function)(void));
__attribute__((noreturn)) void call_on_idle_stack(void (*function)(void));
void run_on_reaper_stack(void (*function)(void));
// module_call.S
extern uint32_t module_stack_pointer, module_frame_pointer;
static inline uint32_t export_stack_pointer(void) { return module_stack_pointer; }
static inline uint32_t export_frame_pointer(void) { return module_frame_pointer; }
// The task whose call is on the processor's stack for modules; 0: it is free; 1: it is not mapped.
extern uint32_t module_stack_user;
static inline uint32_t read_module_stack_user(void) { return module_stack_user; }
static inline void write_module_stack_user(uint32_t user) { module_stack_user = user; }
// Two pages for data of the call on that stack, how many pages are lent to it (and in the highest bit, whether its reply is for a
// guarded caller, and where that wants the bytes), and the bytes that module_door.S copied.
extern uint32_t module_data, module_afterwards, module_room_of_guarded;
extern uint64_t module_bytes_copied;
static inline uint32_t read_module_data(void) { return module_data; }
static inline void write_module_data(uint32_t address) { module_data = address; }
static inline uint32_t read_module_afterwards(void) { return module_afterwards; }
static inline void write_module_afterwards(uint32_t value) { module_afterwards = value; }
static inline uint32_t read_module_room_of_guarded(void) { return module_room_of_guarded; }
static inline uint64_t read_module_bytes_copied(void) { return module_bytes_copied; }
// The place in the registry of the module that called an export last.
extern uint8_t module_place;
static inline uint8_t export_place(void) { return module_place; }
uint64_t module_call(uint32_t function, uint32_t argument, const struct module_door *door, uint32_t stack_end);
static inline __attribute__((noreturn)) void leave_module(void) { __asm__ volatile("jmp module_abandon"); __builtin_unreachable(); }
// memory.S: 0 when all was copied, else the number of bytes left when an access faulted.
uint32_t user_copy(void *destination, const void *source, uint32_t count);
MACHINE_INLINE uint32_t user_copy_words(uint32_t destination, uint32_t source, uint32_t words) {
  __asm__ volatile("call user_copy_words" : "+D"(destination), "+S"(source), "+c"(words)::"memory");
  return words;
}
// The same for kernel memory of any place on the other side.
MACHINE_INLINE uint32_t user_copy_structure(void *destination, const void *source, uint32_t words) {
  return user_copy_words((uint32_t)destination, (uint32_t)source, words);
}
// memory.S: reads (0), writes back (1) or calls (2) an address with the kernel's own rights. 0, or 1 when it faulted.
uint32_t probe_access(uint32_t address, uint32_t kind);

// Changes to the task whose stack pointer was left at `stack_pointer`, and comes back when this one, whose own is left
// at `saved_stack_pointer`, runs again. `directory` is 0 where the address space stays, `protect` where CR0 and CR4 do.
//
// The old stack holds only EBP and where to go on; all other registers are the compiler's to keep. Between the load of
// CR3 and the load of ESP nothing is pushed or popped: the old stack may be in an address space that is no longer there,
// which is what Ring-0 tasks with a shared stack need. CR0.WP, CR4.SMEP and CR4.SMAP decide which stacks can be used
// at all, so they change in between too.
MACHINE_INLINE void switch_context(uint32_t *saved_stack_pointer, uint32_t stack_pointer, uint32_t directory, uint32_t protect) {
  __asm__ volatile("pushl %%ebp\n\tpushl $3f\n\tmovl %%esp,(%0)\n\t"
                   "testl %2,%2\n\tjz 1f\n\tmovl %2,%4\n\tmovl %2,%%cr3\n"
                   "1:\ttestl %3,%3\n\tjz 2f\n\tmovl %5,%3\n\tmovl %3,%%cr4\n\tmovl %6,%3\n\tmovl %3,%%cr0\n"
                   "2:\tmovl %1,%%esp\n\tret\n3:\tpopl %%ebp"
                   : "+a"(saved_stack_pointer), "+d"(stack_pointer), "+c"(directory), "+S"(protect), "=m"(cpu_area.loaded_directory)
                   : "m"(cpu_area.next_control_4), "m"(cpu_area.next_control_0)
                   : "ebx", "edi", "memory", "cc");
}

// The end of a panic, with its reason as text.
__attribute__((noreturn)) void stop_with_panic(const uint8_t *reason, uint32_t length);

// Called with the directory that the switch is about to load; empty but in the kernel of the two-cures test.
void before_switch(uint32_t directory);

MACHINE_INLINE void port_write8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0,%1" ::"a"(value), "Nd"(port)); }
MACHINE_INLINE void port_write16(uint16_t port, uint16_t value) { __asm__ volatile("outw %0,%1" ::"a"(value), "Nd"(port)); }
MACHINE_INLINE void port_write32(uint16_t port, uint32_t value) { __asm__ volatile("outl %0,%1" ::"a"(value), "Nd"(port)); }
MACHINE_INLINE uint8_t port_read8(uint16_t port) { uint8_t v; __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(port)); return v; }
MACHINE_INLINE uint16_t port_read16(uint16_t port) { uint16_t v; __asm__ volatile("inw %1,%0" : "=a"(v) : "Nd"(port)); return v; }
MACHINE_INLINE uint32_t port_read32(uint16_t port) { uint32_t v; __asm__ volatile("inl %1,%0" : "=a"(v) : "Nd"(port)); return v; }

MACHINE_INLINE uint32_t memory_read32(uint32_t address) { return *(volatile uint32_t *)address; }
MACHINE_INLINE void memory_write32(uint32_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
MACHINE_INLINE uint16_t memory_read16(uint32_t address) { return *(volatile uint16_t *)address; }
MACHINE_INLINE void memory_write16(uint32_t address, uint16_t value) { *(volatile uint16_t *)address = value; }

MACHINE_INLINE uint64_t read_time_stamp(void) { uint32_t lo, hi; __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)); return ((uint64_t)hi << 32) | lo; }
MACHINE_INLINE uint64_t stamp_at_entry(void) { return entry_stamp; }
MACHINE_INLINE uint64_t read_model_register(uint32_t number) { uint32_t lo, hi; __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(number)); return ((uint64_t)hi << 32) | lo; }
MACHINE_INLINE void write_model_register(uint32_t number, uint32_t low, uint32_t high) { __asm__ volatile("wrmsr" ::"c"(number), "a"(low), "d"(high)); }
/* RDRAND may have no number yet: ten tries are enough (Intel SDM Vol. 1, 7.3.17.1). 0 where there was none. */
MACHINE_INLINE uint32_t random_number(void) {
  for (int tries = 0; tries < 10; tries++) {
    uint32_t number; uint8_t is_there;
    __asm__ volatile("rdrand %0; setc %1" : "=r"(number), "=qm"(is_there) : : "cc");
    if (is_there) return number;
  }
  return 0;
}
MACHINE_INLINE struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf) {
  struct cpuid_result r;
  __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}

MACHINE_INLINE struct descriptor_table read_interrupt_table(void) { struct descriptor_table d; __asm__ volatile("sidt %0" : "=m"(d)); return d; }
MACHINE_INLINE struct descriptor_table read_descriptor_table(void) { struct descriptor_table d; __asm__ volatile("sgdt %0" : "=m"(d)); return d; }
MACHINE_INLINE void load_interrupt_table(uint32_t base, uint16_t limit) { struct descriptor_table d = {limit, base}; __asm__ volatile("lidt %0" ::"m"(d) : "memory"); }
MACHINE_INLINE void load_descriptor_table(uint32_t base, uint16_t limit) {
  struct descriptor_table d = {limit, base};
  __asm__ volatile("lgdt %0\n\tljmp %1,$1f\n1:\tmovl %2,%%ss\n\tmovl %3,%%ds\n\tmovl %3,%%es\n\tmovl %4,%%fs\n\tmovl %4,%%gs"
                   ::"m"(d), "i"(SELECTOR_KERNEL_CODE), "r"(SELECTOR_KERNEL_DATA), "r"(SELECTOR_USER_DATA), "r"(0) : "memory");
}
MACHINE_INLINE void load_task_register(uint16_t selector) { __asm__ volatile("ltr %0" ::"r"(selector)); }
MACHINE_INLINE void load_data_segments(void) { __asm__ volatile("movl %0,%%ds\n\tmovl %0,%%es" ::"r"(SELECTOR_USER_DATA) : "memory"); }
MACHINE_INLINE void load_thread_segment(void) { __asm__ volatile("movl %0,%%gs" ::"r"(SELECTOR_THREAD_DATA) : "memory"); }

// DR6 and DR7: what a debug exception found, and which breakpoints are on (Intel SDM Vol. 3, 17.2).
MACHINE_INLINE uint32_t read_dr7(void) { uint32_t v; __asm__ volatile("movl %%dr7,%0" : "=r"(v)); return v; }
MACHINE_INLINE void write_dr6(uint32_t v) { __asm__ volatile("movl %0,%%dr6" ::"r"(v)); }
MACHINE_INLINE void write_dr7(uint32_t v) { __asm__ volatile("movl %0,%%dr7" ::"r"(v)); }

#define CONTROL_REGISTER(n) \
  MACHINE_INLINE uint32_t read_cr##n(void) { uint32_t v; __asm__ volatile("movl %%cr" #n ",%0" : "=r"(v)); return v; } \
  MACHINE_INLINE void write_cr##n(uint32_t v) { __asm__ volatile("movl %0,%%cr" #n ::"r"(v) : "memory"); }
CONTROL_REGISTER(0) CONTROL_REGISTER(2) CONTROL_REGISTER(3) CONTROL_REGISTER(4)
#undef CONTROL_REGISTER
MACHINE_INLINE void invalidate_page(uint32_t address) { __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory"); }
// Lets pending interrupts come. STI takes effect after the next instruction (Intel SDM Vol. 2, STI).
MACHINE_INLINE void allow_interrupts(void) { __asm__ volatile("sti\n\tnop\n\tcli" ::: "memory"); }
MACHINE_INLINE void disable_interrupts(void) { __asm__ volatile("cli" ::: "memory"); }
// STI holds interrupts off for one more instruction, so none can slip in before HLT (Intel SDM Vol. 2, STI).
// Halts until an interrupt (switch.S); the address of the HLT in it.
void wait_for_interrupt(void);
MACHINE_INLINE __attribute__((noreturn)) void halt_forever(void) { for (;;) __asm__ volatile("cli\n\thlt"); }
MACHINE_INLINE uint32_t read_frame_pointer(void) { return (uint32_t)__builtin_frame_address(0); }

MACHINE_INLINE void clear_task_switched(void) { __asm__ volatile("clts"); }
MACHINE_INLINE void save_extended_state(uint32_t area) { __asm__ volatile("fxsave (%0)" ::"r"(area) : "memory"); }
MACHINE_INLINE void restore_extended_state(uint32_t area) { __asm__ volatile("fxrstor (%0)" ::"r"(area) : "memory"); }
MACHINE_INLINE void save_float_state(uint32_t area) { __asm__ volatile("fnsave (%0)" ::"r"(area) : "memory"); }
MACHINE_INLINE void restore_float_state(uint32_t area) { __asm__ volatile("frstor (%0)" ::"r"(area) : "memory"); }
MACHINE_INLINE void initialize_float_state(void) { __asm__ volatile("fninit"); }

// Where the function it is inlined into returns to: an address in its caller.
static inline uint32_t return_address(void) { return (uint32_t)__builtin_return_address(0); }

// A string instruction zeroes a frame in 1,025 counted instructions and on real machines at bus speed.
MACHINE_INLINE void zero_words(uint32_t address, uint32_t words) {
  __asm__ volatile("rep stosl" : "+D"(address), "+c"(words) : "a"(0) : "memory");
}
MACHINE_INLINE void copy_words(uint32_t to, uint32_t from, uint32_t words) {
  __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words)::"memory");
}
