# How GDB is set up by `megha debug`, and what needs no more than its own language; megha.py has the rest.


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
