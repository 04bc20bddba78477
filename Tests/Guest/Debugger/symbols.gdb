# Symbols load by themselves when a program starts and when a module is linked, and a module's have no error in them.
# script: insmod ramdisk; hello; exit 0
# expect: ^Breakpoint 1 \(ramdisk_start\) pending\.
# expect: Breakpoint 1, .*Modules/ramdisk/Ramdisk.swift:
# expect: Line [0-9]+ of "Modules/ramdisk/Ramdisk.swift"
# expect: kernel +ramdisk_start|kernel +start\(\)
# expect: shell +.*Userland/Programs/shell/
# expect: ^ramdisk +0xf[0-9a-f]+ +[0-9]+ +loaded$
# forbid: DWARF
# forbid: Python Exception
set breakpoint pending on
break ramdisk_start
continue
info line ramdisk_start
task
modules
