// Where the assembly finds the fields of `struct cpu_area` (machine_support.h, which compares).
#pragma once
#define CPU_AREA_SAVED_STACK_POINTER 0x00
#define CPU_AREA_ATTENTION 0x04
#define CPU_AREA_SHARED_STACK_FLOOR 0x08
#define CPU_AREA_SHARED_STACK_END 0x0c
#define CPU_AREA_EXIT_STACK_END 0x10
#define CPU_AREA_KERNEL_DIRECTORY 0x14
#define CPU_AREA_LOADED_DIRECTORY 0x18
#define CPU_AREA_DIRECT_ENTRY 0x1c
#define CPU_AREA_GUARDED 0x24
#define CPU_AREA_NEXT_CONTROL_0 0x28
#define CPU_AREA_NEXT_CONTROL_4 0x2c
#define CPU_AREA_CURRENT_TASK 0x30
#define CPU_AREA_SAVED_ACCUMULATOR 0x34
#define CPU_AREA_STATE 0x100
#define CPU_AREA_DOUBLE_FAULT 0x180
#define CPU_AREA_NMI 0x200
#define CPU_AREA_DESCRIPTORS 0x300
#define CPU_AREA_INTERRUPTS 0x800
// The room for the kernel value in the image, in bytes.
#define KERNEL_STORAGE_SIZE 16384
