// The part of QEMU's interface for plugins (API version 1, docs/devel/tcg-plugins) that the profiler and the
// counter use, declared here
// because Debian packages no header for it. QEMU itself defines these functions.

#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qemu_plugin_tb TranslatedBlock;
typedef struct qemu_plugin_insn TranslatedInstruction;
typedef struct qemu_plugin_hwaddr PhysicalPlace;

enum { PLUGIN_NO_REGISTERS = 0, PLUGIN_READ_OR_WRITE = 3, PLUGIN_ADD = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, TranslatedBlock *));
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ended)(uint64_t, void *), void *context);

size_t qemu_plugin_tb_n_insns(const TranslatedBlock *block);
uint64_t qemu_plugin_tb_vaddr(const TranslatedBlock *block);
TranslatedInstruction *qemu_plugin_tb_get_insn(const TranslatedBlock *block, size_t index);
void qemu_plugin_register_vcpu_tb_exec_cb(
    TranslatedBlock *block, void (*begins)(unsigned processor, void *context), int registers, void *context);

size_t qemu_plugin_insn_size(const TranslatedInstruction *instruction);
const void *qemu_plugin_insn_data(const TranslatedInstruction *instruction);
void *qemu_plugin_insn_haddr(const TranslatedInstruction *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(
    TranslatedInstruction *instruction, int operation, void *counter, uint64_t amount);
void qemu_plugin_register_vcpu_mem_cb(
    TranslatedInstruction *instruction,
    void (*accessed)(unsigned processor, uint32_t information, uint64_t address, void *context), int registers,
    int direction, void *context);

bool qemu_plugin_mem_is_store(uint32_t information);
PhysicalPlace *qemu_plugin_get_hwaddr(uint32_t information, uint64_t address);
uint64_t qemu_plugin_hwaddr_phys_addr(const PhysicalPlace *place);

// The C library's, whose headers Embedded Swift does not bring.
int open(const char *path, int flags, ...);
static inline int open_for_writing(const char *path) { return open(path, 1 /* O_WRONLY */); }
_Noreturn void _exit(int status);
static inline void leave_at_once(void) { _exit(0); }
long write(int descriptor, const void *bytes, unsigned long count);
