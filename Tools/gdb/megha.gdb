# What `megha debug` gives GDB beside the kernel's symbols.

set pagination off
set confirm off
set disassemble-next-line auto
set print asm-demangle on

define boot-break
  hbreak kernel_main
  continue
end
document boot-break
Goes on to the first Swift function of the kernel, in the upper half.
end

define frames
  set $frame_pointer = $ebp
  set $count = 0
  printf "%08x ", $eip
  info symbol $eip
  while $frame_pointer >= 0x10000 && $count < 32
    set $return_address = *(unsigned int *)($frame_pointer + 4)
    printf "%08x ", $return_address
    info symbol $return_address
    set $frame_pointer = *(unsigned int *)$frame_pointer
    set $count = $count + 1
  end
end
document frames
Walks the frame pointers, which works across system calls where GDB's own backtrace stops.
end

define program
  add-symbol-file build/programs/$arg0.debug
end
document program
Loads the symbols of a program of the tree: program shell
end

define module
  add-symbol-file build/modules/$arg0.so.debug -o $arg1
end
document module
Loads the symbols of a module at the address that lsmod shows: module ramdisk 0xf0001000
end
