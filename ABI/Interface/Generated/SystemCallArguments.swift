// Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that.

extension SystemCall {
  /// Its name in the table.
  public var name: StaticString {
    switch self {
    case .null: "null"
    case .exit: "exit"
    case .abort: "abort"
    case .yield: "yield"
    case .sleep: "sleep"
    case .clock: "clock"
    case .processStart: "processStart"
    case .threadStart: "threadStart"
    case .wait: "wait"
    case .kill: "kill"
    case .taskInformation: "taskInformation"
    case .taskNext: "taskNext"
    case .memoryMap: "memoryMap"
    case .memoryUnmap: "memoryUnmap"
    case .memoryProtect: "memoryProtect"
    case .memoryInformation: "memoryInformation"
    case .memoryRegion: "memoryRegion"
    case .read: "read"
    case .write: "write"
    case .open: "open"
    case .close: "close"
    case .fileEntry: "fileEntry"
    case .seek: "seek"
    case .logRead: "logRead"
    case .powerOff: "powerOff"
    case .wordWait: "wordWait"
    case .wordWake: "wordWake"
    case .prioritySet: "prioritySet"
    case .rightsDrop: "rightsDrop"
    case .threadPointerSet: "threadPointerSet"
    case .moduleLoad: "moduleLoad"
    case .moduleUnload: "moduleUnload"
    case .moduleInformation: "moduleInformation"
    case .serviceOpen: "serviceOpen"
    case .call: "call"
    case .servicePublish: "servicePublish"
    case .receive: "receive"
    case .reply: "reply"
    case .replyAndReceive: "replyAndReceive"
    case .serviceInformation: "serviceInformation"
    case .counters: "counters"
    case .callShort: "callShort"
    case .serviceControl: "serviceControl"
    case .eventWait: "eventWait"
    case .eventSend: "eventSend"
    case .eventTimer: "eventTimer"
    case .lockAcquire: "lockAcquire"
    case .lockRelease: "lockRelease"
    case .heapInformation: "heapInformation"
    case .kernelTest: "kernelTest"
    case .memoryShare: "memoryShare"
    case .traceRead: "traceRead"
    case .handleDuplicate: "handleDuplicate"
    case .notificationCreate: "notificationCreate"
    case .notificationSignal: "notificationSignal"
    case .notificationWait: "notificationWait"
    case .interruptClaim: "interruptClaim"
    case .interruptAcknowledge: "interruptAcknowledge"
    case .portsClaim: "portsClaim"
    case .portRead: "portRead"
    case .portWrite: "portWrite"
    case .deviceMap: "deviceMap"
    case .lendingWindow: "lendingWindow"
    case .deviceMemory: "deviceMemory"
    case .deviceSilent: "deviceSilent"
    case .handlePlace: "handlePlace"
    case .pipeCreate: "pipeCreate"
    case .handleInformation: "handleInformation"
    case .jobInformation: "jobInformation"
    case .fileInformation: "fileInformation"
    case .handleFile: "handleFile"
    case .directoryEntry: "directoryEntry"
    case .directoryCreate: "directoryCreate"
    case .fileRemove: "fileRemove"
    case .fileRename: "fileRename"
    case .fileResize: "fileResize"
    case .fileLink: "fileLink"
    case .linkRead: "linkRead"
    case .fileChange: "fileChange"
    case .fileSync: "fileSync"
    case .fileSystemUse: "fileSystemUse"
    case .mount: "mount"
    case .unmount: "unmount"
    case .mountInformation: "mountInformation"
    case .directoryChange: "directoryChange"
    case .directoryPath: "directoryPath"
    case .receiveAny: "receiveAny"
    case .requestKeep: "requestKeep"
    case .requestAnswer: "requestAnswer"
    case .callInRegisters: "callInRegisters"
    case .receiveInRegisters: "receiveInRegisters"
    case .replyAndReceiveInRegisters: "replyAndReceiveInRegisters"
    case .replyMessageAndReceive: "replyMessageAndReceive"
    case .requestSender: "requestSender"
    case .replyRest: "replyRest"
    case .wordWakeAndWait: "wordWakeAndWait"
    case .notificationSignalAndWait: "notificationSignalAndWait"
    case .terminalGive: "terminalGive"
    case .attentionWait: "attentionWait"
    case .limitRefusal: "limitRefusal"
    case .processStop: "processStop"
    case .processClone: "processClone"
    case .processReplace: "processReplace"
    case .terminalInformation: "terminalInformation"
    case .terminalChange: "terminalChange"
    case .terminalCreate: "terminalCreate"
    case .terminalWatch: "terminalWatch"
    case .poll: "poll"
    }
  }

  /// How many arguments it takes.
  public var argumentCount: Int {
    switch self {
    case .null, .yield, .notificationCreate, .lendingWindow, .attentionWait: 0
    case .exit, .abort, .clock, .taskNext, .close, .powerOff, .rightsDrop, .threadPointerSet, .counters,
      .lockRelease, .interruptAcknowledge, .deviceSilent, .pipeCreate, .requestSender, .replyRest,
      .limitRefusal, .processClone, .terminalCreate:
      1
    case .sleep, .processStart, .threadStart, .kill, .memoryUnmap, .memoryInformation, .fileEntry, .seek,
      .wordWake, .prioritySet, .moduleInformation, .serviceOpen, .servicePublish, .receive, .reply,
      .serviceInformation, .heapInformation, .kernelTest, .handleDuplicate, .notificationSignal, .portsClaim,
      .handlePlace, .handleInformation, .jobInformation, .handleFile, .fileResize, .fileSync, .unmount,
      .mountInformation, .directoryChange, .directoryPath, .requestKeep, .receiveInRegisters, .terminalGive,
      .processStop, .processReplace, .terminalInformation:
      2
    case .wait, .taskInformation, .memoryMap, .memoryProtect, .memoryRegion, .read, .write, .open, .logRead,
      .moduleLoad, .replyAndReceive, .serviceControl, .lockAcquire, .traceRead, .notificationWait,
      .interruptClaim, .deviceMap, .directoryEntry, .directoryCreate, .fileRemove, .fileChange,
      .fileSystemUse, .receiveAny, .requestAnswer, .replyMessageAndReceive, .terminalChange, .terminalWatch:
      3
    case .wordWait, .call, .eventWait, .eventTimer, .memoryShare, .deviceMemory, .fileInformation,
      .fileRename, .linkRead:
      4
    case .moduleUnload, .callShort, .eventSend, .portRead, .portWrite, .fileLink, .mount, .callInRegisters,
      .replyAndReceiveInRegisters, .wordWakeAndWait, .notificationSignalAndWait, .poll:
      5
    }
  }

  /// Whether the call does not come back to its caller.
  public var neverReturns: Bool {
    switch self {
    case .exit, .abort: true
    default: false
    }
  }

  /// The description of an argument, from 0; nil where the call does not have so many.
  public func argument(_ index: Int) -> CallArgument? {
    switch (self, index) {
    case (.exit, 0): CallArgument("status", .number)
    case (.abort, 0): CallArgument("status", .number)
    case (.sleep, 0): CallArgument("nanosecondsLow", .timeLow)
    case (.sleep, 1): CallArgument("nanosecondsHigh", .timeHigh)
    case (.clock, 0): CallArgument("reading", .structureOut(size: UInt32(MemoryLayout<ClockReading>.size)))
    case (.processStart, 0):
      CallArgument("request", .structureIn(size: UInt32(MemoryLayout<ProcessRequest>.size)))
    case (.processStart, 1): CallArgument("size", .length)
    case (.threadStart, 0):
      CallArgument("request", .structureIn(size: UInt32(MemoryLayout<ThreadRequest>.size)))
    case (.threadStart, 1): CallArgument("size", .length)
    case (.wait, 0): CallArgument("task", .task)
    case (.wait, 1): CallArgument("flags", .flags)
    case (.wait, 2): CallArgument("outcome", .structureOut(size: UInt32(MemoryLayout<TaskOutcome>.size)))
    case (.kill, 0): CallArgument("task", .task)
    case (.kill, 1): CallArgument("status", .number)
    case (.taskInformation, 0): CallArgument("task", .task)
    case (.taskInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<TaskInformation>.size)))
    case (.taskInformation, 2): CallArgument("size", .length)
    case (.taskNext, 0): CallArgument("task", .task)
    case (.memoryMap, 0): CallArgument("address", .address)
    case (.memoryMap, 1): CallArgument("length", .number)
    case (.memoryMap, 2): CallArgument("permissions", .flags)
    case (.memoryUnmap, 0): CallArgument("address", .address)
    case (.memoryUnmap, 1): CallArgument("length", .number)
    case (.memoryProtect, 0): CallArgument("address", .address)
    case (.memoryProtect, 1): CallArgument("length", .number)
    case (.memoryProtect, 2): CallArgument("permissions", .flags)
    case (.memoryInformation, 0):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<MemoryInformation>.size)))
    case (.memoryInformation, 1): CallArgument("flags", .flags)
    case (.memoryRegion, 0): CallArgument("task", .task)
    case (.memoryRegion, 1): CallArgument("address", .address)
    case (.memoryRegion, 2):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<RegionInformation>.size)))
    case (.read, 0): CallArgument("handle", .handle)
    case (.read, 1): CallArgument("buffer", .bytesOut)
    case (.read, 2): CallArgument("length", .length)
    case (.write, 0): CallArgument("handle", .handle)
    case (.write, 1): CallArgument("buffer", .bytesIn)
    case (.write, 2): CallArgument("length", .length)
    case (.open, 0): CallArgument("path", .bytesIn)
    case (.open, 1): CallArgument("length", .length)
    case (.open, 2): CallArgument("flags", .flags)
    case (.close, 0): CallArgument("handle", .handle)
    case (.fileEntry, 0): CallArgument("index", .number)
    case (.fileEntry, 1): CallArgument("entry", .structureOut(size: UInt32(MemoryLayout<FileEntry>.size)))
    case (.seek, 0): CallArgument("handle", .handle)
    case (.seek, 1): CallArgument("position", .number)
    case (.logRead, 0): CallArgument("position", .number)
    case (.logRead, 1): CallArgument("buffer", .bytesOut)
    case (.logRead, 2): CallArgument("length", .length)
    case (.powerOff, 0): CallArgument("status", .number)
    case (.wordWait, 0): CallArgument("word", .address)
    case (.wordWait, 1): CallArgument("expected", .number)
    case (.wordWait, 2): CallArgument("nanosecondsLow", .timeLow)
    case (.wordWait, 3): CallArgument("nanosecondsHigh", .timeHigh)
    case (.wordWake, 0): CallArgument("word", .address)
    case (.wordWake, 1): CallArgument("count", .number)
    case (.prioritySet, 0): CallArgument("task", .task)
    case (.prioritySet, 1): CallArgument("priority", .number)
    case (.rightsDrop, 0): CallArgument("rights", .flags)
    case (.threadPointerSet, 0): CallArgument("address", .address)
    case (.moduleLoad, 0): CallArgument("path", .bytesIn)
    case (.moduleLoad, 1): CallArgument("length", .length)
    case (.moduleLoad, 2):
      CallArgument("parameters", .structureIn(size: UInt32(MemoryLayout<ModuleParameters>.size)))
    case (.moduleUnload, 0): CallArgument("name", .bytesIn)
    case (.moduleUnload, 1): CallArgument("length", .length)
    case (.moduleUnload, 2): CallArgument("explanation", .bytesOut)
    case (.moduleUnload, 3): CallArgument("capacity", .length)
    case (.moduleUnload, 4): CallArgument("flags", .flags)
    case (.moduleInformation, 0): CallArgument("index", .number)
    case (.moduleInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<ModuleInformation>.size)))
    case (.serviceOpen, 0): CallArgument("name", .bytesIn)
    case (.serviceOpen, 1): CallArgument("length", .length)
    case (.call, 0): CallArgument("handle", .handle)
    case (.call, 1): CallArgument("message", .structureInOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.call, 2): CallArgument("nanosecondsLow", .timeLow)
    case (.call, 3): CallArgument("nanosecondsHigh", .timeHigh)
    case (.servicePublish, 0): CallArgument("name", .bytesIn)
    case (.servicePublish, 1): CallArgument("length", .length)
    case (.receive, 0): CallArgument("handle", .handle)
    case (.receive, 1): CallArgument("message", .structureInOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.reply, 0): CallArgument("request", .number)
    case (.reply, 1): CallArgument("message", .structureIn(size: UInt32(MemoryLayout<Message>.size)))
    case (.replyAndReceive, 0): CallArgument("handle", .handle)
    case (.replyAndReceive, 1): CallArgument("request", .number)
    case (.replyAndReceive, 2):
      CallArgument("message", .structureInOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.serviceInformation, 0): CallArgument("index", .number)
    case (.serviceInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<ServiceInformation>.size)))
    case (.counters, 0):
      CallArgument("counters", .structureOut(size: UInt32(MemoryLayout<MachineCounters>.size)))
    case (.callShort, 0): CallArgument("handle", .handle)
    case (.callShort, 1): CallArgument("operation", .number)
    case (.callShort, 2): CallArgument("first", .number)
    case (.callShort, 3): CallArgument("second", .number)
    case (.callShort, 4): CallArgument("third", .number)
    case (.serviceControl, 0): CallArgument("name", .bytesIn)
    case (.serviceControl, 1): CallArgument("length", .length)
    case (.serviceControl, 2): CallArgument("action", .number)
    case (.eventWait, 0): CallArgument("kinds", .flags)
    case (.eventWait, 1): CallArgument("event", .structureOut(size: UInt32(MemoryLayout<Event>.size)))
    case (.eventWait, 2): CallArgument("nanosecondsLow", .timeLow)
    case (.eventWait, 3): CallArgument("nanosecondsHigh", .timeHigh)
    case (.eventSend, 0): CallArgument("task", .task)
    case (.eventSend, 1): CallArgument("kind", .number)
    case (.eventSend, 2): CallArgument("keys", .flags)
    case (.eventSend, 3): CallArgument("low", .number)
    case (.eventSend, 4): CallArgument("high", .number)
    case (.eventTimer, 0): CallArgument("nanosecondsLow", .timeLow)
    case (.eventTimer, 1): CallArgument("nanosecondsHigh", .timeHigh)
    case (.eventTimer, 2): CallArgument("periodLow", .timeLow)
    case (.eventTimer, 3): CallArgument("periodHigh", .timeHigh)
    case (.lockAcquire, 0): CallArgument("word", .address)
    case (.lockAcquire, 1): CallArgument("nanosecondsLow", .timeLow)
    case (.lockAcquire, 2): CallArgument("nanosecondsHigh", .timeHigh)
    case (.lockRelease, 0): CallArgument("word", .address)
    case (.heapInformation, 0): CallArgument("index", .number)
    case (.heapInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<HeapInformation>.size)))
    case (.kernelTest, 0): CallArgument("test", .number)
    case (.kernelTest, 1): CallArgument("argument", .number)
    case (.memoryShare, 0): CallArgument("task", .task)
    case (.memoryShare, 1): CallArgument("address", .address)
    case (.memoryShare, 2): CallArgument("length", .number)
    case (.memoryShare, 3): CallArgument("permissions", .flags)
    case (.traceRead, 0): CallArgument("process", .task)
    case (.traceRead, 1): CallArgument("records", .bytesOut)
    case (.traceRead, 2): CallArgument("length", .length)
    case (.handleDuplicate, 0): CallArgument("handle", .handle)
    case (.handleDuplicate, 1): CallArgument("rights", .flags)
    case (.notificationSignal, 0): CallArgument("handle", .handle)
    case (.notificationSignal, 1): CallArgument("bits", .number)
    case (.notificationWait, 0): CallArgument("handle", .handle)
    case (.notificationWait, 1): CallArgument("nanosecondsLow", .timeLow)
    case (.notificationWait, 2): CallArgument("nanosecondsHigh", .timeHigh)
    case (.interruptClaim, 0): CallArgument("line", .number)
    case (.interruptClaim, 1): CallArgument("notification", .handle)
    case (.interruptClaim, 2): CallArgument("bits", .number)
    case (.interruptAcknowledge, 0): CallArgument("handle", .handle)
    case (.portsClaim, 0): CallArgument("first", .number)
    case (.portsClaim, 1): CallArgument("count", .number)
    case (.portRead, 0): CallArgument("handle", .handle)
    case (.portRead, 1): CallArgument("port", .number)
    case (.portRead, 2): CallArgument("data", .bytesOut)
    case (.portRead, 3): CallArgument("length", .length)
    case (.portRead, 4): CallArgument("width", .number)
    case (.portWrite, 0): CallArgument("handle", .handle)
    case (.portWrite, 1): CallArgument("port", .number)
    case (.portWrite, 2): CallArgument("data", .bytesIn)
    case (.portWrite, 3): CallArgument("length", .length)
    case (.portWrite, 4): CallArgument("width", .number)
    case (.deviceMap, 0): CallArgument("frame", .number)
    case (.deviceMap, 1): CallArgument("length", .number)
    case (.deviceMap, 2): CallArgument("permissions", .flags)
    case (.deviceMemory, 0): CallArgument("ports", .handle)
    case (.deviceMemory, 1): CallArgument("length", .number)
    case (.deviceMemory, 2): CallArgument("low", .number)
    case (.deviceMemory, 3):
      CallArgument("place", .structureOut(size: UInt32(MemoryLayout<DeviceMemoryPlace>.size)))
    case (.deviceSilent, 0): CallArgument("ports", .handle)
    case (.handlePlace, 0): CallArgument("handle", .handle)
    case (.handlePlace, 1): CallArgument("place", .number)
    case (.pipeCreate, 0): CallArgument("ends", .structureOut(size: UInt32(MemoryLayout<PipeEnds>.size)))
    case (.handleInformation, 0): CallArgument("handle", .handle)
    case (.handleInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<HandleInformation>.size)))
    case (.jobInformation, 0): CallArgument("after", .number)
    case (.jobInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<JobInformation>.size)))
    case (.fileInformation, 0): CallArgument("path", .bytesIn)
    case (.fileInformation, 1): CallArgument("length", .length)
    case (.fileInformation, 2): CallArgument("flags", .flags)
    case (.fileInformation, 3):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<FileInformation>.size)))
    case (.handleFile, 0): CallArgument("handle", .handle)
    case (.handleFile, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<FileInformation>.size)))
    case (.directoryEntry, 0): CallArgument("handle", .handle)
    case (.directoryEntry, 1): CallArgument("position", .number)
    case (.directoryEntry, 2):
      CallArgument("entry", .structureOut(size: UInt32(MemoryLayout<DirectoryEntry>.size)))
    case (.directoryCreate, 0): CallArgument("path", .bytesIn)
    case (.directoryCreate, 1): CallArgument("length", .length)
    case (.directoryCreate, 2): CallArgument("mode", .number)
    case (.fileRemove, 0): CallArgument("path", .bytesIn)
    case (.fileRemove, 1): CallArgument("length", .length)
    case (.fileRemove, 2): CallArgument("flags", .flags)
    case (.fileRename, 0): CallArgument("path", .bytesIn)
    case (.fileRename, 1): CallArgument("length", .length)
    case (.fileRename, 2): CallArgument("newPath", .bytesIn)
    case (.fileRename, 3): CallArgument("newLength", .length)
    case (.fileResize, 0): CallArgument("handle", .handle)
    case (.fileResize, 1): CallArgument("size", .number)
    case (.fileLink, 0): CallArgument("target", .bytesIn)
    case (.fileLink, 1): CallArgument("targetLength", .length)
    case (.fileLink, 2): CallArgument("path", .bytesIn)
    case (.fileLink, 3): CallArgument("length", .length)
    case (.fileLink, 4): CallArgument("flags", .flags)
    case (.linkRead, 0): CallArgument("path", .bytesIn)
    case (.linkRead, 1): CallArgument("length", .length)
    case (.linkRead, 2): CallArgument("buffer", .bytesOut)
    case (.linkRead, 3): CallArgument("capacity", .length)
    case (.fileChange, 0): CallArgument("path", .bytesIn)
    case (.fileChange, 1): CallArgument("length", .length)
    case (.fileChange, 2): CallArgument("change", .structureIn(size: UInt32(MemoryLayout<FileChange>.size)))
    case (.fileSync, 0): CallArgument("path", .bytesIn)
    case (.fileSync, 1): CallArgument("length", .length)
    case (.fileSystemUse, 0): CallArgument("path", .bytesIn)
    case (.fileSystemUse, 1): CallArgument("length", .length)
    case (.fileSystemUse, 2):
      CallArgument("use", .structureOut(size: UInt32(MemoryLayout<FileSystemUse>.size)))
    case (.mount, 0): CallArgument("path", .bytesIn)
    case (.mount, 1): CallArgument("length", .length)
    case (.mount, 2): CallArgument("service", .bytesIn)
    case (.mount, 3): CallArgument("serviceLength", .length)
    case (.mount, 4): CallArgument("flags", .flags)
    case (.unmount, 0): CallArgument("path", .bytesIn)
    case (.unmount, 1): CallArgument("length", .length)
    case (.mountInformation, 0): CallArgument("index", .number)
    case (.mountInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<MountInformation>.size)))
    case (.directoryChange, 0): CallArgument("path", .bytesIn)
    case (.directoryChange, 1): CallArgument("length", .length)
    case (.directoryPath, 0): CallArgument("buffer", .bytesOut)
    case (.directoryPath, 1): CallArgument("length", .length)
    case (.receiveAny, 0): CallArgument("handle", .handle)
    case (.receiveAny, 1): CallArgument("message", .structureInOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.receiveAny, 2): CallArgument("set", .structureInOut(size: UInt32(MemoryLayout<WaitSet>.size)))
    case (.requestKeep, 0): CallArgument("handle", .handle)
    case (.requestKeep, 1): CallArgument("request", .number)
    case (.requestAnswer, 0): CallArgument("handle", .handle)
    case (.requestAnswer, 1): CallArgument("request", .number)
    case (.requestAnswer, 2): CallArgument("message", .structureIn(size: UInt32(MemoryLayout<Message>.size)))
    case (.callInRegisters, 0): CallArgument("handle", .handle)
    case (.callInRegisters, 1): CallArgument("operation", .number)
    case (.callInRegisters, 2): CallArgument("first", .number)
    case (.callInRegisters, 3): CallArgument("second", .number)
    case (.callInRegisters, 4): CallArgument("third", .number)
    case (.receiveInRegisters, 0): CallArgument("handle", .handle)
    case (.receiveInRegisters, 1):
      CallArgument("message", .structureInOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.replyAndReceiveInRegisters, 0): CallArgument("handle", .handle)
    case (.replyAndReceiveInRegisters, 1): CallArgument("request", .number)
    case (.replyAndReceiveInRegisters, 2): CallArgument("first", .number)
    case (.replyAndReceiveInRegisters, 3): CallArgument("second", .number)
    case (.replyAndReceiveInRegisters, 4): CallArgument("third", .number)
    case (.replyMessageAndReceive, 0): CallArgument("handle", .handle)
    case (.replyMessageAndReceive, 1): CallArgument("request", .number)
    case (.replyMessageAndReceive, 2):
      CallArgument("message", .structureIn(size: UInt32(MemoryLayout<Message>.size)))
    case (.requestSender, 0): CallArgument("request", .number)
    case (.replyRest, 0): CallArgument("message", .structureOut(size: UInt32(MemoryLayout<Message>.size)))
    case (.wordWakeAndWait, 0): CallArgument("woken", .address)
    case (.wordWakeAndWait, 1): CallArgument("word", .address)
    case (.wordWakeAndWait, 2): CallArgument("expected", .number)
    case (.wordWakeAndWait, 3): CallArgument("nanosecondsLow", .timeLow)
    case (.wordWakeAndWait, 4): CallArgument("nanosecondsHigh", .timeHigh)
    case (.notificationSignalAndWait, 0): CallArgument("signalled", .handle)
    case (.notificationSignalAndWait, 1): CallArgument("bits", .number)
    case (.notificationSignalAndWait, 2): CallArgument("handle", .handle)
    case (.notificationSignalAndWait, 3): CallArgument("nanosecondsLow", .timeLow)
    case (.notificationSignalAndWait, 4): CallArgument("nanosecondsHigh", .timeHigh)
    case (.terminalGive, 0): CallArgument("terminal", .handle)
    case (.terminalGive, 1): CallArgument("task", .task)
    case (.limitRefusal, 0):
      CallArgument("refusal", .structureOut(size: UInt32(MemoryLayout<LimitRefusal>.size)))
    case (.processStop, 0): CallArgument("process", .task)
    case (.processStop, 1): CallArgument("isStopped", .number)
    case (.processClone, 0): CallArgument("isStopped", .number)
    case (.processReplace, 0):
      CallArgument("request", .structureIn(size: UInt32(MemoryLayout<ProcessRequest>.size)))
    case (.processReplace, 1): CallArgument("size", .length)
    case (.terminalInformation, 0): CallArgument("terminal", .handle)
    case (.terminalInformation, 1):
      CallArgument("information", .structureOut(size: UInt32(MemoryLayout<TerminalInformation>.size)))
    case (.terminalChange, 0): CallArgument("terminal", .handle)
    case (.terminalChange, 1): CallArgument("changes", .flags)
    case (.terminalChange, 2):
      CallArgument("information", .structureIn(size: UInt32(MemoryLayout<TerminalInformation>.size)))
    case (.terminalCreate, 0):
      CallArgument("ends", .structureOut(size: UInt32(MemoryLayout<TerminalEnds>.size)))
    case (.terminalWatch, 0): CallArgument("terminal", .handle)
    case (.terminalWatch, 1): CallArgument("notification", .handle)
    case (.terminalWatch, 2): CallArgument("signals", .flags)
    case (.poll, 0): CallArgument("entries", .structureInOut(size: UInt32(MemoryLayout<PollEntry>.size)))
    case (.poll, 1): CallArgument("count", .number)
    case (.poll, 2): CallArgument("kinds", .flags)
    case (.poll, 3): CallArgument("nanosecondsLow", .timeLow)
    case (.poll, 4): CallArgument("nanosecondsHigh", .timeHigh)
    default: nil
    }
  }
}
