// The one declaration of Megha's system calls. The errors they return are in SystemErrorTable.swift.
//
// A call: number in EAX, arguments in EBX ECX EDX ESI EDI, in the order given here. The result comes back
// in EAX: zero or more, or a negative error code. All other registers are preserved, but where a call gives words back.
// Numbers are never reused; a new call takes the next free one.

public enum SystemCallTable {
  public static let calls: [SystemCallDeclaration] = [
    .init(0, "null", [], "Does nothing. It measures what entering and leaving the kernel costs."),
    .init(
      1, "exit", [.init("status", .number, "the exit status")], neverReturns: true,
      "Ends the calling task. When the first thread of a process ends, the process ends, and its other threads with it."
    ),
    .init(
      2, "abort", [.init("status", .number, "the exit status of the process")], neverReturns: true,
      "Ends every task of the caller's address space."),
    .init(3, "yield", [], "Lets the other ready tasks of the same priority run first."),
    .init(
      4, "sleep",
      [
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the time"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits of the time"),
      ], errors: ["cancelled"], "Waits for at least the given time."),
    .init(
      5, "clock", [.init("reading", .structureOut(type: "ClockReading"), "where the reading goes")],
      errors: ["badAddress"], "Reads the clocks: nanoseconds since boot, and seconds since 1970 at boot."),
    .init(
      6, "processStart",
      [
        .init("request", .structureIn(type: "ProcessRequest"), "what to start and how"),
        .init("size", .length, "the size of the request in bytes"),
      ],
      result: "the identity of the new process",
      errors: [
        "badAddress", "badArgument", "notFound", "badExecutable", "outOfMemory", "notPermitted", "tooLarge",
        "limitReached", "badHandle", "unsupported", "otherSystem",
      ],
      "Starts a process from a file or from memory, in Ring 3 or Ring 0. The caller's process becomes its parent, and the new one gets its standard handles unless the request names others."
    ),
    .init(
      7, "threadStart",
      [
        .init("request", .structureIn(type: "ThreadRequest"), "where to start and how"),
        .init("size", .length, "the size of the request in bytes"),
      ],
      result: "the identity of the new thread",
      errors: ["badAddress", "badArgument", "outOfMemory", "notPermitted", "tooLarge", "limitReached", "cancelled"],
      "Starts a thread in the caller's address space, in Ring 3 or Ring 0, whatever ring the caller runs in."),
    .init(
      8, "wait",
      [
        .init("task", .task, "a child process or a thread of the caller's process; 0: any child process"),
        .init("flags", .flags(type: "WaitFlags"), "whether to wait"),
        .init("outcome", .structureOut(type: "TaskOutcome"), "how it ended"),
      ],
      result: "the identity of the ended task",
      errors: ["badAddress", "badArgument", "noChild", "wouldBlock", "cancelled"],
      "Waits until a child process or a thread has ended, and takes its outcome."),
    .init(
      9, "kill",
      [.init("task", .task, "the task to end"), .init("status", .number, "the exit status it gets")],
      errors: ["noSuchTask", "notPermitted"],
      "Ends a task. Ending the first thread of a process ends the process."),
    .init(
      10, "taskInformation",
      [
        .init("task", .task, "the task; 0: the caller"),
        .init("information", .structureOut(type: "TaskInformation"), "where the description goes"),
        .init("size", .length, "the size of the structure in bytes"),
      ],
      result: "the identity of the task",
      errors: ["badAddress", "badArgument", "noSuchTask"], "Describes a task."),
    .init(
      11, "taskNext", [.init("task", .task, "a task, or 0 to begin")],
      result: "the next task's identity, or 0 after the last", "Enumerates the tasks, in the order of their identities."
    ),
    .init(
      12, "memoryMap",
      [
        .init("address", .address, "where, or 0 to let the kernel choose"),
        .init("length", .number, "how many bytes; rounded up to pages"),
        .init("permissions", .flags(type: "MemoryPermissions"), "what the pages allow"),
      ],
      result: "the address of the mapping divided by 4,096",
      errors: ["badArgument", "outOfMemory", "alreadyExists"],
      "Adds zeroed pages to the caller's address space. Writable and executable together is refused."),
    .init(
      13, "memoryUnmap",
      [
        .init("address", .address, "the first page"), .init("length", .number, "how many bytes"),
      ], errors: ["badArgument"], "Removes pages that memoryMap added."),
    .init(
      14, "memoryProtect",
      [
        .init("address", .address, "the first page"), .init("length", .number, "how many bytes"),
        .init("permissions", .flags(type: "MemoryPermissions"), "what the pages allow from now on"),
      ], errors: ["badArgument", "outOfMemory"], "Changes what pages of the caller allow."),
    .init(
      15, "memoryInformation",
      [
        .init("information", .structureOut(type: "MemoryInformation"), "where the counts go"),
        .init("flags", .flags(type: "MemoryInformationFlags"), "whether to prove the counts first"),
      ], errors: ["badAddress", "badArgument", "notPermitted"],
      "Counts the machine's memory by owner. With `check` it walks all structures, for which it needs the right `tasks`, and "
        + "reports the frames that nobody owns."
    ),
    .init(
      16, "memoryRegion",
      [
        .init("task", .task, "a task; 0: the caller"), .init("address", .address, "where to look"),
        .init("information", .structureOut(type: "RegionInformation"), "where the description goes"),
      ], errors: ["badAddress", "noSuchTask", "notFound", "notPermitted"],
      "Describes the first region of an address space that ends above the address: the caller's, a child's, or with the right "
        + "`tasks` any."),
    .init(
      17, "read",
      [
        .init("handle", .handle, "what to read from"), .init("buffer", .bytesOut, "where the bytes go"),
        .init("length", .length, "how many at the most"),
      ], result: "how many bytes were read; 0 at the end",
      errors: ["badHandle", "badAddress", "cancelled", "unsupported"],
      "Reads bytes. A read of a console or of a pipe waits for at least one byte; of a pipe without writers it is 0."),
    .init(
      18, "write",
      [
        .init("handle", .handle, "what to write to"), .init("buffer", .bytesIn, "the bytes"),
        .init("length", .length, "how many"),
      ], result: "how many bytes were written",
      errors: ["badHandle", "badAddress", "cancelled", "peerGone", "unsupported"],
      "Writes bytes, or the first of them where another task is due meanwhile. Into a pipe up to 4,096 bytes are written together once there is room; of more, what there is room for. A pipe without readers: peerGone."
    ),
    .init(
      19, "open",
      [
        .init("path", .bytesIn, "the name, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("flags", .flags(type: "OpenFlags"), "how"),
      ], result: "a handle",
      errors: fileErrors + ["alreadyExists", "isADirectory", "noSpace", "outOfMemory", "readOnly"],
      "Opens a file, a directory or a device. A path that does not begin with a slash begins at the caller's working directory."
    ),
    .init(20, "close", [.init("handle", .handle, "the handle")], errors: ["badHandle"], "Gives a handle up."),
    .init(
      21, "fileEntry",
      [
        .init("index", .number, "which file of the boot archives, from 0"),
        .init("entry", .structureOut(type: "FileEntry"), "where its description goes"),
      ], errors: ["badAddress", "notFound"], "Enumerates the files of the boot archives."),
    .init(
      22, "seek", [.init("handle", .handle, "a file"), .init("position", .number, "bytes from its start")],
      errors: ["badHandle", "badArgument", "unsupported"], "Sets where the next read or write begins."),
    .init(
      23, "logRead",
      [
        .init("position", .number, "bytes since boot; older than the log keeps: its oldest byte"),
        .init("buffer", .bytesOut, "where the bytes go"), .init("length", .length, "how many at the most"),
      ], result: "how many bytes were read", errors: ["badAddress", "notPermitted"],
      "Reads the kernel's log. Needs the right `tasks`."),
    .init(
      24, "powerOff", [.init("status", .number, "the status the host sees")], errors: ["notPermitted"],
      "Stops the machine."),
    .init(
      25, "wordWait",
      [
        .init("word", .address, "the address of an aligned 32-bit word"),
        .init("expected", .number, "the value it must still have"),
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], errors: ["badAddress", "badArgument", "wouldBlock", "timedOut", "cancelled"],
      "Sleeps while a word has the expected value, until wordWake is called for it. If the value differs already: wouldBlock."
    ),
    .init(
      26, "wordWake",
      [.init("word", .address, "the word"), .init("count", .number, "how many waiters to wake at the most")],
      result: "how many were woken", errors: ["badAddress", "badArgument"], "Wakes tasks that wait for a word."),
    .init(
      27, "prioritySet",
      [.init("task", .task, "a task; 0: the caller"), .init("priority", .number, "0 (lowest) to 31")],
      errors: ["noSuchTask", "badArgument", "notPermitted"], "Changes a task's priority."),
    .init(
      28, "rightsDrop", [.init("rights", .flags(type: "Rights"), "the rights to give up")],
      result: "the rights that are left",
      "Gives up rights of the caller's process, for good: its children do not get them either."),
    .init(
      29, "threadPointerSet", [.init("address", .address, "the base of segment GS")],
      errors: ["badAddress"], "Sets the base of the caller's GS segment, for thread-local storage."),
    .init(
      30, "moduleLoad",
      [
        .init("path", .bytesIn, "the module's file"), .init("length", .length, "the length of the path"),
        .init("parameters", .structureIn(type: "ModuleParameters"), "name=value words; 0: none"),
      ], result: "the number of the module",
      errors: ["badAddress", "notFound", "badModule", "outOfMemory", "notPermitted", "alreadyExists", "limitReached"],
      "Links a module into the kernel half and starts it."),
    .init(
      31, "moduleUnload",
      [
        .init("name", .bytesIn, "the module's name"), .init("length", .length, "its length in bytes"),
        .init("explanation", .bytesOut, "where one sentence goes that names what is in the way; 0: only to the log"),
        .init("capacity", .length, "the room for it in bytes"),
        .init("flags", .flags(type: "WaitFlags"), "noWait: fail with busy where calls are inside"),
      ], errors: ["badAddress", "badArgument", "notFound", "busy", "notPermitted", "cancelled"],
      "Stops a module, once the calls inside have come back, and gives back all it holds."),
    .init(
      32, "moduleInformation",
      [
        .init("index", .number, "which module, from 0"),
        .init("information", .structureOut(type: "ModuleInformation"), "where the description goes"),
      ], errors: ["badAddress", "notFound"], "Describes a loaded module."),
    .init(
      33, "serviceOpen",
      [
        .init("name", .bytesIn, "the service's name"), .init("length", .length, "its length in bytes"),
      ], result: "a handle to call it through",
      errors: ["badAddress", "notFound", "limitReached", "outOfMemory"],
      "Opens a service by name, whatever its placement."),
    .init(
      34, "call",
      [
        .init("handle", .handle, "an opened service"),
        .init("message", .structureInOut(type: "Message"), "the request; the reply replaces it"),
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ],
      errors: [
        "badHandle", "badAddress", "badArgument", "serviceFaulted", "peerGone", "timedOut", "cancelled", "tooLarge",
        "outOfMemory",
      ],
      "Sends a request and waits for the reply."),
    .init(
      35, "servicePublish",
      [
        .init("name", .bytesIn, "the service's name"), .init("length", .length, "its length in bytes"),
      ], result: "a handle to receive through",
      errors: ["badAddress", "alreadyExists", "limitReached", "outOfMemory", "notPermitted"],
      "Makes the caller's process the server of a name."),
    .init(
      36, "receive",
      [
        .init("handle", .handle, "an endpoint of the caller"),
        .init("message", .structureInOut(type: "Message"), "where its data may go; the request replaces it"),
      ], result: "the number of the request, for the reply",
      errors: ["badHandle", "badAddress", "cancelled", "tooLarge"], "Waits for a request."),
    .init(
      37, "reply",
      [
        .init("request", .number, "the number that receive returned"),
        .init("message", .structureIn(type: "Message"), "the reply"),
      ], errors: ["badArgument", "badAddress", "peerGone", "tooLarge"], "Answers a request."),
    .init(
      38, "replyAndReceive",
      [
        .init("handle", .handle, "an endpoint of the caller"),
        .init("request", .number, "the request to answer"),
        .init("message", .structureInOut(type: "Message"), "the reply; the next request replaces it"),
      ], result: "the number of the next request",
      errors: ["badHandle", "badAddress", "badArgument", "cancelled", "tooLarge"],
      "Answers a request and waits for the next one, in one call."),
    .init(
      39, "serviceInformation",
      [
        .init("index", .number, "which service, from 0"),
        .init("information", .structureOut(type: "ServiceInformation"), "where the description goes"),
      ], errors: ["badAddress", "notFound"], "Describes a published service."),
    .init(
      40, "counters",
      [.init("counters", .structureOut(type: "MachineCounters"), "where the counts go")],
      errors: ["badAddress"],
      "Reads the counters of address-space changes, task switches, TLB flushes, page faults, copies and interrupts."),
    .init(
      41, "callShort",
      [
        .init("handle", .handle, "an opened service"), .init("operation", .number, "what is asked for"),
        .init("first", .number, "the first word of the request"), .init("second", .number, "the second word"),
        .init("third", .number, "the third word"),
      ], result: "the first word of the reply, without its highest bit",
      errors: ["badHandle", "serviceFaulted", "peerGone", "cancelled", "outOfMemory"],
      "Sends a request that travels in registers and waits for the reply."),
    .init(
      42, "serviceControl",
      [
        .init("name", .bytesIn, "the service's name"), .init("length", .length, "its length in bytes"),
        .init("action", .number, "a ServiceAction"),
      ], errors: ["badAddress", "badArgument", "notFound", "busy", "notPermitted", "cancelled", "alreadyExists"],
      "Holds a service's calls back, lets them go on, or ends its server's term, so that the service can move."),
    .init(
      43, "eventWait",
      [
        .init("kinds", .flags(type: "EventKinds"), "the kinds of events that are wanted"),
        .init("event", .structureOut(type: "Event"), "where the oldest of them goes"),
        .init(
          "nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], errors: ["badAddress", "badArgument", "wouldBlock", "timedOut", "cancelled"],
      "Takes the oldest of the caller's events of the wanted kinds, or waits for one."),
    .init(
      44, "eventSend",
      [
        .init("task", .task, "the task to tell"),
        .init("kind", .number, "the EventKind: yieldAsked, stopAsked or told"),
        .init("keys", .flags(type: "TerminalSignals"), "of told: what happened at a terminal"),
        .init("low", .number, "of told: the low 32 of the bits that the task's personality gives a meaning"),
        .init("high", .number, "the high 32 bits"),
      ], errors: ["noSuchTask", "badArgument", "notPermitted", "unsupported"],
      "Asks a task for something. An event of the same kind that the task has not taken yet is counted up. Of told what is "
        + "new is added; it is unsupported where the task's process has no personality."),
    .init(
      45, "eventTimer",
      [
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the time until the event; both 0: no timer"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
        .init("periodLow", .timeLow, "the low 32 bits of the time between further events; both 0: only one event"),
        .init("periodHigh", .timeHigh, "the high 32 bits"),
      ], errors: ["badArgument"],
      "Sets the caller's event timer in place of the one before. A period is at least 100,000 nanoseconds."),
    .init(
      46, "lockAcquire",
      [
        .init("word", .address, "the lock: an aligned 32-bit word, 0 while it is free"),
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], result: "0, or 1 where the task that held the lock before ended without releasing it",
      errors: ["badAddress", "badArgument", "busy", "timedOut", "cancelled"],
      "Takes a lock that a program could not take by itself. While the caller waits, the holder has at least its priority."
    ),
    .init(
      47, "lockRelease", [.init("word", .address, "a lock that the caller holds")],
      errors: ["badAddress", "badArgument", "notPermitted"],
      "Gives a lock to the most urgent of the tasks that wait for it, or frees it."),
    .init(
      48, "heapInformation",
      [
        .init("index", .number, "which owner of kernel memory, from 0"),
        .init("information", .structureOut(type: "HeapInformation"), "where the description goes"),
      ], errors: ["badAddress", "notFound"], "Describes what one owner has in the kernel's heap."),
    .init(
      49, "kernelTest",
      [
        .init("test", .number, "a KernelTest"), .init("argument", .number, "a number or an address"),
      ], result: "what the test says",
      errors: ["badArgument", "badAddress", "notPermitted", "outOfMemory"],
      "Makes an allocation fail or does what the kernel must not do, to see what comes of it. Needs the right `ring0`: who may run code in Ring 0 may do all of this anyway."
    ),
    .init(
      50, "memoryShare",
      [
        .init("task", .task, "a task of the process that gets the memory: a child, or any with the right `tasks`"),
        .init("address", .address, "the first page of a mapping of the caller's"),
        .init("length", .number, "how many bytes; rounded up to pages"),
        .init("permissions", .flags(type: "MemoryPermissions"), "what the pages allow there; no more than here"),
      ], result: "the address there divided by 4,096",
      errors: ["badArgument", "noSuchTask", "notPermitted", "outOfMemory", "limitReached"],
      "Adds pages of the caller's to another address space, where the kernel finds room. Both see what either writes. Each unmaps its own."
    ),
    .init(
      51, "traceRead",
      [
        .init("process", .task, "a child that was started with the flag `traced`"),
        .init("records", .bytesOut, "where the TraceRecords go"),
        .init("length", .length, "how many bytes there is room for"),
      ], result: "how many bytes were written; 0 once the child has ended and nothing is left",
      errors: ["badAddress", "badArgument", "noSuchTask", "notPermitted", "unsupported", "cancelled"],
      "Takes the records of a traced child's calls; waits for the first."),
    .init(
      52, "handleDuplicate",
      [
        .init("handle", .handle, "a handle with the right `duplicate`: a file, a service, a notification"),
        .init("rights", .flags(type: "HandleRights"), "what the new handle allows; no more than the old one"),
      ], result: "the new handle", errors: ["badArgument", "badHandle", "notPermitted", "unsupported", "limitReached"],
      "Makes a second handle for the same object, with the same rights or fewer."),
    .init(
      53, "notificationCreate", [], result: "the handle of a new notification",
      errors: ["outOfMemory", "limitReached"],
      "Makes a notification: a word of 31 bits that tasks set and wait for. It dies with the process that made it."),
    .init(
      54, "notificationSignal",
      [
        .init("handle", .handle, "a notification; needs the right `write`"),
        .init("bits", .number, "the bits to set: at least one of the lower 31"),
      ], errors: ["badArgument", "badHandle", "peerGone"],
      "Sets bits of a notification and wakes the most urgent task that waits for it. Never waits itself."),
    .init(
      55, "notificationWait",
      [
        .init("handle", .handle, "a notification; needs the right `read`"),
        .init(
          "nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], result: "the bits that were set; they are clear afterwards",
      errors: ["badHandle", "wouldBlock", "timedOut", "cancelled", "peerGone"],
      "Takes all bits of a notification, waiting for the first if none is set."),
    .init(
      56, "interruptClaim",
      [
        .init("line", .number, "an interrupt line, 3 to 15, that neither the kernel nor another process has"),
        .init("notification", .handle, "a notification; needs the right `write`"),
        .init("bits", .number, "the bits of it that the interrupt sets"),
      ], result: "a handle for the line", errors: ["badArgument", "badHandle", "busy", "notPermitted", "limitReached"],
      "Lets an interrupt line set bits of a notification. Needs the right to the line's device (`Rights`). A level-triggered line (9 to 11) is masked with each interrupt until it is acknowledged, the others when one comes while the bits of the one before are still set. Closing the handle masks the line."
    ),
    .init(
      57, "interruptAcknowledge", [.init("handle", .handle, "an interrupt line; needs the right `write`")],
      errors: ["badHandle"], "Lets a line interrupt again that was masked with its last interrupt."),
    .init(
      58, "portsClaim",
      [
        .init("first", .number, "the first I/O port"), .init("count", .number, "how many"),
      ], result: "a handle for the ports", errors: ["badArgument", "busy", "notPermitted", "limitReached"],
      "Claims I/O ports that neither the kernel, a module nor another process has. Needs the right to each device that has some of them (`Rights`)."
    ),
    .init(
      59, "portRead",
      [
        .init("handle", .handle, "ports; needs the right `read`"), .init("port", .number, "one of them"),
        .init("data", .bytesOut, "where the values go"),
        .init("length", .length, "how many bytes in all: a multiple of `width`, at most 65,536"),
        .init("width", .number, "the width of an access in bytes: 1, 2 or 4"),
      ], errors: ["badAddress", "badArgument", "badHandle", "tooLarge"],
      "Reads an I/O port, as often as values fit."),
    .init(
      60, "portWrite",
      [
        .init("handle", .handle, "ports; needs the right `write`"), .init("port", .number, "one of them"),
        .init("data", .bytesIn, "the values"),
        .init("length", .length, "how many bytes in all: a multiple of `width`, at most 65,536"),
        .init("width", .number, "the width of an access in bytes: 1, 2 or 4"),
      ], errors: ["badAddress", "badArgument", "badHandle", "notPermitted", "tooLarge"],
      "Writes values to an I/O port, one after the other. What resets the machine takes the right `reset`, what keeps interrupts from the watchdog `timer`: of the values those before such a one are written."
    ),
    .init(
      61, "deviceMap",
      [
        .init("frame", .number, "the first page of device memory: its physical address divided by 4,096"),
        .init("length", .number, "how many bytes; rounded up to pages"),
        .init("permissions", .flags(type: "MemoryPermissions"), "read, or read and write"),
      ], result: "the address divided by 4,096",
      errors: ["badArgument", "busy", "notPermitted", "outOfMemory"],
      "Maps memory of a device, uncached, where the kernel finds room. Needs the right to the device (`Rights`); what is RAM or the kernel's own is refused."
    ),
    .init(
      62, "lendingWindow", [], result: "its address divided by 4,096", errors: ["outOfMemory", "cancelled"],
      "Gives the calling task, a server's, a window: 64 KiB of addresses at which it can read the pages that callers lend it. It keeps it until it ends."
    ),
    .init(
      63, "deviceMemory",
      [
        .init("ports", .handle, "the ports of the device; needs the right `write`"),
        .init("length", .number, "how many bytes, at most 131,072; rounded up to pages"),
        .init("low", .number, "1: below 16 MiB, which the ISA bus reaches; 0: below 4 GiB"),
        .init("place", .structureOut(type: "DeviceMemoryPlace"), "where it is, for the driver and for the device"),
      ], errors: ["badAddress", "badArgument", "badHandle", "outOfMemory", "limitReached", "cancelled"],
      "Maps zeroed memory, in one piece, for a device to read and write by itself. It is the device's: when the driver ends it stays, until `deviceSilent`."
    ),
    .init(
      64, "deviceSilent", [.init("ports", .handle, "the ports of the device; needs the right `write`")],
      errors: ["badHandle"],
      "Says that a device, which has been reset, uses no memory any more: what drivers got for it with `deviceMemory` and no process has mapped is given back."
    ),
    .init(
      65, "handlePlace",
      [
        .init("handle", .handle, "a handle with the right `duplicate`"),
        .init("place", .number, "the standard handle that is to stand for the same: 0, 1 or 2"),
      ], errors: ["badArgument", "badHandle", "unsupported"],
      "Makes a standard handle of the caller's stand for what another handle does, with the same rights. What it stood for before is closed."
    ),
    .init(
      66, "pipeCreate", [.init("ends", .structureOut(type: "PipeEnds"), "where the two handles go")],
      errors: ["badAddress", "limitReached", "outOfMemory"],
      "Makes a pipe: what is written to the one end is read from the other, in order, each byte once. It holds 8,192 bytes. It ends with the last handle of either end: a reader then gets what is left and 0, a writer peerGone."
    ),
    .init(
      67, "handleInformation",
      [
        .init("handle", .handle, "a handle of the caller's"),
        .init("information", .structureOut(type: "HandleInformation"), "where the description goes"),
      ], errors: ["badAddress", "badHandle"], "Says what a handle stands for, and what it allows."),
    .init(
      68, "jobInformation",
      [
        .init("after", .number, "the number of a job; 0: before the first"),
        .init("information", .structureOut(type: "JobInformation"), "where the description goes"),
      ], errors: ["badAddress", "notFound"],
      "Describes the job with the next higher number: what it has, and what it may have at the most."),
    .init(
      69, "fileInformation",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("flags", .flags(type: "PathFlags"), "how the path is followed"),
        .init("information", .structureOut(type: "FileInformation"), "where the description goes"),
      ], errors: fileErrors, "Describes the file or directory at a path."),
    .init(
      70, "handleFile",
      [
        .init("handle", .handle, "an open file or directory"),
        .init("information", .structureOut(type: "FileInformation"), "where the description goes"),
      ], errors: handleErrors + ["badAddress"], "Describes an open file or directory."),
    .init(
      71, "directoryEntry",
      [
        .init("handle", .handle, "an open directory"),
        .init("position", .number, "0, or the `next` of the entry before"),
        .init("entry", .structureOut(type: "DirectoryEntry"), "where the description goes"),
      ], errors: handleErrors + ["badAddress", "notADirectory", "notFound"],
      "Describes one name in a directory; after the last, notFound. An entry that stays there is given once, whatever comes and goes meanwhile."
    ),
    .init(
      72, "directoryCreate",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("mode", .number, "the permission bits"),
      ], errors: fileErrors + changeErrors + ["alreadyExists"], "Makes a directory."),
    .init(
      73, "fileRemove",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("flags", .flags(type: "PathFlags"), "`directory`: an empty directory, and nothing else"),
      ], errors: fileErrors + changeErrors + ["busy", "isADirectory", "notEmpty"],
      "Takes a name away. With the last name the file is gone, and who has it open is told stale."),
    .init(
      74, "fileRename",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("newPath", .bytesIn, "the new path"), .init("newLength", .length, "its length in bytes"),
      ], errors: fileErrors + changeErrors + ["alreadyExists", "busy", "isADirectory", "notEmpty", "unsupported"],
      "Gives a file or directory another name in the same file system. A file that had the name is replaced at once."),
    .init(
      75, "fileResize",
      [.init("handle", .handle, "a file, open for writing"), .init("size", .number, "its size from now on, in bytes")],
      errors: handleErrors + changeErrors, "Cuts a file, or makes it longer by zeros."),
    .init(
      76, "fileLink",
      [
        .init("target", .bytesIn, "the file, or for a symbolic link any text"),
        .init("targetLength", .length, "its length in bytes"),
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("flags", .flags(type: "PathFlags"), "`symbolic`: a symbolic link"),
      ], errors: fileErrors + changeErrors + ["alreadyExists", "isADirectory", "unsupported"],
      "Gives a file a second name, or makes a symbolic link."),
    .init(
      77, "linkRead",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("buffer", .bytesOut, "where the target goes"), .init("capacity", .length, "how many bytes at the most"),
      ], result: "how many bytes it has", errors: fileErrors, "Reads what a symbolic link leads to."),
    .init(
      78, "fileChange",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("change", .structureIn(type: "FileChange"), "what is to be different"),
      ], errors: fileErrors + changeErrors, "Changes the permission bits or the time of a file or directory."),
    .init(
      79, "fileSync",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
      ], errors: fileErrors,
      "Returns when all that was done before in the file system of this path is where it stays."),
    .init(
      80, "fileSystemUse",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("use", .structureOut(type: "FileSystemUse"), "where the description goes"),
      ], errors: fileErrors, "Says how full the file system of this path is."),
    .init(
      81, "mount",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
        .init("service", .bytesIn, "the name of the service that has the file system"),
        .init("serviceLength", .length, "its length in bytes"), .init("flags", .flags(type: "MountFlags"), "how"),
      ],
      errors: [
        "alreadyExists", "badAddress", "badArgument", "limitReached", "notPermitted", "outOfMemory", "tooLarge",
      ],
      "Puts a file system into the name space: from now on paths that begin so lead to it. The service need not be there yet. Needs the right `services`."
    ),
    .init(
      82, "unmount",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
      ], errors: ["badAddress", "badArgument", "notFound", "notPermitted", "tooLarge"],
      "Takes a file system out of the name space. What is open in it stays open. Needs the right `services`."),
    .init(
      83, "mountInformation",
      [
        .init("index", .number, "which one, from 0"),
        .init("information", .structureOut(type: "MountInformation"), "where the description goes"),
      ], errors: ["badAddress", "notFound"], "Describes a file system in the name space."),
    .init(
      84, "directoryChange",
      [
        .init("path", .bytesIn, "the path, in UTF-8"), .init("length", .length, "its length in bytes"),
      ], errors: fileErrors + ["outOfMemory"],
      "Sets the caller's working directory, where paths begin that have no slash in front. What it starts begins there too."
    ),
    .init(
      85, "directoryPath",
      [
        .init("buffer", .bytesOut, "where the path goes"), .init("length", .length, "how many bytes at the most"),
      ], result: "how many bytes it has", errors: ["badAddress", "tooLarge"],
      "Writes the path of the caller's working directory."),
    .init(
      86, "receiveAny",
      [
        .init("handle", .handle, "an endpoint of the caller; 0xffffffff: no requests"),
        .init("message", .structureInOut(type: "Message"), "where a request's data may go; the request replaces it"),
        .init("set", .structureInOut(type: "WaitSet"), "what else is waited for; what came of it is added"),
      ], result: "the number of the request, for the reply; 0: something of the set came",
      errors: [
        "badHandle", "badAddress", "badArgument", "cancelled", "peerGone", "stale", "timedOut", "tooLarge",
      ],
      "Waits for a request, bits of a notification, events or a moment, whichever comes first. Of what is there already the set comes before a request. Bits are taken; events are not."
    ),
    .init(
      87, "requestKeep",
      [
        .init("handle", .handle, "an endpoint of the caller"),
        .init("request", .number, "a request that the calling task has received from it"),
      ], errors: ["badHandle", "peerGone", "unsupported"],
      "Keeps a request to answer it later, by `requestAnswer`. It must have changed nothing so far: where the service moves it is sent again to whoever serves then. Data that came with it is gone."
    ),
    .init(
      88, "requestAnswer",
      [
        .init("handle", .handle, "an endpoint of the caller"),
        .init("request", .number, "a request that was kept"),
        .init("message", .structureIn(type: "Message"), "the reply"),
      ], errors: ["badHandle", "badAddress", "peerGone", "tooLarge", "unsupported"],
      "Answers a request that was kept. `peerGone`: the answer reached nobody, since the caller gave up, or its request goes to another server."
    ),
    .init(
      89, "callInRegisters",
      [
        .init("handle", .handle, "an opened service"), .init("operation", .number, "what is asked for"),
        .init("first", .number, "the first word of the request"), .init("second", .number, "the second word"),
        .init("third", .number, "the third word"),
      ], result: "0, or 1 where the reply has more words than these three: replyRest",
      errors: ["badHandle", "badArgument", "serviceFaulted", "peerGone", "cancelled", "outOfMemory"],
      words: replyWords,
      "Sends a request that travels in registers, and waits for a reply that does so too. No other way to ask is as short."
    ),
    .init(
      90, "receiveInRegisters",
      [
        .init("handle", .handle, "an endpoint of the caller"),
        .init("message", .structureInOut(type: "Message"), "where requests go that do not fit into registers"),
      ], result: "the number of the request, for the reply",
      errors: ["badHandle", "badAddress", "cancelled", "tooLarge"], words: requestWords,
      "Waits for a request and takes it in registers, where it fits. The message is used for later requests too."),
    .init(
      91, "replyAndReceiveInRegisters",
      [
        .init("handle", .handle, "an endpoint of the caller"), .init("request", .number, "the request to answer"),
        .init("first", .number, "the first word of the reply"), .init("second", .number, "the second word"),
        .init("third", .number, "the third word"),
      ], result: "the number of the next request",
      errors: ["badHandle", "badAddress", "badArgument", "cancelled", "tooLarge"], words: requestWords,
      "Answers a request with three words and waits for the next one as receiveInRegisters does, in one call."),
    .init(
      92, "replyMessageAndReceive",
      [
        .init("handle", .handle, "an endpoint of the caller"), .init("request", .number, "the request to answer"),
        .init("message", .structureIn(type: "Message"), "the reply"),
      ], result: "the number of the next request",
      errors: ["badHandle", "badAddress", "badArgument", "cancelled", "tooLarge"], words: requestWords,
      "Answers a request with a message and waits for the next one as receiveInRegisters does, in one call."),
    .init(
      93, "requestSender", [.init("request", .number, "a request that the caller has received")],
      errors: ["peerGone"],
      words: [
        .init("EDX", "sender", "the process that asks; the highest bit is set where it holds the service's calls"),
        .init("ESI", "rights", "the `Rights` that this process has"),
      ], "Tells who sent a request, in whatever form it came, and with what authority. Not of one that was kept."),
    .init(
      94, "replyRest", [.init("message", .structureOut(type: "Message"), "where the reply goes")],
      errors: ["badAddress", "notFound"],
      "Writes all words of the reply to the caller's latest call in registers, where there were more than three."),
    .init(
      95, "wordWakeAndWait",
      [
        .init("woken", .address, "the word for which another task waits"),
        .init("word", .address, "the word to wait for"), .init("expected", .number, "the value it must still have"),
        .init("nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], errors: ["badAddress", "badArgument", "wouldBlock", "timedOut", "cancelled"],
      "Wakes the most urgent task that waits for one word, and sleeps as wordWait does for another one. The task that is woken runs at once where nobody more urgent is ready."
    ),
    .init(
      96, "notificationSignalAndWait",
      [
        .init("signalled", .handle, "a notification; needs the right `write`"),
        .init("bits", .number, "the bits of it to set: at least one of the lower 31"),
        .init("handle", .handle, "the notification to wait for; needs the right `read`"),
        .init(
          "nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], result: "the bits that were set; they are clear afterwards",
      errors: ["badArgument", "badHandle", "wouldBlock", "timedOut", "cancelled", "peerGone"],
      "Sets bits of one notification and takes those of another, waiting for the first if none is set. The task that is woken runs at once where nobody more urgent is ready."
    ),
    .init(
      97, "terminalGive",
      [
        .init("terminal", .handle, "a terminal or its master"),
        .init("task", .task, "a task of the job that is to read what is typed; 0: the caller"),
      ],
      errors: ["badHandle", "noSuchTask", "notPermitted", "unsupported"],
      "Gives what is typed to a job, the terminal's foreground. The present one must be the caller's job or lie inside it. Whoever else reads the terminal waits. When the last task of the foreground ends, the job around it has the input."
    ),
    .init(
      98, "attentionWait", [], result: "how many microseconds ago that was", errors: ["cancelled", "notPermitted"],
      "Waits until the attention key is pressed, and then owns the console. Only the first process may."),
    .init(
      99, "limitRefusal", [.init("refusal", .structureOut(type: "LimitRefusal"), "where the description goes")],
      errors: ["badAddress", "notFound"],
      "Tells which limit of which job refused something to the caller's task most recently."),
    .init(
      100, "processStop",
      [
        .init("process", .task, "a process, by its first task"),
        .init("isStopped", .number, "1: none of its tasks runs its code any more; 0: they go on"),
      ], errors: ["noSuchTask", "notPermitted", "badArgument"],
      "Stops a process, or lets it go on. A call that it is in comes to its end first; a stopped process can be ended."),
    .init(
      101, "processClone", [.init("isStopped", .number, "1: the new process waits until it is told to go on")],
      result: "the identity of the new process",
      errors: ["badArgument", "cancelled", "limitReached", "outOfMemory", "unsupported"],
      "For a process with a personality: makes a child with a copy of its memory and handles, which goes on from where the call came, with 0 as its value. Pages are shared until one of both writes."
    ),
    .init(
      102, "processReplace",
      [
        .init("request", .structureIn(type: "ProcessRequest"), "the program, its arguments and its environment"),
        .init("size", .length, "the size of the request in bytes"),
      ],
      errors: [
        "badAddress", "badArgument", "badExecutable", "busy", "cancelled", "limitReached", "notFound", "otherSystem",
        "outOfMemory", "tooLarge",
      ],
      "Goes on with another program, in the same process: handles, children and identity stay. Does not come back unless it fails, and nothing has changed then."
    ),
    .init(
      103, "terminalInformation",
      [
        .init("terminal", .handle, "a terminal or its master"),
        .init("information", .structureOut(type: "TerminalInformation"), "where the description goes"),
      ], errors: ["badHandle", "badAddress", "unsupported"],
      "Describes a terminal: its settings, its size, whose input it is, and how much of that there is."),
    .init(
      104, "terminalChange",
      [
        .init("terminal", .handle, "a terminal or its master"),
        .init("changes", .flags(type: "TerminalChanges"), "what of it changes"),
        .init("information", .structureIn(type: "TerminalInformation"), "the new values, and values that mean nothing"),
      ], errors: ["badHandle", "badAddress", "badArgument", "cancelled", "unsupported"],
      "Changes settings and size of a terminal, all or nothing. Who has not the master waits until its job, or one inside that, is the foreground."
    ),
    .init(
      105, "terminalCreate", [.init("ends", .structureOut(type: "TerminalEnds"), "where the two handles go")],
      errors: ["badAddress", "limitReached", "outOfMemory"],
      "Makes a pseudo-terminal: a terminal whose screen and keyboard are whoever has its master. With the last handle of the one side the other is hung up."
    ),
    .init(
      106, "terminalWatch",
      [
        .init("terminal", .handle, "a terminal"),
        .init("notification", .handle, "a notification of the caller's process"),
        .init(
          "signals", .flags(type: "TerminalSignals"), "what sets the bits of the same numbers; none: the watch ends"),
      ], errors: ["badHandle", "badArgument", "limitReached", "notPermitted", "unsupported"],
      "Sets bits of a notification when something happens at a terminal. Keys go to who watched last of those in whose job the foreground lies; a new size and a hang-up to all. The foreground must lie in the caller's job."
    ),
    .init(
      107, "poll",
      [
        .init("entries", .structureInOut(type: "PollEntry"), "what is waited for, one entry after the other"),
        .init("count", .number, "how many entries, at most 32"),
        .init(
          "kinds", .flags(type: "EventKinds"), "kinds of events that end the wait too; they are taken by `eventWait`"),
        .init(
          "nanosecondsLow", .timeLow, "the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no limit"),
        .init("nanosecondsHigh", .timeHigh, "the high 32 bits"),
      ], result: "how many entries have something; 0: an event came",
      errors: [
        "badHandle", "badAddress", "badArgument", "cancelled", "outOfMemory", "timedOut", "tooLarge", "unsupported",
      ],
      "Waits until a file, pipe, terminal or notification is as an entry wants it, a child has ended, or an event comes. Nothing is taken."
    ),
  ]

  /// What goes wrong with a path.
  private static var fileErrors: [String] {
    [
      "badAddress", "badArgument", "cancelled", "damaged", "deviceFailed", "limitReached", "notADirectory", "notFound",
      "peerGone", "serviceFaulted", "tooLarge",
    ]
  }
  /// What goes wrong with an open file.
  private static var handleErrors: [String] {
    ["badHandle", "cancelled", "damaged", "deviceFailed", "peerGone", "serviceFaulted", "stale", "unsupported"]
  }
  private static var replyWords: [RegisterWord] {
    [
      .init("EDX", "first", "the first word of the reply"), .init("ESI", "second", "the second word"),
      .init("EDI", "third", "the third word"),
    ]
  }
  private static var requestWords: [RegisterWord] {
    [
      .init("EBX", "operation", "what is asked for; the highest bit alone: all of the request is in the message"),
      .init("EDX", "first", "the first word of the request"), .init("ESI", "second", "the second word"),
      .init("EDI", "third", "the third word"),
    ]
  }
  /// What goes wrong where something is to be changed.
  private static var changeErrors: [String] { ["noSpace", "outOfMemory", "readOnly"] }
}
