// The version of the interface; QEMU looks for it before it loads a plugin.

int qemu_plugin_version = 1;
