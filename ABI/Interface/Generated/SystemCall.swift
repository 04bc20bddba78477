// Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that.

/// The system calls by number: what EAX holds when a task enters the kernel. The arguments are in EBX, ECX,
/// EDX, ESI and EDI, in the order given; the result comes back in EAX.
public enum SystemCall: UInt32, Sendable {
  /// Does nothing. It measures what entering and leaving the kernel costs.
  case null = 0
  /// Ends the calling task. When the first thread of a process ends, the process ends, and its other threads
  /// with it.
  /// - `status`: the exit status.
  case exit = 1
  /// Ends every task of the caller's address space.
  /// - `status`: the exit status of the process.
  case abort = 2
  /// Lets the other ready tasks of the same priority run first.
  case yield = 3
  /// Waits for at least the given time.
  /// - `nanosecondsLow`: the low 32 bits of the time.
  /// - `nanosecondsHigh`: the high 32 bits of the time.
  case sleep = 4
  /// Reads the clocks: nanoseconds since boot, and seconds since 1970 at boot.
  /// - `reading`: where the reading goes.
  case clock = 5
  /// Starts a process from a file or from memory, in Ring 3 or Ring 0. The caller's process becomes its
  /// parent, and the new one gets its standard handles unless the request names others.
  /// - `request`: what to start and how.
  /// - `size`: the size of the request in bytes.
  case processStart = 6
  /// Starts a thread in the caller's address space, in Ring 3 or Ring 0, whatever ring the caller runs in.
  /// - `request`: where to start and how.
  /// - `size`: the size of the request in bytes.
  case threadStart = 7
  /// Waits until a child process or a thread has ended, and takes its outcome.
  /// - `task`: a child process or a thread of the caller's process; 0: any child process.
  /// - `flags`: whether to wait.
  /// - `outcome`: how it ended.
  case wait = 8
  /// Ends a task. Ending the first thread of a process ends the process.
  /// - `task`: the task to end.
  /// - `status`: the exit status it gets.
  case kill = 9
  /// Describes a task.
  /// - `task`: the task; 0: the caller.
  /// - `information`: where the description goes.
  /// - `size`: the size of the structure in bytes.
  case taskInformation = 10
  /// Enumerates the tasks, in the order of their identities.
  /// - `task`: a task, or 0 to begin.
  case taskNext = 11
  /// Adds zeroed pages to the caller's address space. Writable and executable together is refused.
  /// - `address`: where, or 0 to let the kernel choose.
  /// - `length`: how many bytes; rounded up to pages.
  /// - `permissions`: what the pages allow.
  case memoryMap = 12
  /// Removes pages that memoryMap added.
  /// - `address`: the first page.
  /// - `length`: how many bytes.
  case memoryUnmap = 13
  /// Changes what pages of the caller allow.
  /// - `address`: the first page.
  /// - `length`: how many bytes.
  /// - `permissions`: what the pages allow from now on.
  case memoryProtect = 14
  /// Counts the machine's memory by owner. With `check` it walks all structures, for which it needs the right
  /// `tasks`, and reports the frames that nobody owns.
  /// - `information`: where the counts go.
  /// - `flags`: whether to prove the counts first.
  case memoryInformation = 15
  /// Describes the first region of an address space that ends above the address: the caller's, a child's, or
  /// with the right `tasks` any.
  /// - `task`: a task; 0: the caller.
  /// - `address`: where to look.
  /// - `information`: where the description goes.
  case memoryRegion = 16
  /// Reads bytes. A read of a console or of a pipe waits for at least one byte; of a pipe without writers it
  /// is 0.
  /// - `handle`: what to read from.
  /// - `buffer`: where the bytes go.
  /// - `length`: how many at the most.
  case read = 17
  /// Writes bytes, or the first of them where another task is due meanwhile. Into a pipe up to 4,096 bytes
  /// are written together once there is room; of more, what there is room for. A pipe without readers:
  /// peerGone.
  /// - `handle`: what to write to.
  /// - `buffer`: the bytes.
  /// - `length`: how many.
  case write = 18
  /// Opens a file, a directory or a device. A path that does not begin with a slash begins at the caller's
  /// working directory.
  /// - `path`: the name, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `flags`: how.
  case open = 19
  /// Gives a handle up.
  /// - `handle`: the handle.
  case close = 20
  /// Enumerates the files of the boot archives.
  /// - `index`: which file of the boot archives, from 0.
  /// - `entry`: where its description goes.
  case fileEntry = 21
  /// Sets where the next read or write begins.
  /// - `handle`: a file.
  /// - `position`: bytes from its start.
  case seek = 22
  /// Reads the kernel's log. Needs the right `tasks`.
  /// - `position`: bytes since boot; older than the log keeps: its oldest byte.
  /// - `buffer`: where the bytes go.
  /// - `length`: how many at the most.
  case logRead = 23
  /// Stops the machine.
  /// - `status`: the status the host sees.
  case powerOff = 24
  /// Sleeps while a word has the expected value, until wordWake is called for it. If the value differs
  /// already: wouldBlock.
  /// - `word`: the address of an aligned 32-bit word.
  /// - `expected`: the value it must still have.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case wordWait = 25
  /// Wakes tasks that wait for a word.
  /// - `word`: the word.
  /// - `count`: how many waiters to wake at the most.
  case wordWake = 26
  /// Changes a task's priority.
  /// - `task`: a task; 0: the caller.
  /// - `priority`: 0 (lowest) to 31.
  case prioritySet = 27
  /// Gives up rights of the caller's process, for good: its children do not get them either.
  /// - `rights`: the rights to give up.
  case rightsDrop = 28
  /// Sets the base of the caller's GS segment, for thread-local storage.
  /// - `address`: the base of segment GS.
  case threadPointerSet = 29
  /// Links a module into the kernel half and starts it.
  /// - `path`: the module's file.
  /// - `length`: the length of the path.
  /// - `parameters`: name=value words; 0: none.
  case moduleLoad = 30
  /// Stops a module, once the calls inside have come back, and gives back all it holds.
  /// - `name`: the module's name.
  /// - `length`: its length in bytes.
  /// - `explanation`: where one sentence goes that names what is in the way; 0: only to the log.
  /// - `capacity`: the room for it in bytes.
  /// - `flags`: noWait: fail with busy where calls are inside.
  case moduleUnload = 31
  /// Describes a loaded module.
  /// - `index`: which module, from 0.
  /// - `information`: where the description goes.
  case moduleInformation = 32
  /// Opens a service by name, whatever its placement.
  /// - `name`: the service's name.
  /// - `length`: its length in bytes.
  case serviceOpen = 33
  /// Sends a request and waits for the reply.
  /// - `handle`: an opened service.
  /// - `message`: the request; the reply replaces it.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case call = 34
  /// Makes the caller's process the server of a name.
  /// - `name`: the service's name.
  /// - `length`: its length in bytes.
  case servicePublish = 35
  /// Waits for a request.
  /// - `handle`: an endpoint of the caller.
  /// - `message`: where its data may go; the request replaces it.
  case receive = 36
  /// Answers a request.
  /// - `request`: the number that receive returned.
  /// - `message`: the reply.
  case reply = 37
  /// Answers a request and waits for the next one, in one call.
  /// - `handle`: an endpoint of the caller.
  /// - `request`: the request to answer.
  /// - `message`: the reply; the next request replaces it.
  case replyAndReceive = 38
  /// Describes a published service.
  /// - `index`: which service, from 0.
  /// - `information`: where the description goes.
  case serviceInformation = 39
  /// Reads the counters of address-space changes, task switches, TLB flushes, page faults, copies and
  /// interrupts.
  /// - `counters`: where the counts go.
  case counters = 40
  /// Sends a request that travels in registers and waits for the reply.
  /// - `handle`: an opened service.
  /// - `operation`: what is asked for.
  /// - `first`: the first word of the request.
  /// - `second`: the second word.
  /// - `third`: the third word.
  case callShort = 41
  /// Holds a service's calls back, lets them go on, or ends its server's term, so that the service can move.
  /// - `name`: the service's name.
  /// - `length`: its length in bytes.
  /// - `action`: a ServiceAction.
  case serviceControl = 42
  /// Takes the oldest of the caller's events of the wanted kinds, or waits for one.
  /// - `kinds`: the kinds of events that are wanted.
  /// - `event`: where the oldest of them goes.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case eventWait = 43
  /// Asks a task for something. An event of the same kind that the task has not taken yet is counted up. Of
  /// told what is new is added; it is unsupported where the task's process has no personality.
  /// - `task`: the task to tell.
  /// - `kind`: the EventKind: yieldAsked, stopAsked or told.
  /// - `keys`: of told: what happened at a terminal.
  /// - `low`: of told: the low 32 of the bits that the task's personality gives a meaning.
  /// - `high`: the high 32 bits.
  case eventSend = 44
  /// Sets the caller's event timer in place of the one before. A period is at least 100,000 nanoseconds.
  /// - `nanosecondsLow`: the low 32 bits of the time until the event; both 0: no timer.
  /// - `nanosecondsHigh`: the high 32 bits.
  /// - `periodLow`: the low 32 bits of the time between further events; both 0: only one event.
  /// - `periodHigh`: the high 32 bits.
  case eventTimer = 45
  /// Takes a lock that a program could not take by itself. While the caller waits, the holder has at least
  /// its priority.
  /// - `word`: the lock: an aligned 32-bit word, 0 while it is free.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case lockAcquire = 46
  /// Gives a lock to the most urgent of the tasks that wait for it, or frees it.
  /// - `word`: a lock that the caller holds.
  case lockRelease = 47
  /// Describes what one owner has in the kernel's heap.
  /// - `index`: which owner of kernel memory, from 0.
  /// - `information`: where the description goes.
  case heapInformation = 48
  /// Makes an allocation fail or does what the kernel must not do, to see what comes of it. Needs the right
  /// `ring0`: who may run code in Ring 0 may do all of this anyway.
  /// - `test`: a KernelTest.
  /// - `argument`: a number or an address.
  case kernelTest = 49
  /// Adds pages of the caller's to another address space, where the kernel finds room. Both see what either
  /// writes. Each unmaps its own.
  /// - `task`: a task of the process that gets the memory: a child, or any with the right `tasks`.
  /// - `address`: the first page of a mapping of the caller's.
  /// - `length`: how many bytes; rounded up to pages.
  /// - `permissions`: what the pages allow there; no more than here.
  case memoryShare = 50
  /// Takes the records of a traced child's calls; waits for the first.
  /// - `process`: a child that was started with the flag `traced`.
  /// - `records`: where the TraceRecords go.
  /// - `length`: how many bytes there is room for.
  case traceRead = 51
  /// Makes a second handle for the same object, with the same rights or fewer.
  /// - `handle`: a handle with the right `duplicate`: a file, a service, a notification.
  /// - `rights`: what the new handle allows; no more than the old one.
  case handleDuplicate = 52
  /// Makes a notification: a word of 31 bits that tasks set and wait for. It dies with the process that made
  /// it.
  case notificationCreate = 53
  /// Sets bits of a notification and wakes the most urgent task that waits for it. Never waits itself.
  /// - `handle`: a notification; needs the right `write`.
  /// - `bits`: the bits to set: at least one of the lower 31.
  case notificationSignal = 54
  /// Takes all bits of a notification, waiting for the first if none is set.
  /// - `handle`: a notification; needs the right `read`.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case notificationWait = 55
  /// Lets an interrupt line set bits of a notification. Needs the right to the line's device (`Rights`). A
  /// level-triggered line (9 to 11) is masked with each interrupt until it is acknowledged, the others when
  /// one comes while the bits of the one before are still set. Closing the handle masks the line.
  /// - `line`: an interrupt line, 3 to 15, that neither the kernel nor another process has.
  /// - `notification`: a notification; needs the right `write`.
  /// - `bits`: the bits of it that the interrupt sets.
  case interruptClaim = 56
  /// Lets a line interrupt again that was masked with its last interrupt.
  /// - `handle`: an interrupt line; needs the right `write`.
  case interruptAcknowledge = 57
  /// Claims I/O ports that neither the kernel, a module nor another process has. Needs the right to each
  /// device that has some of them (`Rights`).
  /// - `first`: the first I/O port.
  /// - `count`: how many.
  case portsClaim = 58
  /// Reads an I/O port, as often as values fit.
  /// - `handle`: ports; needs the right `read`.
  /// - `port`: one of them.
  /// - `data`: where the values go.
  /// - `length`: how many bytes in all: a multiple of `width`, at most 65,536.
  /// - `width`: the width of an access in bytes: 1, 2 or 4.
  case portRead = 59
  /// Writes values to an I/O port, one after the other. What resets the machine takes the right `reset`, what
  /// keeps interrupts from the watchdog `timer`: of the values those before such a one are written.
  /// - `handle`: ports; needs the right `write`.
  /// - `port`: one of them.
  /// - `data`: the values.
  /// - `length`: how many bytes in all: a multiple of `width`, at most 65,536.
  /// - `width`: the width of an access in bytes: 1, 2 or 4.
  case portWrite = 60
  /// Maps memory of a device, uncached, where the kernel finds room. Needs the right to the device
  /// (`Rights`); what is RAM or the kernel's own is refused.
  /// - `frame`: the first page of device memory: its physical address divided by 4,096.
  /// - `length`: how many bytes; rounded up to pages.
  /// - `permissions`: read, or read and write.
  case deviceMap = 61
  /// Gives the calling task, a server's, a window: 64 KiB of addresses at which it can read the pages that
  /// callers lend it. It keeps it until it ends.
  case lendingWindow = 62
  /// Maps zeroed memory, in one piece, for a device to read and write by itself. It is the device's: when the
  /// driver ends it stays, until `deviceSilent`.
  /// - `ports`: the ports of the device; needs the right `write`.
  /// - `length`: how many bytes, at most 131,072; rounded up to pages.
  /// - `low`: 1: below 16 MiB, which the ISA bus reaches; 0: below 4 GiB.
  /// - `place`: where it is, for the driver and for the device.
  case deviceMemory = 63
  /// Says that a device, which has been reset, uses no memory any more: what drivers got for it with
  /// `deviceMemory` and no process has mapped is given back.
  /// - `ports`: the ports of the device; needs the right `write`.
  case deviceSilent = 64
  /// Makes a standard handle of the caller's stand for what another handle does, with the same rights. What
  /// it stood for before is closed.
  /// - `handle`: a handle with the right `duplicate`.
  /// - `place`: the standard handle that is to stand for the same: 0, 1 or 2.
  case handlePlace = 65
  /// Makes a pipe: what is written to the one end is read from the other, in order, each byte once. It holds
  /// 8,192 bytes. It ends with the last handle of either end: a reader then gets what is left and 0, a writer
  /// peerGone.
  /// - `ends`: where the two handles go.
  case pipeCreate = 66
  /// Says what a handle stands for, and what it allows.
  /// - `handle`: a handle of the caller's.
  /// - `information`: where the description goes.
  case handleInformation = 67
  /// Describes the job with the next higher number: what it has, and what it may have at the most.
  /// - `after`: the number of a job; 0: before the first.
  /// - `information`: where the description goes.
  case jobInformation = 68
  /// Describes the file or directory at a path.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `flags`: how the path is followed.
  /// - `information`: where the description goes.
  case fileInformation = 69
  /// Describes an open file or directory.
  /// - `handle`: an open file or directory.
  /// - `information`: where the description goes.
  case handleFile = 70
  /// Describes one name in a directory; after the last, notFound. An entry that stays there is given once,
  /// whatever comes and goes meanwhile.
  /// - `handle`: an open directory.
  /// - `position`: 0, or the `next` of the entry before.
  /// - `entry`: where the description goes.
  case directoryEntry = 71
  /// Makes a directory.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `mode`: the permission bits.
  case directoryCreate = 72
  /// Takes a name away. With the last name the file is gone, and who has it open is told stale.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `flags`: `directory`: an empty directory, and nothing else.
  case fileRemove = 73
  /// Gives a file or directory another name in the same file system. A file that had the name is replaced at
  /// once.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `newPath`: the new path.
  /// - `newLength`: its length in bytes.
  case fileRename = 74
  /// Cuts a file, or makes it longer by zeros.
  /// - `handle`: a file, open for writing.
  /// - `size`: its size from now on, in bytes.
  case fileResize = 75
  /// Gives a file a second name, or makes a symbolic link.
  /// - `target`: the file, or for a symbolic link any text.
  /// - `targetLength`: its length in bytes.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `flags`: `symbolic`: a symbolic link.
  case fileLink = 76
  /// Reads what a symbolic link leads to.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `buffer`: where the target goes.
  /// - `capacity`: how many bytes at the most.
  case linkRead = 77
  /// Changes the permission bits or the time of a file or directory.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `change`: what is to be different.
  case fileChange = 78
  /// Returns when all that was done before in the file system of this path is where it stays.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  case fileSync = 79
  /// Says how full the file system of this path is.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `use`: where the description goes.
  case fileSystemUse = 80
  /// Puts a file system into the name space: from now on paths that begin so lead to it. The service need not
  /// be there yet. Needs the right `services`.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  /// - `service`: the name of the service that has the file system.
  /// - `serviceLength`: its length in bytes.
  /// - `flags`: how.
  case mount = 81
  /// Takes a file system out of the name space. What is open in it stays open. Needs the right `services`.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  case unmount = 82
  /// Describes a file system in the name space.
  /// - `index`: which one, from 0.
  /// - `information`: where the description goes.
  case mountInformation = 83
  /// Sets the caller's working directory, where paths begin that have no slash in front. What it starts
  /// begins there too.
  /// - `path`: the path, in UTF-8.
  /// - `length`: its length in bytes.
  case directoryChange = 84
  /// Writes the path of the caller's working directory.
  /// - `buffer`: where the path goes.
  /// - `length`: how many bytes at the most.
  case directoryPath = 85
  /// Waits for a request, bits of a notification, events or a moment, whichever comes first. Of what is there
  /// already the set comes before a request. Bits are taken; events are not.
  /// - `handle`: an endpoint of the caller; 0xffffffff: no requests.
  /// - `message`: where a request's data may go; the request replaces it.
  /// - `set`: what else is waited for; what came of it is added.
  case receiveAny = 86
  /// Keeps a request to answer it later, by `requestAnswer`. It must have changed nothing so far: where the
  /// service moves it is sent again to whoever serves then. Data that came with it is gone.
  /// - `handle`: an endpoint of the caller.
  /// - `request`: a request that the calling task has received from it.
  case requestKeep = 87
  /// Answers a request that was kept. `peerGone`: the answer reached nobody, since the caller gave up, or its
  /// request goes to another server.
  /// - `handle`: an endpoint of the caller.
  /// - `request`: a request that was kept.
  /// - `message`: the reply.
  case requestAnswer = 88
  /// Sends a request that travels in registers, and waits for a reply that does so too. No other way to ask
  /// is as short.
  /// - `handle`: an opened service.
  /// - `operation`: what is asked for.
  /// - `first`: the first word of the request.
  /// - `second`: the second word.
  /// - `third`: the third word.
  case callInRegisters = 89
  /// Waits for a request and takes it in registers, where it fits. The message is used for later requests
  /// too.
  /// - `handle`: an endpoint of the caller.
  /// - `message`: where requests go that do not fit into registers.
  case receiveInRegisters = 90
  /// Answers a request with three words and waits for the next one as receiveInRegisters does, in one call.
  /// - `handle`: an endpoint of the caller.
  /// - `request`: the request to answer.
  /// - `first`: the first word of the reply.
  /// - `second`: the second word.
  /// - `third`: the third word.
  case replyAndReceiveInRegisters = 91
  /// Answers a request with a message and waits for the next one as receiveInRegisters does, in one call.
  /// - `handle`: an endpoint of the caller.
  /// - `request`: the request to answer.
  /// - `message`: the reply.
  case replyMessageAndReceive = 92
  /// Tells who sent a request, in whatever form it came, and with what authority. Not of one that was kept.
  /// - `request`: a request that the caller has received.
  case requestSender = 93
  /// Writes all words of the reply to the caller's latest call in registers, where there were more than
  /// three.
  /// - `message`: where the reply goes.
  case replyRest = 94
  /// Wakes the most urgent task that waits for one word, and sleeps as wordWait does for another one. The
  /// task that is woken runs at once where nobody more urgent is ready.
  /// - `woken`: the word for which another task waits.
  /// - `word`: the word to wait for.
  /// - `expected`: the value it must still have.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case wordWakeAndWait = 95
  /// Sets bits of one notification and takes those of another, waiting for the first if none is set. The task
  /// that is woken runs at once where nobody more urgent is ready.
  /// - `signalled`: a notification; needs the right `write`.
  /// - `bits`: the bits of it to set: at least one of the lower 31.
  /// - `handle`: the notification to wait for; needs the right `read`.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case notificationSignalAndWait = 96
  /// Gives what is typed to a job, the terminal's foreground. The present one must be the caller's job or lie
  /// inside it. Whoever else reads the terminal waits. When the last task of the foreground ends, the job
  /// around it has the input.
  /// - `terminal`: a terminal or its master.
  /// - `task`: a task of the job that is to read what is typed; 0: the caller.
  case terminalGive = 97
  /// Waits until the attention key is pressed, and then owns the console. Only the first process may.
  case attentionWait = 98
  /// Tells which limit of which job refused something to the caller's task most recently.
  /// - `refusal`: where the description goes.
  case limitRefusal = 99
  /// Stops a process, or lets it go on. A call that it is in comes to its end first; a stopped process can be
  /// ended.
  /// - `process`: a process, by its first task.
  /// - `isStopped`: 1: none of its tasks runs its code any more; 0: they go on.
  case processStop = 100
  /// For a process with a personality: makes a child with a copy of its memory and handles, which goes on
  /// from where the call came, with 0 as its value. Pages are shared until one of both writes.
  /// - `isStopped`: 1: the new process waits until it is told to go on.
  case processClone = 101
  /// Goes on with another program, in the same process: handles, children and identity stay. Does not come
  /// back unless it fails, and nothing has changed then.
  /// - `request`: the program, its arguments and its environment.
  /// - `size`: the size of the request in bytes.
  case processReplace = 102
  /// Describes a terminal: its settings, its size, whose input it is, and how much of that there is.
  /// - `terminal`: a terminal or its master.
  /// - `information`: where the description goes.
  case terminalInformation = 103
  /// Changes settings and size of a terminal, all or nothing. Who has not the master waits until its job, or
  /// one inside that, is the foreground.
  /// - `terminal`: a terminal or its master.
  /// - `changes`: what of it changes.
  /// - `information`: the new values, and values that mean nothing.
  case terminalChange = 104
  /// Makes a pseudo-terminal: a terminal whose screen and keyboard are whoever has its master. With the last
  /// handle of the one side the other is hung up.
  /// - `ends`: where the two handles go.
  case terminalCreate = 105
  /// Sets bits of a notification when something happens at a terminal. Keys go to who watched last of those
  /// in whose job the foreground lies; a new size and a hang-up to all. The foreground must lie in the
  /// caller's job.
  /// - `terminal`: a terminal.
  /// - `notification`: a notification of the caller's process.
  /// - `signals`: what sets the bits of the same numbers; none: the watch ends.
  case terminalWatch = 106
  /// Waits until a file, pipe, terminal or notification is as an entry wants it, a child has ended, or an
  /// event comes. Nothing is taken.
  /// - `entries`: what is waited for, one entry after the other.
  /// - `count`: how many entries, at most 32.
  /// - `kinds`: kinds of events that end the wait too; they are taken by `eventWait`.
  /// - `nanosecondsLow`: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit.
  /// - `nanosecondsHigh`: the high 32 bits.
  case poll = 107

  /// How many there are; every number below it is a call.
  @inlinable public static var count: UInt32 { 108 }
}
