// What every module includes: the kernel's exports, and the manifest with which a module says what it is.
//
//     static const struct megha_service services[] = {{"ramdisk", ramdisk_handle}, {0}};
//     MEGHA_MODULE(.name = "ramdisk", .version = "1", .start = ramdisk_start, .services = services);
//
// The kernel reads the manifest from the file before it maps anything (Kernel/Modules/ModuleManifest.swift).

#pragma once
#include "generated/module_interface.h"

/// A variable that `insmod FILE name=value` sets before the module starts.
struct megha_parameter {
  const char *name;
  /// 0: a 32-bit integer; 1: text with a final zero byte.
  uint32_t kind;
  void *address;
  /// The room at `address` in bytes.
  uint32_t size;
};

/// A function that processes call by name, on their own thread. It returns 0, or a negative error that the caller
/// gets instead of the reply.
struct megha_service {
  const char *name;
  int32_t (*handle)(struct service_request *request);
};

/// The manifest. Lists end with an entry of zeros.
struct megha_manifest {
  uint32_t magic, layout;
  const char *name, *version;
  uint32_t build_low, build_high;
  /// Returns 0 when the module is ready, or a negative error: then it is taken out again.
  int32_t (*start)(void);
  void (*stop)(void);
  /// The names of modules that must be there before.
  const char *const *needs;
  const struct megha_parameter *parameters;
  const struct megha_service *services;
};

#define MEGHA_MODULE(...)                                                                        \
  __attribute__((used, section(".data.rel.ro.megha"))) const struct megha_manifest megha_module = {   \
      .magic = 0x4d48474du, .layout = 1, .build_low = MEGHA_BUILD_LOW, .build_high = MEGHA_BUILD_HIGH, __VA_ARGS__}

#define MEGHA_INTEGER_PARAMETER(variable) {#variable, 0, &variable, sizeof(variable)}
#define MEGHA_TEXT_PARAMETER(variable) {#variable, 1, variable, sizeof(variable)}
