# Regions, handles, services and modules, read from the kernel's memory.
# program: hello
# script: insmod ramdisk; service start echo --as linked; hello; exit 0
# expect: ^start +end +pages +may +purpose$
# expect: ^0x00400000 +0x00401000 +1 +r-x +text$
# expect: ^0xbfee0000 +0xbffe0000 +256 +rw- +stack$
# expect: ^0xbffff000 +0xc0000000 +1 +r-x +systemCallPage$
# expect: ^0 +0x[0-9a-f]+ +terminal$
# expect: ^1 +0x[0-9a-f]+ +terminal$
# expect: ^[0-9]+ +0x[0-9a-f]+ +endpoint "manager"$
# expect: ^manager +process "manager" +[1-9][0-9]* +[0-9]+$
# expect: ^echo +module "echo" +0 +[0-9]+$
# expect: ^ramdisk +0xf[0-9a-f]+ +[0-9]+ +loaded$
# expect: ^echo +0xf[0-9a-f]+ +[0-9]+ +loaded$
break main
continue
regions
handles
handles 2
services
modules
