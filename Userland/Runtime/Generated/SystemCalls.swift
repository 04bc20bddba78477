// Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that.

import ABI
import UserSupport

/// The system calls as they are: words in, one word out. A result of zero or more is a success, a negative
/// one is the code of a `SystemError`.
public enum SystemCalls {
  /// Does nothing. It measures what entering and leaving the kernel costs.
  /// - Returns: 0.
  @inline(__always) @inlinable
  public static func null() -> Int32 {
    megha_system_call0(SystemCall.null.rawValue)
  }

  /// Ends the calling task. When the first thread of a process ends, the process ends, and its other threads
  /// with it.
  /// - Parameter status: the exit status.
  @inline(__always) @inlinable
  public static func exit(_ status: UInt32) -> Never {
    _ = megha_system_call1(SystemCall.exit.rawValue, status)
    while true {}
  }

  /// Ends every task of the caller's address space.
  /// - Parameter status: the exit status of the process.
  @inline(__always) @inlinable
  public static func abort(_ status: UInt32) -> Never {
    _ = megha_system_call1(SystemCall.abort.rawValue, status)
    while true {}
  }

  /// Lets the other ready tasks of the same priority run first.
  /// - Returns: 0.
  @inline(__always) @inlinable
  public static func yield() -> Int32 {
    megha_system_call0(SystemCall.yield.rawValue)
  }

  /// Waits for at least the given time.
  /// - Parameter nanosecondsLow: the low 32 bits of the time.
  /// - Parameter nanosecondsHigh: the high 32 bits of the time.
  /// - Returns: 0, or one of the errors cancelled.
  @inline(__always) @inlinable
  public static func sleep(_ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32) -> Int32 {
    megha_system_call2(SystemCall.sleep.rawValue, nanosecondsLow, nanosecondsHigh)
  }

  /// Reads the clocks: nanoseconds since boot, and seconds since 1970 at boot.
  /// - Parameter reading: where the reading goes.
  /// - Returns: 0, or one of the errors badAddress.
  @inline(__always) @inlinable
  public static func clock(_ reading: UnsafeMutablePointer<ClockReading>?) -> Int32 {
    megha_system_call1(SystemCall.clock.rawValue, word(reading))
  }

  /// Starts a process from a file or from memory, in Ring 3 or Ring 0. The caller's process becomes its
  /// parent, and the new one gets its standard handles unless the request names others.
  /// - Parameter request: what to start and how.
  /// - Parameter size: the size of the request in bytes.
  /// - Returns: the identity of the new process, or one of the errors badAddress, badArgument, notFound,
  ///   badExecutable, outOfMemory, notPermitted, tooLarge, limitReached, badHandle, unsupported, otherSystem.
  @inline(__always) @inlinable
  public static func processStart(_ request: UnsafePointer<ProcessRequest>?, _ size: UInt32) -> Int32 {
    megha_system_call2(SystemCall.processStart.rawValue, word(request), size)
  }

  /// Starts a thread in the caller's address space, in Ring 3 or Ring 0, whatever ring the caller runs in.
  /// - Parameter request: where to start and how.
  /// - Parameter size: the size of the request in bytes.
  /// - Returns: the identity of the new thread, or one of the errors badAddress, badArgument, outOfMemory,
  ///   notPermitted, tooLarge, limitReached, cancelled.
  @inline(__always) @inlinable
  public static func threadStart(_ request: UnsafePointer<ThreadRequest>?, _ size: UInt32) -> Int32 {
    megha_system_call2(SystemCall.threadStart.rawValue, word(request), size)
  }

  /// Waits until a child process or a thread has ended, and takes its outcome.
  /// - Parameter task: a child process or a thread of the caller's process; 0: any child process.
  /// - Parameter flags: whether to wait.
  /// - Parameter outcome: how it ended.
  /// - Returns: the identity of the ended task, or one of the errors badAddress, badArgument, noChild,
  ///   wouldBlock, cancelled.
  @inline(__always) @inlinable
  public static func wait(
    _ task: UInt32, _ flags: WaitFlags, _ outcome: UnsafeMutablePointer<TaskOutcome>?
  ) -> Int32 {
    megha_system_call3(SystemCall.wait.rawValue, task, flags.rawValue, word(outcome))
  }

  /// Ends a task. Ending the first thread of a process ends the process.
  /// - Parameter task: the task to end.
  /// - Parameter status: the exit status it gets.
  /// - Returns: 0, or one of the errors noSuchTask, notPermitted.
  @inline(__always) @inlinable
  public static func kill(_ task: UInt32, _ status: UInt32) -> Int32 {
    megha_system_call2(SystemCall.kill.rawValue, task, status)
  }

  /// Describes a task.
  /// - Parameter task: the task; 0: the caller.
  /// - Parameter information: where the description goes.
  /// - Parameter size: the size of the structure in bytes.
  /// - Returns: the identity of the task, or one of the errors badAddress, badArgument, noSuchTask.
  @inline(__always) @inlinable
  public static func taskInformation(
    _ task: UInt32, _ information: UnsafeMutablePointer<TaskInformation>?, _ size: UInt32
  ) -> Int32 {
    megha_system_call3(SystemCall.taskInformation.rawValue, task, word(information), size)
  }

  /// Enumerates the tasks, in the order of their identities.
  /// - Parameter task: a task, or 0 to begin.
  /// - Returns: the next task's identity, or 0 after the last.
  @inline(__always) @inlinable
  public static func taskNext(_ task: UInt32) -> Int32 {
    megha_system_call1(SystemCall.taskNext.rawValue, task)
  }

  /// Adds zeroed pages to the caller's address space. Writable and executable together is refused.
  /// - Parameter address: where, or 0 to let the kernel choose.
  /// - Parameter length: how many bytes; rounded up to pages.
  /// - Parameter permissions: what the pages allow.
  /// - Returns: the address of the mapping divided by 4,096, or one of the errors badArgument, outOfMemory,
  ///   alreadyExists.
  @inline(__always) @inlinable
  public static func memoryMap(
    _ address: UInt32, _ length: UInt32, _ permissions: MemoryPermissions
  ) -> Int32 {
    megha_system_call3(SystemCall.memoryMap.rawValue, address, length, permissions.rawValue)
  }

  /// Removes pages that memoryMap added.
  /// - Parameter address: the first page.
  /// - Parameter length: how many bytes.
  /// - Returns: 0, or one of the errors badArgument.
  @inline(__always) @inlinable
  public static func memoryUnmap(_ address: UInt32, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.memoryUnmap.rawValue, address, length)
  }

  /// Changes what pages of the caller allow.
  /// - Parameter address: the first page.
  /// - Parameter length: how many bytes.
  /// - Parameter permissions: what the pages allow from now on.
  /// - Returns: 0, or one of the errors badArgument, outOfMemory.
  @inline(__always) @inlinable
  public static func memoryProtect(
    _ address: UInt32, _ length: UInt32, _ permissions: MemoryPermissions
  ) -> Int32 {
    megha_system_call3(SystemCall.memoryProtect.rawValue, address, length, permissions.rawValue)
  }

  /// Counts the machine's memory by owner. With `check` it walks all structures, for which it needs the right
  /// `tasks`, and reports the frames that nobody owns.
  /// - Parameter information: where the counts go.
  /// - Parameter flags: whether to prove the counts first.
  /// - Returns: 0, or one of the errors badAddress, badArgument, notPermitted.
  @inline(__always) @inlinable
  public static func memoryInformation(
    _ information: UnsafeMutablePointer<MemoryInformation>?, _ flags: MemoryInformationFlags
  ) -> Int32 {
    megha_system_call2(SystemCall.memoryInformation.rawValue, word(information), flags.rawValue)
  }

  /// Describes the first region of an address space that ends above the address: the caller's, a child's, or
  /// with the right `tasks` any.
  /// - Parameter task: a task; 0: the caller.
  /// - Parameter address: where to look.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, noSuchTask, notFound, notPermitted.
  @inline(__always) @inlinable
  public static func memoryRegion(
    _ task: UInt32, _ address: UInt32, _ information: UnsafeMutablePointer<RegionInformation>?
  ) -> Int32 {
    megha_system_call3(SystemCall.memoryRegion.rawValue, task, address, word(information))
  }

  /// Reads bytes. A read of a console or of a pipe waits for at least one byte; of a pipe without writers it
  /// is 0.
  /// - Parameter handle: what to read from.
  /// - Parameter buffer: where the bytes go.
  /// - Parameter length: how many at the most.
  /// - Returns: how many bytes were read; 0 at the end, or one of the errors badHandle, badAddress,
  ///   cancelled, unsupported.
  @inline(__always) @inlinable
  public static func read(_ handle: UInt32, _ buffer: UnsafeMutableRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call3(SystemCall.read.rawValue, handle, word(buffer), length)
  }

  /// Writes bytes, or the first of them where another task is due meanwhile. Into a pipe up to 4,096 bytes
  /// are written together once there is room; of more, what there is room for. A pipe without readers:
  /// peerGone.
  /// - Parameter handle: what to write to.
  /// - Parameter buffer: the bytes.
  /// - Parameter length: how many.
  /// - Returns: how many bytes were written, or one of the errors badHandle, badAddress, cancelled, peerGone,
  ///   unsupported.
  @inline(__always) @inlinable
  public static func write(_ handle: UInt32, _ buffer: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call3(SystemCall.write.rawValue, handle, word(buffer), length)
  }

  /// Opens a file, a directory or a device. A path that does not begin with a slash begins at the caller's
  /// working directory.
  /// - Parameter path: the name, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter flags: how.
  /// - Returns: a handle, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, alreadyExists,
  ///   isADirectory, noSpace, outOfMemory, readOnly.
  @inline(__always) @inlinable
  public static func open(_ path: UnsafeRawPointer?, _ length: UInt32, _ flags: OpenFlags) -> Int32 {
    megha_system_call3(SystemCall.open.rawValue, word(path), length, flags.rawValue)
  }

  /// Gives a handle up.
  /// - Parameter handle: the handle.
  /// - Returns: 0, or one of the errors badHandle.
  @inline(__always) @inlinable
  public static func close(_ handle: UInt32) -> Int32 {
    megha_system_call1(SystemCall.close.rawValue, handle)
  }

  /// Enumerates the files of the boot archives.
  /// - Parameter index: which file of the boot archives, from 0.
  /// - Parameter entry: where its description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func fileEntry(_ index: UInt32, _ entry: UnsafeMutablePointer<FileEntry>?) -> Int32 {
    megha_system_call2(SystemCall.fileEntry.rawValue, index, word(entry))
  }

  /// Sets where the next read or write begins.
  /// - Parameter handle: a file.
  /// - Parameter position: bytes from its start.
  /// - Returns: 0, or one of the errors badHandle, badArgument, unsupported.
  @inline(__always) @inlinable
  public static func seek(_ handle: UInt32, _ position: UInt32) -> Int32 {
    megha_system_call2(SystemCall.seek.rawValue, handle, position)
  }

  /// Reads the kernel's log. Needs the right `tasks`.
  /// - Parameter position: bytes since boot; older than the log keeps: its oldest byte.
  /// - Parameter buffer: where the bytes go.
  /// - Parameter length: how many at the most.
  /// - Returns: how many bytes were read, or one of the errors badAddress, notPermitted.
  @inline(__always) @inlinable
  public static func logRead(
    _ position: UInt32, _ buffer: UnsafeMutableRawPointer?, _ length: UInt32
  ) -> Int32 {
    megha_system_call3(SystemCall.logRead.rawValue, position, word(buffer), length)
  }

  /// Stops the machine.
  /// - Parameter status: the status the host sees.
  /// - Returns: 0, or one of the errors notPermitted.
  @inline(__always) @inlinable
  public static func powerOff(_ status: UInt32) -> Int32 {
    megha_system_call1(SystemCall.powerOff.rawValue, status)
  }

  /// Sleeps while a word has the expected value, until wordWake is called for it. If the value differs
  /// already: wouldBlock.
  /// - Parameter word: the address of an aligned 32-bit word.
  /// - Parameter expected: the value it must still have.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: 0, or one of the errors badAddress, badArgument, wouldBlock, timedOut, cancelled.
  @inline(__always) @inlinable
  public static func wordWait(
    _ word: UInt32, _ expected: UInt32, _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call4(SystemCall.wordWait.rawValue, word, expected, nanosecondsLow, nanosecondsHigh)
  }

  /// Wakes tasks that wait for a word.
  /// - Parameter word: the word.
  /// - Parameter count: how many waiters to wake at the most.
  /// - Returns: how many were woken, or one of the errors badAddress, badArgument.
  @inline(__always) @inlinable
  public static func wordWake(_ word: UInt32, _ count: UInt32) -> Int32 {
    megha_system_call2(SystemCall.wordWake.rawValue, word, count)
  }

  /// Changes a task's priority.
  /// - Parameter task: a task; 0: the caller.
  /// - Parameter priority: 0 (lowest) to 31.
  /// - Returns: 0, or one of the errors noSuchTask, badArgument, notPermitted.
  @inline(__always) @inlinable
  public static func prioritySet(_ task: UInt32, _ priority: UInt32) -> Int32 {
    megha_system_call2(SystemCall.prioritySet.rawValue, task, priority)
  }

  /// Gives up rights of the caller's process, for good: its children do not get them either.
  /// - Parameter rights: the rights to give up.
  /// - Returns: the rights that are left.
  @inline(__always) @inlinable
  public static func rightsDrop(_ rights: Rights) -> Int32 {
    megha_system_call1(SystemCall.rightsDrop.rawValue, rights.rawValue)
  }

  /// Sets the base of the caller's GS segment, for thread-local storage.
  /// - Parameter address: the base of segment GS.
  /// - Returns: 0, or one of the errors badAddress.
  @inline(__always) @inlinable
  public static func threadPointerSet(_ address: UInt32) -> Int32 {
    megha_system_call1(SystemCall.threadPointerSet.rawValue, address)
  }

  /// Links a module into the kernel half and starts it.
  /// - Parameter path: the module's file.
  /// - Parameter length: the length of the path.
  /// - Parameter parameters: name=value words; 0: none.
  /// - Returns: the number of the module, or one of the errors badAddress, notFound, badModule, outOfMemory,
  ///   notPermitted, alreadyExists, limitReached.
  @inline(__always) @inlinable
  public static func moduleLoad(
    _ path: UnsafeRawPointer?, _ length: UInt32, _ parameters: UnsafePointer<ModuleParameters>?
  ) -> Int32 {
    megha_system_call3(SystemCall.moduleLoad.rawValue, word(path), length, word(parameters))
  }

  /// Stops a module, once the calls inside have come back, and gives back all it holds.
  /// - Parameter name: the module's name.
  /// - Parameter length: its length in bytes.
  /// - Parameter explanation: where one sentence goes that names what is in the way; 0: only to the log.
  /// - Parameter capacity: the room for it in bytes.
  /// - Parameter flags: noWait: fail with busy where calls are inside.
  /// - Returns: 0, or one of the errors badAddress, badArgument, notFound, busy, notPermitted, cancelled.
  @inline(__always) @inlinable
  public static func moduleUnload(
    _ name: UnsafeRawPointer?,
    _ length: UInt32,
    _ explanation: UnsafeMutableRawPointer?,
    _ capacity: UInt32,
    _ flags: WaitFlags
  ) -> Int32 {
    megha_system_call5(
      SystemCall.moduleUnload.rawValue, word(name), length, word(explanation), capacity, flags.rawValue)
  }

  /// Describes a loaded module.
  /// - Parameter index: which module, from 0.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func moduleInformation(
    _ index: UInt32, _ information: UnsafeMutablePointer<ModuleInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.moduleInformation.rawValue, index, word(information))
  }

  /// Opens a service by name, whatever its placement.
  /// - Parameter name: the service's name.
  /// - Parameter length: its length in bytes.
  /// - Returns: a handle to call it through, or one of the errors badAddress, notFound, limitReached,
  ///   outOfMemory.
  @inline(__always) @inlinable
  public static func serviceOpen(_ name: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.serviceOpen.rawValue, word(name), length)
  }

  /// Sends a request and waits for the reply.
  /// - Parameter handle: an opened service.
  /// - Parameter message: the request; the reply replaces it.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: 0, or one of the errors badHandle, badAddress, badArgument, serviceFaulted, peerGone,
  ///   timedOut, cancelled, tooLarge, outOfMemory.
  @inline(__always) @inlinable
  public static func call(
    _ handle: UInt32,
    _ message: UnsafeMutablePointer<Message>?,
    _ nanosecondsLow: UInt32,
    _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call4(SystemCall.call.rawValue, handle, word(message), nanosecondsLow, nanosecondsHigh)
  }

  /// Makes the caller's process the server of a name.
  /// - Parameter name: the service's name.
  /// - Parameter length: its length in bytes.
  /// - Returns: a handle to receive through, or one of the errors badAddress, alreadyExists, limitReached,
  ///   outOfMemory, notPermitted.
  @inline(__always) @inlinable
  public static func servicePublish(_ name: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.servicePublish.rawValue, word(name), length)
  }

  /// Waits for a request.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter message: where its data may go; the request replaces it.
  /// - Returns: the number of the request, for the reply, or one of the errors badHandle, badAddress,
  ///   cancelled, tooLarge.
  @inline(__always) @inlinable
  public static func receive(_ handle: UInt32, _ message: UnsafeMutablePointer<Message>?) -> Int32 {
    megha_system_call2(SystemCall.receive.rawValue, handle, word(message))
  }

  /// Answers a request.
  /// - Parameter request: the number that receive returned.
  /// - Parameter message: the reply.
  /// - Returns: 0, or one of the errors badArgument, badAddress, peerGone, tooLarge.
  @inline(__always) @inlinable
  public static func reply(_ request: UInt32, _ message: UnsafePointer<Message>?) -> Int32 {
    megha_system_call2(SystemCall.reply.rawValue, request, word(message))
  }

  /// Answers a request and waits for the next one, in one call.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter request: the request to answer.
  /// - Parameter message: the reply; the next request replaces it.
  /// - Returns: the number of the next request, or one of the errors badHandle, badAddress, badArgument,
  ///   cancelled, tooLarge.
  @inline(__always) @inlinable
  public static func replyAndReceive(
    _ handle: UInt32, _ request: UInt32, _ message: UnsafeMutablePointer<Message>?
  ) -> Int32 {
    megha_system_call3(SystemCall.replyAndReceive.rawValue, handle, request, word(message))
  }

  /// Describes a published service.
  /// - Parameter index: which service, from 0.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func serviceInformation(
    _ index: UInt32, _ information: UnsafeMutablePointer<ServiceInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.serviceInformation.rawValue, index, word(information))
  }

  /// Reads the counters of address-space changes, task switches, TLB flushes, page faults, copies and
  /// interrupts.
  /// - Parameter counters: where the counts go.
  /// - Returns: 0, or one of the errors badAddress.
  @inline(__always) @inlinable
  public static func counters(_ counters: UnsafeMutablePointer<MachineCounters>?) -> Int32 {
    megha_system_call1(SystemCall.counters.rawValue, word(counters))
  }

  /// Sends a request that travels in registers and waits for the reply.
  /// - Parameter handle: an opened service.
  /// - Parameter operation: what is asked for.
  /// - Parameter first: the first word of the request.
  /// - Parameter second: the second word.
  /// - Parameter third: the third word.
  /// - Returns: the first word of the reply, without its highest bit, or one of the errors badHandle,
  ///   serviceFaulted, peerGone, cancelled, outOfMemory.
  @inline(__always) @inlinable
  public static func callShort(
    _ handle: UInt32, _ operation: UInt32, _ first: UInt32, _ second: UInt32, _ third: UInt32
  ) -> Int32 {
    megha_system_call5(SystemCall.callShort.rawValue, handle, operation, first, second, third)
  }

  /// Holds a service's calls back, lets them go on, or ends its server's term, so that the service can move.
  /// - Parameter name: the service's name.
  /// - Parameter length: its length in bytes.
  /// - Parameter action: a ServiceAction.
  /// - Returns: 0, or one of the errors badAddress, badArgument, notFound, busy, notPermitted, cancelled,
  ///   alreadyExists.
  @inline(__always) @inlinable
  public static func serviceControl(_ name: UnsafeRawPointer?, _ length: UInt32, _ action: UInt32) -> Int32 {
    megha_system_call3(SystemCall.serviceControl.rawValue, word(name), length, action)
  }

  /// Takes the oldest of the caller's events of the wanted kinds, or waits for one.
  /// - Parameter kinds: the kinds of events that are wanted.
  /// - Parameter event: where the oldest of them goes.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no
  ///   limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: 0, or one of the errors badAddress, badArgument, wouldBlock, timedOut, cancelled.
  @inline(__always) @inlinable
  public static func eventWait(
    _ kinds: EventKinds,
    _ event: UnsafeMutablePointer<Event>?,
    _ nanosecondsLow: UInt32,
    _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call4(
      SystemCall.eventWait.rawValue, kinds.rawValue, word(event), nanosecondsLow, nanosecondsHigh)
  }

  /// Asks a task for something. An event of the same kind that the task has not taken yet is counted up. Of
  /// told what is new is added; it is unsupported where the task's process has no personality.
  /// - Parameter task: the task to tell.
  /// - Parameter kind: the EventKind: yieldAsked, stopAsked or told.
  /// - Parameter keys: of told: what happened at a terminal.
  /// - Parameter low: of told: the low 32 of the bits that the task's personality gives a meaning.
  /// - Parameter high: the high 32 bits.
  /// - Returns: 0, or one of the errors noSuchTask, badArgument, notPermitted, unsupported.
  @inline(__always) @inlinable
  public static func eventSend(
    _ task: UInt32, _ kind: UInt32, _ keys: TerminalSignals, _ low: UInt32, _ high: UInt32
  ) -> Int32 {
    megha_system_call5(SystemCall.eventSend.rawValue, task, kind, keys.rawValue, low, high)
  }

  /// Sets the caller's event timer in place of the one before. A period is at least 100,000 nanoseconds.
  /// - Parameter nanosecondsLow: the low 32 bits of the time until the event; both 0: no timer.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Parameter periodLow: the low 32 bits of the time between further events; both 0: only one event.
  /// - Parameter periodHigh: the high 32 bits.
  /// - Returns: 0, or one of the errors badArgument.
  @inline(__always) @inlinable
  public static func eventTimer(
    _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32, _ periodLow: UInt32, _ periodHigh: UInt32
  ) -> Int32 {
    megha_system_call4(SystemCall.eventTimer.rawValue, nanosecondsLow, nanosecondsHigh, periodLow, periodHigh)
  }

  /// Takes a lock that a program could not take by itself. While the caller waits, the holder has at least
  /// its priority.
  /// - Parameter word: the lock: an aligned 32-bit word, 0 while it is free.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: 0, or 1 where the task that held the lock before ended without releasing it, or one of the
  ///   errors badAddress, badArgument, busy, timedOut, cancelled.
  @inline(__always) @inlinable
  public static func lockAcquire(
    _ word: UInt32, _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call3(SystemCall.lockAcquire.rawValue, word, nanosecondsLow, nanosecondsHigh)
  }

  /// Gives a lock to the most urgent of the tasks that wait for it, or frees it.
  /// - Parameter word: a lock that the caller holds.
  /// - Returns: 0, or one of the errors badAddress, badArgument, notPermitted.
  @inline(__always) @inlinable
  public static func lockRelease(_ word: UInt32) -> Int32 {
    megha_system_call1(SystemCall.lockRelease.rawValue, word)
  }

  /// Describes what one owner has in the kernel's heap.
  /// - Parameter index: which owner of kernel memory, from 0.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func heapInformation(
    _ index: UInt32, _ information: UnsafeMutablePointer<HeapInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.heapInformation.rawValue, index, word(information))
  }

  /// Makes an allocation fail or does what the kernel must not do, to see what comes of it. Needs the right
  /// `ring0`: who may run code in Ring 0 may do all of this anyway.
  /// - Parameter test: a KernelTest.
  /// - Parameter argument: a number or an address.
  /// - Returns: what the test says, or one of the errors badArgument, badAddress, notPermitted, outOfMemory.
  @inline(__always) @inlinable
  public static func kernelTest(_ test: UInt32, _ argument: UInt32) -> Int32 {
    megha_system_call2(SystemCall.kernelTest.rawValue, test, argument)
  }

  /// Adds pages of the caller's to another address space, where the kernel finds room. Both see what either
  /// writes. Each unmaps its own.
  /// - Parameter task: a task of the process that gets the memory: a child, or any with the right `tasks`.
  /// - Parameter address: the first page of a mapping of the caller's.
  /// - Parameter length: how many bytes; rounded up to pages.
  /// - Parameter permissions: what the pages allow there; no more than here.
  /// - Returns: the address there divided by 4,096, or one of the errors badArgument, noSuchTask,
  ///   notPermitted, outOfMemory, limitReached.
  @inline(__always) @inlinable
  public static func memoryShare(
    _ task: UInt32, _ address: UInt32, _ length: UInt32, _ permissions: MemoryPermissions
  ) -> Int32 {
    megha_system_call4(SystemCall.memoryShare.rawValue, task, address, length, permissions.rawValue)
  }

  /// Takes the records of a traced child's calls; waits for the first.
  /// - Parameter process: a child that was started with the flag `traced`.
  /// - Parameter records: where the TraceRecords go.
  /// - Parameter length: how many bytes there is room for.
  /// - Returns: how many bytes were written; 0 once the child has ended and nothing is left, or one of the
  ///   errors badAddress, badArgument, noSuchTask, notPermitted, unsupported, cancelled.
  @inline(__always) @inlinable
  public static func traceRead(
    _ process: UInt32, _ records: UnsafeMutableRawPointer?, _ length: UInt32
  ) -> Int32 {
    megha_system_call3(SystemCall.traceRead.rawValue, process, word(records), length)
  }

  /// Makes a second handle for the same object, with the same rights or fewer.
  /// - Parameter handle: a handle with the right `duplicate`: a file, a service, a notification.
  /// - Parameter rights: what the new handle allows; no more than the old one.
  /// - Returns: the new handle, or one of the errors badArgument, badHandle, notPermitted, unsupported,
  ///   limitReached.
  @inline(__always) @inlinable
  public static func handleDuplicate(_ handle: UInt32, _ rights: HandleRights) -> Int32 {
    megha_system_call2(SystemCall.handleDuplicate.rawValue, handle, rights.rawValue)
  }

  /// Makes a notification: a word of 31 bits that tasks set and wait for. It dies with the process that made
  /// it.
  /// - Returns: the handle of a new notification, or one of the errors outOfMemory, limitReached.
  @inline(__always) @inlinable
  public static func notificationCreate() -> Int32 {
    megha_system_call0(SystemCall.notificationCreate.rawValue)
  }

  /// Sets bits of a notification and wakes the most urgent task that waits for it. Never waits itself.
  /// - Parameter handle: a notification; needs the right `write`.
  /// - Parameter bits: the bits to set: at least one of the lower 31.
  /// - Returns: 0, or one of the errors badArgument, badHandle, peerGone.
  @inline(__always) @inlinable
  public static func notificationSignal(_ handle: UInt32, _ bits: UInt32) -> Int32 {
    megha_system_call2(SystemCall.notificationSignal.rawValue, handle, bits)
  }

  /// Takes all bits of a notification, waiting for the first if none is set.
  /// - Parameter handle: a notification; needs the right `read`.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no
  ///   limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: the bits that were set; they are clear afterwards, or one of the errors badHandle,
  ///   wouldBlock, timedOut, cancelled, peerGone.
  @inline(__always) @inlinable
  public static func notificationWait(
    _ handle: UInt32, _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call3(SystemCall.notificationWait.rawValue, handle, nanosecondsLow, nanosecondsHigh)
  }

  /// Lets an interrupt line set bits of a notification. Needs the right to the line's device (`Rights`). A
  /// level-triggered line (9 to 11) is masked with each interrupt until it is acknowledged, the others when
  /// one comes while the bits of the one before are still set. Closing the handle masks the line.
  /// - Parameter line: an interrupt line, 3 to 15, that neither the kernel nor another process has.
  /// - Parameter notification: a notification; needs the right `write`.
  /// - Parameter bits: the bits of it that the interrupt sets.
  /// - Returns: a handle for the line, or one of the errors badArgument, badHandle, busy, notPermitted,
  ///   limitReached.
  @inline(__always) @inlinable
  public static func interruptClaim(_ line: UInt32, _ notification: UInt32, _ bits: UInt32) -> Int32 {
    megha_system_call3(SystemCall.interruptClaim.rawValue, line, notification, bits)
  }

  /// Lets a line interrupt again that was masked with its last interrupt.
  /// - Parameter handle: an interrupt line; needs the right `write`.
  /// - Returns: 0, or one of the errors badHandle.
  @inline(__always) @inlinable
  public static func interruptAcknowledge(_ handle: UInt32) -> Int32 {
    megha_system_call1(SystemCall.interruptAcknowledge.rawValue, handle)
  }

  /// Claims I/O ports that neither the kernel, a module nor another process has. Needs the right to each
  /// device that has some of them (`Rights`).
  /// - Parameter first: the first I/O port.
  /// - Parameter count: how many.
  /// - Returns: a handle for the ports, or one of the errors badArgument, busy, notPermitted, limitReached.
  @inline(__always) @inlinable
  public static func portsClaim(_ first: UInt32, _ count: UInt32) -> Int32 {
    megha_system_call2(SystemCall.portsClaim.rawValue, first, count)
  }

  /// Reads an I/O port, as often as values fit.
  /// - Parameter handle: ports; needs the right `read`.
  /// - Parameter port: one of them.
  /// - Parameter data: where the values go.
  /// - Parameter length: how many bytes in all: a multiple of `width`, at most 65,536.
  /// - Parameter width: the width of an access in bytes: 1, 2 or 4.
  /// - Returns: 0, or one of the errors badAddress, badArgument, badHandle, tooLarge.
  @inline(__always) @inlinable
  public static func portRead(
    _ handle: UInt32, _ port: UInt32, _ data: UnsafeMutableRawPointer?, _ length: UInt32, _ width: UInt32
  ) -> Int32 {
    megha_system_call5(SystemCall.portRead.rawValue, handle, port, word(data), length, width)
  }

  /// Writes values to an I/O port, one after the other. What resets the machine takes the right `reset`, what
  /// keeps interrupts from the watchdog `timer`: of the values those before such a one are written.
  /// - Parameter handle: ports; needs the right `write`.
  /// - Parameter port: one of them.
  /// - Parameter data: the values.
  /// - Parameter length: how many bytes in all: a multiple of `width`, at most 65,536.
  /// - Parameter width: the width of an access in bytes: 1, 2 or 4.
  /// - Returns: 0, or one of the errors badAddress, badArgument, badHandle, notPermitted, tooLarge.
  @inline(__always) @inlinable
  public static func portWrite(
    _ handle: UInt32, _ port: UInt32, _ data: UnsafeRawPointer?, _ length: UInt32, _ width: UInt32
  ) -> Int32 {
    megha_system_call5(SystemCall.portWrite.rawValue, handle, port, word(data), length, width)
  }

  /// Maps memory of a device, uncached, where the kernel finds room. Needs the right to the device
  /// (`Rights`); what is RAM or the kernel's own is refused.
  /// - Parameter frame: the first page of device memory: its physical address divided by 4,096.
  /// - Parameter length: how many bytes; rounded up to pages.
  /// - Parameter permissions: read, or read and write.
  /// - Returns: the address divided by 4,096, or one of the errors badArgument, busy, notPermitted,
  ///   outOfMemory.
  @inline(__always) @inlinable
  public static func deviceMap(_ frame: UInt32, _ length: UInt32, _ permissions: MemoryPermissions) -> Int32 {
    megha_system_call3(SystemCall.deviceMap.rawValue, frame, length, permissions.rawValue)
  }

  /// Gives the calling task, a server's, a window: 64 KiB of addresses at which it can read the pages that
  /// callers lend it. It keeps it until it ends.
  /// - Returns: its address divided by 4,096, or one of the errors outOfMemory, cancelled.
  @inline(__always) @inlinable
  public static func lendingWindow() -> Int32 {
    megha_system_call0(SystemCall.lendingWindow.rawValue)
  }

  /// Maps zeroed memory, in one piece, for a device to read and write by itself. It is the device's: when the
  /// driver ends it stays, until `deviceSilent`.
  /// - Parameter ports: the ports of the device; needs the right `write`.
  /// - Parameter length: how many bytes, at most 131,072; rounded up to pages.
  /// - Parameter low: 1: below 16 MiB, which the ISA bus reaches; 0: below 4 GiB.
  /// - Parameter place: where it is, for the driver and for the device.
  /// - Returns: 0, or one of the errors badAddress, badArgument, badHandle, outOfMemory, limitReached,
  ///   cancelled.
  @inline(__always) @inlinable
  public static func deviceMemory(
    _ ports: UInt32, _ length: UInt32, _ low: UInt32, _ place: UnsafeMutablePointer<DeviceMemoryPlace>?
  ) -> Int32 {
    megha_system_call4(SystemCall.deviceMemory.rawValue, ports, length, low, word(place))
  }

  /// Says that a device, which has been reset, uses no memory any more: what drivers got for it with
  /// `deviceMemory` and no process has mapped is given back.
  /// - Parameter ports: the ports of the device; needs the right `write`.
  /// - Returns: 0, or one of the errors badHandle.
  @inline(__always) @inlinable
  public static func deviceSilent(_ ports: UInt32) -> Int32 {
    megha_system_call1(SystemCall.deviceSilent.rawValue, ports)
  }

  /// Makes a standard handle of the caller's stand for what another handle does, with the same rights. What
  /// it stood for before is closed.
  /// - Parameter handle: a handle with the right `duplicate`.
  /// - Parameter place: the standard handle that is to stand for the same: 0, 1 or 2.
  /// - Returns: 0, or one of the errors badArgument, badHandle, unsupported.
  @inline(__always) @inlinable
  public static func handlePlace(_ handle: UInt32, _ place: UInt32) -> Int32 {
    megha_system_call2(SystemCall.handlePlace.rawValue, handle, place)
  }

  /// Makes a pipe: what is written to the one end is read from the other, in order, each byte once. It holds
  /// 8,192 bytes. It ends with the last handle of either end: a reader then gets what is left and 0, a writer
  /// peerGone.
  /// - Parameter ends: where the two handles go.
  /// - Returns: 0, or one of the errors badAddress, limitReached, outOfMemory.
  @inline(__always) @inlinable
  public static func pipeCreate(_ ends: UnsafeMutablePointer<PipeEnds>?) -> Int32 {
    megha_system_call1(SystemCall.pipeCreate.rawValue, word(ends))
  }

  /// Says what a handle stands for, and what it allows.
  /// - Parameter handle: a handle of the caller's.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, badHandle.
  @inline(__always) @inlinable
  public static func handleInformation(
    _ handle: UInt32, _ information: UnsafeMutablePointer<HandleInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.handleInformation.rawValue, handle, word(information))
  }

  /// Describes the job with the next higher number: what it has, and what it may have at the most.
  /// - Parameter after: the number of a job; 0: before the first.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func jobInformation(
    _ after: UInt32, _ information: UnsafeMutablePointer<JobInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.jobInformation.rawValue, after, word(information))
  }

  /// Describes the file or directory at a path.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter flags: how the path is followed.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge.
  @inline(__always) @inlinable
  public static func fileInformation(
    _ path: UnsafeRawPointer?,
    _ length: UInt32,
    _ flags: PathFlags,
    _ information: UnsafeMutablePointer<FileInformation>?
  ) -> Int32 {
    megha_system_call4(
      SystemCall.fileInformation.rawValue, word(path), length, flags.rawValue, word(information))
  }

  /// Describes an open file or directory.
  /// - Parameter handle: an open file or directory.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badHandle, cancelled, damaged, deviceFailed, peerGone,
  ///   serviceFaulted, stale, unsupported, badAddress.
  @inline(__always) @inlinable
  public static func handleFile(
    _ handle: UInt32, _ information: UnsafeMutablePointer<FileInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.handleFile.rawValue, handle, word(information))
  }

  /// Describes one name in a directory; after the last, notFound. An entry that stays there is given once,
  /// whatever comes and goes meanwhile.
  /// - Parameter handle: an open directory.
  /// - Parameter position: 0, or the `next` of the entry before.
  /// - Parameter entry: where the description goes.
  /// - Returns: 0, or one of the errors badHandle, cancelled, damaged, deviceFailed, peerGone,
  ///   serviceFaulted, stale, unsupported, badAddress, notADirectory, notFound.
  @inline(__always) @inlinable
  public static func directoryEntry(
    _ handle: UInt32, _ position: UInt32, _ entry: UnsafeMutablePointer<DirectoryEntry>?
  ) -> Int32 {
    megha_system_call3(SystemCall.directoryEntry.rawValue, handle, position, word(entry))
  }

  /// Makes a directory.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter mode: the permission bits.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, noSpace, outOfMemory,
  ///   readOnly, alreadyExists.
  @inline(__always) @inlinable
  public static func directoryCreate(_ path: UnsafeRawPointer?, _ length: UInt32, _ mode: UInt32) -> Int32 {
    megha_system_call3(SystemCall.directoryCreate.rawValue, word(path), length, mode)
  }

  /// Takes a name away. With the last name the file is gone, and who has it open is told stale.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter flags: `directory`: an empty directory, and nothing else.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, noSpace, outOfMemory,
  ///   readOnly, busy, isADirectory, notEmpty.
  @inline(__always) @inlinable
  public static func fileRemove(_ path: UnsafeRawPointer?, _ length: UInt32, _ flags: PathFlags) -> Int32 {
    megha_system_call3(SystemCall.fileRemove.rawValue, word(path), length, flags.rawValue)
  }

  /// Gives a file or directory another name in the same file system. A file that had the name is replaced at
  /// once.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter newPath: the new path.
  /// - Parameter newLength: its length in bytes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, noSpace, outOfMemory,
  ///   readOnly, alreadyExists, busy, isADirectory, notEmpty, unsupported.
  @inline(__always) @inlinable
  public static func fileRename(
    _ path: UnsafeRawPointer?, _ length: UInt32, _ newPath: UnsafeRawPointer?, _ newLength: UInt32
  ) -> Int32 {
    megha_system_call4(SystemCall.fileRename.rawValue, word(path), length, word(newPath), newLength)
  }

  /// Cuts a file, or makes it longer by zeros.
  /// - Parameter handle: a file, open for writing.
  /// - Parameter size: its size from now on, in bytes.
  /// - Returns: 0, or one of the errors badHandle, cancelled, damaged, deviceFailed, peerGone,
  ///   serviceFaulted, stale, unsupported, noSpace, outOfMemory, readOnly.
  @inline(__always) @inlinable
  public static func fileResize(_ handle: UInt32, _ size: UInt32) -> Int32 {
    megha_system_call2(SystemCall.fileResize.rawValue, handle, size)
  }

  /// Gives a file a second name, or makes a symbolic link.
  /// - Parameter target: the file, or for a symbolic link any text.
  /// - Parameter targetLength: its length in bytes.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter flags: `symbolic`: a symbolic link.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, noSpace, outOfMemory,
  ///   readOnly, alreadyExists, isADirectory, unsupported.
  @inline(__always) @inlinable
  public static func fileLink(
    _ target: UnsafeRawPointer?,
    _ targetLength: UInt32,
    _ path: UnsafeRawPointer?,
    _ length: UInt32,
    _ flags: PathFlags
  ) -> Int32 {
    megha_system_call5(
      SystemCall.fileLink.rawValue, word(target), targetLength, word(path), length, flags.rawValue)
  }

  /// Reads what a symbolic link leads to.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter buffer: where the target goes.
  /// - Parameter capacity: how many bytes at the most.
  /// - Returns: how many bytes it has, or one of the errors badAddress, badArgument, cancelled, damaged,
  ///   deviceFailed, limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge.
  @inline(__always) @inlinable
  public static func linkRead(
    _ path: UnsafeRawPointer?, _ length: UInt32, _ buffer: UnsafeMutableRawPointer?, _ capacity: UInt32
  ) -> Int32 {
    megha_system_call4(SystemCall.linkRead.rawValue, word(path), length, word(buffer), capacity)
  }

  /// Changes the permission bits or the time of a file or directory.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter change: what is to be different.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, noSpace, outOfMemory,
  ///   readOnly.
  @inline(__always) @inlinable
  public static func fileChange(
    _ path: UnsafeRawPointer?, _ length: UInt32, _ change: UnsafePointer<FileChange>?
  ) -> Int32 {
    megha_system_call3(SystemCall.fileChange.rawValue, word(path), length, word(change))
  }

  /// Returns when all that was done before in the file system of this path is where it stays.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge.
  @inline(__always) @inlinable
  public static func fileSync(_ path: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.fileSync.rawValue, word(path), length)
  }

  /// Says how full the file system of this path is.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter use: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge.
  @inline(__always) @inlinable
  public static func fileSystemUse(
    _ path: UnsafeRawPointer?, _ length: UInt32, _ use: UnsafeMutablePointer<FileSystemUse>?
  ) -> Int32 {
    megha_system_call3(SystemCall.fileSystemUse.rawValue, word(path), length, word(use))
  }

  /// Puts a file system into the name space: from now on paths that begin so lead to it. The service need not
  /// be there yet. Needs the right `services`.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Parameter service: the name of the service that has the file system.
  /// - Parameter serviceLength: its length in bytes.
  /// - Parameter flags: how.
  /// - Returns: 0, or one of the errors alreadyExists, badAddress, badArgument, limitReached, notPermitted,
  ///   outOfMemory, tooLarge.
  @inline(__always) @inlinable
  public static func mount(
    _ path: UnsafeRawPointer?,
    _ length: UInt32,
    _ service: UnsafeRawPointer?,
    _ serviceLength: UInt32,
    _ flags: MountFlags
  ) -> Int32 {
    megha_system_call5(
      SystemCall.mount.rawValue, word(path), length, word(service), serviceLength, flags.rawValue)
  }

  /// Takes a file system out of the name space. What is open in it stays open. Needs the right `services`.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, notFound, notPermitted, tooLarge.
  @inline(__always) @inlinable
  public static func unmount(_ path: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.unmount.rawValue, word(path), length)
  }

  /// Describes a file system in the name space.
  /// - Parameter index: which one, from 0.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func mountInformation(
    _ index: UInt32, _ information: UnsafeMutablePointer<MountInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.mountInformation.rawValue, index, word(information))
  }

  /// Sets the caller's working directory, where paths begin that have no slash in front. What it starts
  /// begins there too.
  /// - Parameter path: the path, in UTF-8.
  /// - Parameter length: its length in bytes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, cancelled, damaged, deviceFailed,
  ///   limitReached, notADirectory, notFound, peerGone, serviceFaulted, tooLarge, outOfMemory.
  @inline(__always) @inlinable
  public static func directoryChange(_ path: UnsafeRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.directoryChange.rawValue, word(path), length)
  }

  /// Writes the path of the caller's working directory.
  /// - Parameter buffer: where the path goes.
  /// - Parameter length: how many bytes at the most.
  /// - Returns: how many bytes it has, or one of the errors badAddress, tooLarge.
  @inline(__always) @inlinable
  public static func directoryPath(_ buffer: UnsafeMutableRawPointer?, _ length: UInt32) -> Int32 {
    megha_system_call2(SystemCall.directoryPath.rawValue, word(buffer), length)
  }

  /// Waits for a request, bits of a notification, events or a moment, whichever comes first. Of what is there
  /// already the set comes before a request. Bits are taken; events are not.
  /// - Parameter handle: an endpoint of the caller; 0xffffffff: no requests.
  /// - Parameter message: where a request's data may go; the request replaces it.
  /// - Parameter set: what else is waited for; what came of it is added.
  /// - Returns: the number of the request, for the reply; 0: something of the set came, or one of the errors
  ///   badHandle, badAddress, badArgument, cancelled, peerGone, stale, timedOut, tooLarge.
  @inline(__always) @inlinable
  public static func receiveAny(
    _ handle: UInt32, _ message: UnsafeMutablePointer<Message>?, _ set: UnsafeMutablePointer<WaitSet>?
  ) -> Int32 {
    megha_system_call3(SystemCall.receiveAny.rawValue, handle, word(message), word(set))
  }

  /// Keeps a request to answer it later, by `requestAnswer`. It must have changed nothing so far: where the
  /// service moves it is sent again to whoever serves then. Data that came with it is gone.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter request: a request that the calling task has received from it.
  /// - Returns: 0, or one of the errors badHandle, peerGone, unsupported.
  @inline(__always) @inlinable
  public static func requestKeep(_ handle: UInt32, _ request: UInt32) -> Int32 {
    megha_system_call2(SystemCall.requestKeep.rawValue, handle, request)
  }

  /// Answers a request that was kept. `peerGone`: the answer reached nobody, since the caller gave up, or its
  /// request goes to another server.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter request: a request that was kept.
  /// - Parameter message: the reply.
  /// - Returns: 0, or one of the errors badHandle, badAddress, peerGone, tooLarge, unsupported.
  @inline(__always) @inlinable
  public static func requestAnswer(
    _ handle: UInt32, _ request: UInt32, _ message: UnsafePointer<Message>?
  ) -> Int32 {
    megha_system_call3(SystemCall.requestAnswer.rawValue, handle, request, word(message))
  }

  /// Sends a request that travels in registers, and waits for a reply that does so too. No other way to ask
  /// is as short.
  /// - Parameter handle: an opened service.
  /// - Parameter operation: what is asked for.
  /// - Parameter first: the first word of the request.
  /// - Parameter second: the second word.
  /// - Parameter third: the third word.
  /// - Returns: 0, or 1 where the reply has more words than these three: replyRest, or one of the errors
  ///   badHandle, badArgument, serviceFaulted, peerGone, cancelled, outOfMemory.
  /// `edx`: the first word of the reply.
  /// `esi`: the second word.
  /// `edi`: the third word.
  @inline(__always) @inlinable
  public static func callInRegisters(
    _ handle: UInt32, _ operation: UInt32, _ first: UInt32, _ second: UInt32, _ third: UInt32
  ) -> megha_registers {
    megha_system_call_registers(SystemCall.callInRegisters.rawValue, handle, operation, first, second, third)
  }

  /// Waits for a request and takes it in registers, where it fits. The message is used for later requests
  /// too.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter message: where requests go that do not fit into registers.
  /// - Returns: the number of the request, for the reply, or one of the errors badHandle, badAddress,
  ///   cancelled, tooLarge.
  /// `ebx`: what is asked for; the highest bit alone: all of the request is in the message.
  /// `edx`: the first word of the request.
  /// `esi`: the second word.
  /// `edi`: the third word.
  @inline(__always) @inlinable
  public static func receiveInRegisters(
    _ handle: UInt32, _ message: UnsafeMutablePointer<Message>?
  ) -> megha_registers {
    megha_system_call_registers(SystemCall.receiveInRegisters.rawValue, handle, word(message), 0, 0, 0)
  }

  /// Answers a request with three words and waits for the next one as receiveInRegisters does, in one call.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter request: the request to answer.
  /// - Parameter first: the first word of the reply.
  /// - Parameter second: the second word.
  /// - Parameter third: the third word.
  /// - Returns: the number of the next request, or one of the errors badHandle, badAddress, badArgument,
  ///   cancelled, tooLarge.
  /// `ebx`: what is asked for; the highest bit alone: all of the request is in the message.
  /// `edx`: the first word of the request.
  /// `esi`: the second word.
  /// `edi`: the third word.
  @inline(__always) @inlinable
  public static func replyAndReceiveInRegisters(
    _ handle: UInt32, _ request: UInt32, _ first: UInt32, _ second: UInt32, _ third: UInt32
  ) -> megha_registers {
    megha_system_call_registers(
      SystemCall.replyAndReceiveInRegisters.rawValue, handle, request, first, second, third)
  }

  /// Answers a request with a message and waits for the next one as receiveInRegisters does, in one call.
  /// - Parameter handle: an endpoint of the caller.
  /// - Parameter request: the request to answer.
  /// - Parameter message: the reply.
  /// - Returns: the number of the next request, or one of the errors badHandle, badAddress, badArgument,
  ///   cancelled, tooLarge.
  /// `ebx`: what is asked for; the highest bit alone: all of the request is in the message.
  /// `edx`: the first word of the request.
  /// `esi`: the second word.
  /// `edi`: the third word.
  @inline(__always) @inlinable
  public static func replyMessageAndReceive(
    _ handle: UInt32, _ request: UInt32, _ message: UnsafePointer<Message>?
  ) -> megha_registers {
    megha_system_call_registers(
      SystemCall.replyMessageAndReceive.rawValue, handle, request, word(message), 0, 0)
  }

  /// Tells who sent a request, in whatever form it came, and with what authority. Not of one that was kept.
  /// - Parameter request: a request that the caller has received.
  /// - Returns: 0, or one of the errors peerGone.
  /// `edx`: the process that asks; the highest bit is set where it holds the service's calls.
  /// `esi`: the `Rights` that this process has.
  @inline(__always) @inlinable
  public static func requestSender(_ request: UInt32) -> megha_registers {
    megha_system_call_registers(SystemCall.requestSender.rawValue, request, 0, 0, 0, 0)
  }

  /// Writes all words of the reply to the caller's latest call in registers, where there were more than
  /// three.
  /// - Parameter message: where the reply goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func replyRest(_ message: UnsafeMutablePointer<Message>?) -> Int32 {
    megha_system_call1(SystemCall.replyRest.rawValue, word(message))
  }

  /// Wakes the most urgent task that waits for one word, and sleeps as wordWait does for another one. The
  /// task that is woken runs at once where nobody more urgent is ready.
  /// - Parameter woken: the word for which another task waits.
  /// - Parameter word: the word to wait for.
  /// - Parameter expected: the value it must still have.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0xffffffff: no limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: 0, or one of the errors badAddress, badArgument, wouldBlock, timedOut, cancelled.
  @inline(__always) @inlinable
  public static func wordWakeAndWait(
    _ woken: UInt32, _ word: UInt32, _ expected: UInt32, _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call5(
      SystemCall.wordWakeAndWait.rawValue, woken, word, expected, nanosecondsLow, nanosecondsHigh)
  }

  /// Sets bits of one notification and takes those of another, waiting for the first if none is set. The task
  /// that is woken runs at once where nobody more urgent is ready.
  /// - Parameter signalled: a notification; needs the right `write`.
  /// - Parameter bits: the bits of it to set: at least one of the lower 31.
  /// - Parameter handle: the notification to wait for; needs the right `read`.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no
  ///   limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: the bits that were set; they are clear afterwards, or one of the errors badArgument,
  ///   badHandle, wouldBlock, timedOut, cancelled, peerGone.
  @inline(__always) @inlinable
  public static func notificationSignalAndWait(
    _ signalled: UInt32, _ bits: UInt32, _ handle: UInt32, _ nanosecondsLow: UInt32, _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call5(
      SystemCall.notificationSignalAndWait.rawValue, signalled, bits, handle, nanosecondsLow, nanosecondsHigh)
  }

  /// Gives what is typed to a job, the terminal's foreground. The present one must be the caller's job or lie
  /// inside it. Whoever else reads the terminal waits. When the last task of the foreground ends, the job
  /// around it has the input.
  /// - Parameter terminal: a terminal or its master.
  /// - Parameter task: a task of the job that is to read what is typed; 0: the caller.
  /// - Returns: 0, or one of the errors badHandle, noSuchTask, notPermitted, unsupported.
  @inline(__always) @inlinable
  public static func terminalGive(_ terminal: UInt32, _ task: UInt32) -> Int32 {
    megha_system_call2(SystemCall.terminalGive.rawValue, terminal, task)
  }

  /// Waits until the attention key is pressed, and then owns the console. Only the first process may.
  /// - Returns: how many microseconds ago that was, or one of the errors cancelled, notPermitted.
  @inline(__always) @inlinable
  public static func attentionWait() -> Int32 {
    megha_system_call0(SystemCall.attentionWait.rawValue)
  }

  /// Tells which limit of which job refused something to the caller's task most recently.
  /// - Parameter refusal: where the description goes.
  /// - Returns: 0, or one of the errors badAddress, notFound.
  @inline(__always) @inlinable
  public static func limitRefusal(_ refusal: UnsafeMutablePointer<LimitRefusal>?) -> Int32 {
    megha_system_call1(SystemCall.limitRefusal.rawValue, word(refusal))
  }

  /// Stops a process, or lets it go on. A call that it is in comes to its end first; a stopped process can be
  /// ended.
  /// - Parameter process: a process, by its first task.
  /// - Parameter isStopped: 1: none of its tasks runs its code any more; 0: they go on.
  /// - Returns: 0, or one of the errors noSuchTask, notPermitted, badArgument.
  @inline(__always) @inlinable
  public static func processStop(_ process: UInt32, _ isStopped: UInt32) -> Int32 {
    megha_system_call2(SystemCall.processStop.rawValue, process, isStopped)
  }

  /// For a process with a personality: makes a child with a copy of its memory and handles, which goes on
  /// from where the call came, with 0 as its value. Pages are shared until one of both writes.
  /// - Parameter isStopped: 1: the new process waits until it is told to go on.
  /// - Returns: the identity of the new process, or one of the errors badArgument, cancelled, limitReached,
  ///   outOfMemory, unsupported.
  @inline(__always) @inlinable
  public static func processClone(_ isStopped: UInt32) -> Int32 {
    megha_system_call1(SystemCall.processClone.rawValue, isStopped)
  }

  /// Goes on with another program, in the same process: handles, children and identity stay. Does not come
  /// back unless it fails, and nothing has changed then.
  /// - Parameter request: the program, its arguments and its environment.
  /// - Parameter size: the size of the request in bytes.
  /// - Returns: 0, or one of the errors badAddress, badArgument, badExecutable, busy, cancelled,
  ///   limitReached, notFound, otherSystem, outOfMemory, tooLarge.
  @inline(__always) @inlinable
  public static func processReplace(_ request: UnsafePointer<ProcessRequest>?, _ size: UInt32) -> Int32 {
    megha_system_call2(SystemCall.processReplace.rawValue, word(request), size)
  }

  /// Describes a terminal: its settings, its size, whose input it is, and how much of that there is.
  /// - Parameter terminal: a terminal or its master.
  /// - Parameter information: where the description goes.
  /// - Returns: 0, or one of the errors badHandle, badAddress, unsupported.
  @inline(__always) @inlinable
  public static func terminalInformation(
    _ terminal: UInt32, _ information: UnsafeMutablePointer<TerminalInformation>?
  ) -> Int32 {
    megha_system_call2(SystemCall.terminalInformation.rawValue, terminal, word(information))
  }

  /// Changes settings and size of a terminal, all or nothing. Who has not the master waits until its job, or
  /// one inside that, is the foreground.
  /// - Parameter terminal: a terminal or its master.
  /// - Parameter changes: what of it changes.
  /// - Parameter information: the new values, and values that mean nothing.
  /// - Returns: 0, or one of the errors badHandle, badAddress, badArgument, cancelled, unsupported.
  @inline(__always) @inlinable
  public static func terminalChange(
    _ terminal: UInt32, _ changes: TerminalChanges, _ information: UnsafePointer<TerminalInformation>?
  ) -> Int32 {
    megha_system_call3(SystemCall.terminalChange.rawValue, terminal, changes.rawValue, word(information))
  }

  /// Makes a pseudo-terminal: a terminal whose screen and keyboard are whoever has its master. With the last
  /// handle of the one side the other is hung up.
  /// - Parameter ends: where the two handles go.
  /// - Returns: 0, or one of the errors badAddress, limitReached, outOfMemory.
  @inline(__always) @inlinable
  public static func terminalCreate(_ ends: UnsafeMutablePointer<TerminalEnds>?) -> Int32 {
    megha_system_call1(SystemCall.terminalCreate.rawValue, word(ends))
  }

  /// Sets bits of a notification when something happens at a terminal. Keys go to who watched last of those
  /// in whose job the foreground lies; a new size and a hang-up to all. The foreground must lie in the
  /// caller's job.
  /// - Parameter terminal: a terminal.
  /// - Parameter notification: a notification of the caller's process.
  /// - Parameter signals: what sets the bits of the same numbers; none: the watch ends.
  /// - Returns: 0, or one of the errors badHandle, badArgument, limitReached, notPermitted, unsupported.
  @inline(__always) @inlinable
  public static func terminalWatch(
    _ terminal: UInt32, _ notification: UInt32, _ signals: TerminalSignals
  ) -> Int32 {
    megha_system_call3(SystemCall.terminalWatch.rawValue, terminal, notification, signals.rawValue)
  }

  /// Waits until a file, pipe, terminal or notification is as an entry wants it, a child has ended, or an
  /// event comes. Nothing is taken.
  /// - Parameter entries: what is waited for, one entry after the other.
  /// - Parameter count: how many entries, at most 32.
  /// - Parameter kinds: kinds of events that end the wait too; they are taken by `eventWait`.
  /// - Parameter nanosecondsLow: the low 32 bits of the longest wait; both 0: none; both 0xffffffff: no
  ///   limit.
  /// - Parameter nanosecondsHigh: the high 32 bits.
  /// - Returns: how many entries have something; 0: an event came, or one of the errors badHandle,
  ///   badAddress, badArgument, cancelled, outOfMemory, timedOut, tooLarge, unsupported.
  @inline(__always) @inlinable
  public static func poll(
    _ entries: UnsafeMutablePointer<PollEntry>?,
    _ count: UInt32,
    _ kinds: EventKinds,
    _ nanosecondsLow: UInt32,
    _ nanosecondsHigh: UInt32
  ) -> Int32 {
    megha_system_call5(
      SystemCall.poll.rawValue, word(entries), count, kinds.rawValue, nanosecondsLow, nanosecondsHigh)
  }

  /// The address that travels in a register; 0 for nil.
  @inline(__always) @inlinable
  static func word(_ pointer: UnsafeRawPointer?) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt(bitPattern: pointer))
  }
}
