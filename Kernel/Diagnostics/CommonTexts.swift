// Texts that many symbol tables hold: names of functions of the run-time library and of the SDK, names of files, reasons of
// checks, words that names are made of. A table stores a code of one byte or two in place of each (`SymbolTableFormat`),
// which takes four fifths off its names.
//
// The list is part of the format: a table that was made with another one is refused, by `identity`. A text that nothing
// holds any more, or one that is missing here, costs bytes and nothing else, so the list need not follow the sources. The
// most frequent ones come first, because those have the short codes.

import Primitives

/// The list of texts.
public enum CommonTexts {
  /// FNV-1a of `all`; a test compares the two, and counts.
  public static var identity: UInt32 { 0x7a32_5cef }
  public static var count: UInt32 { 422 }

  /// Writes the text with a number below `count`; nothing for another. The list is searched from its start: whoever
  /// explains a fault has time.
  @inline(never)
  public static func write(_ number: UInt32, to output: inout some TextOutput) {
    let all = all
    var left = number
    for index in 0..<all.utf8CodeUnitCount {
      let byte = unsafe all.utf8Start[index]
      if byte == UInt8(ascii: "|") {
        if left == 0 { return }
        left &-= 1
      } else if left == 0 {
        output.write(byte: byte)
      }
    }
  }

  /// All of them, each with a bar behind it.
  public static var all: StaticString {
    """
    _:)|.swift|(_:|Module|closure #1 in |Kernel|Service|Userland/Programs/|Memory|File|Calls|Image/| in |Task|\
    _swift_exceptionPersonality|.run|fatal error|closure #|.init|_:_:|.write|at:|in:)|Test|Table|free|start|read|\
    _start|Not enough bits to represent the passed value|Thread|arithmetic overflow|\
    Negative value is not representable|Tests.|Unexpectedly found nil while unwrapping an Optional value|\
    Range requires lowerBound <= upperBound|from|Userland/Runtime/memory.S|main|\
    _swift_embedded_set_heap_object_metadata_pointer|_swift_embedded_invoke_heap_object_destroy|Index out of bounds|\
    EmbeddedShims.h|.getter|TextOutput.write(_:)|Kernel/Primitives/TextOutput.swift|__text_end|\
    Userland/Runtime/start.S|Userland/include/system_call.h|memset|__udivdi3|TextOutput.write(decimal:width:)|\
    _ContiguousArrayBuffer._consumeAndCreateNew(bufferIsUnique:minimumCapacity:growForAppend:)|\
    _ContiguousArrayStorage.__deallocating_deinit|__ContiguousArrayStorageBase.__allocating_init()|\
    _ContiguousArrayStorage.__allocating_init(_doNotCallMeBase:)|\
    _ContiguousArrayStorage.canStoreElements(ofDynamicType:)|__ContiguousArrayStorageBase.__deallocating_deinit|\
    __ContiguousArrayStorageBase.__allocating_init(_doNotCallMeBase:)|\
    __ContiguousArrayStorageBase.canStoreElements(ofDynamicType:)|\
    __SwiftNativeNSArrayWithContiguousStorage.__deallocating_deinit|\
    __SwiftNativeNSArrayWithContiguousStorage.__allocating_init()|handle|Array|Userland/SDK/|to:)|\
    TextOutput.write(hexadecimal:digits:)|Console.write(start:count:)|Userland/SDK/Console.swift|__text_start|\
    Userland/SDK/Program.swift|Client|Keyboard|swift_release|Heap.free(_:)|Division by zero|Disk|Fault|\
    Heap.failsNow()|Heap.addSlab(_:)|Heap.moveToFull(_:_:)|Heap.freeRun(_:_:)|Heap.moveToPartial(_:)|\
    Heap.giveBackIfSpare(_:)|HeapTail.check(_:end:tag:)|HeapMemory.fill(_:with:)|HeapTail.guardNew(_:end:_:_:)|\
    Heap.init(source:guarding:)|Slab.initialize(sizeClass:slotSize:)|Heap.allocateSlot(_:_:_:_:)|\
    HeapTail.write(_:end:_:_:)|Distance is not representable in Int|Kernel/Memory/Heap.swift|\
    Kernel/Memory/HeapFault.swift|Userland/Runtime/Generated/SystemCalls.swift|Kernel/Memory/Heap+Slabs.swift|\
    Kernel/Memory/HeapPages.swift|Kernel/Memory/Heap+Runs.swift|Kernel/Memory/HeapGuards.swift|Boot|__lshrdi3|\
    ConsoleLine.flush()|WordLock.acquire(_:)|ProgramHeap.prepared.getter|WordLock.release(_:)|ProgramHeap.end(_:)|\
    Failure.end(_:)|Heap.unlink(_:from:)|ProgramPages.freePages(at:count:)|heap_free|\
    HeapMemory.firstDifference(in:from:)|ProgramHeap.isGuarded.getter|Sentence.flush()|Sentence.write(byte:)|\
    Userland/Runtime/free.S|Userland/SDK/Errors.swift|Userland/Runtime/WordLock.swift|\
    Userland/include/user_support.h|Userland/Runtime/Heap.swift|Userland/Runtime/ProgramPages.swift|\
    swift_allocObject(metadata:requiredSize:requiredAlignmentMask:)|swift_deallocClassInstance|\
    Heap.allocateUnusual(_:_:_:_:)|call|Check.|Clock|Tree|Entry|Userland/SDK/TaskIdentity.swift|of:)|\
    Userland/SDK/Portable/Bytes.swift|ABI/Interface/Structures.swift|Text|Cases|\
    Array._makeUniqueAndReserveCapacityIfNotUnique()|Bytes.init(terminatedAt:)|\
    ProgramInformation.argumentCount.getter|Drivers/|Userland/SDK/Thread.swift|swift_release_n|Call|Report|\
    Index out of range|Page|count|for|Bytes.init(_:)|Userland/SDK/Process.swift|precondition failure|Device|Error|\
    .take|Server|entry|Reference|FrameAllocator|posix_memalign|Symbol|closure #1 in WordList.withSlices(_:)|\
    Bytes.== infix(_:_:)|ProgramInformation.environmentCount.getter|ProgramInformation.environmentEntry(_:)|\
    Scheduler|Semaphore|Image|Information|Start|Archive|thread_trampoline|ThreadStart.__allocating_init(body:)|\
    ThreadStart.__deallocating_deinit|thread_main|StaticString should have pointer representation|\
    Userland/Runtime/ThreadMain.swift|Userland/Runtime/ThreadValues.swift|ABI/Interface/Generated/SystemError.swift|\
    Process.start(_:arguments:options:)|word|Process.slice(_:)|WordList.append(_:)|Region|.check|run|Segment|memcpy|\
    memmove|Message|Process|System|Bytes.|Services/Support/Request.swift|.add|Controller|destroy of |Rows|\
    newElements.underestimatedCount was an overestimate|Insufficient space allocated to copy array contents|(of:|\
    Locks|Store|ProgramInformation.argument(_:)|Builtin|LineEditor|Heap|.wait|\
    _ContiguousArrayBuffer._consumeAndCreateNew()|Array index is out of range|Log|enum get tag of |\
    enum tag store of |invalid Collection: less than 'count' elements in collection|Diagnostics/|\
    TaskIdentity.wait(for:_:)|Name|Handle|Move|Stacks|ServiceHost.save(_:)|ServiceHost.restore(_:)|\
    Services/Support/Service.swift|chain_|Modules/chain/Manifest.c|UnsafeMutablePointer.moveInitialize(from:count:)|\
    Bytes.number.getter|Userland/SDK/Checklist.swift|Events|init with copy of |TextOutput|Count|bench/|\
    .__deallocating_deinit|Stack|[UInt8]|Lives|Registry|swift_deletedMethodError|.describe(to:|\
    Thread.start(_:body:)|.unload|Userland/SDK/Machine.swift|index|Address|destroy of ArraySlice<UInt8>|Loading|\
    /Executables/|answer(_:_:)|SharedWord.__deallocating_deinit|Userland/SDK/Synchronization.swift|length|Check|\
    Machine.memory(_:)|.find|Pointer|Conformance|bytes|Command|Short|Index|Machine|Sweep|release|\
    Services/Support/State.swift|.remove|Mutex.__allocating_init(_:)|Mutex.__deallocating_deinit| negative|\
    ABI/Interface/ServiceStructures.swift|.__allocating_init|with:)|Can't remove|consume of |DynamicSection|.insert|\
    Modules/Support/Kernel.swift|Modules/Support/Request.swift|Mutex.init(_:)|swift_slowAlloc|\
    Array._allocateBufferUninitialized(minimumCapacity:)|.load|Userland/SDK/ServiceClient.swift|Child|address|\
    Notification|Array.append(contentsOf:)|Experiment|Interrupts|Manifest|Decoder|protect|ServiceServer.init(_:)|\
    ServiceServer.answerNext(_:)|Userland/SDK/ServiceServer.swift|Host<|StateWriter.write(_:)|PlacedPorts|.allocate|\
    megha_|ConsoleLine.write(byte:)|TaskIdentity.information()|SystemError.sentence.getter|answer|value|Manager|\
    named:|output:)|.place|Population|failsweep/|RecordLog|StateReader.number()|Frail|stack|module_|RangeSet|\
    __ashldi3|Checklist.check(_:_:)|Checks|Crowd|pages|minimumCapacity:|\
    Array replace: subrange extends past the end|subscript|Words|.information|placements/|messagetests/|Dynamic|\
    Recovery|Services/Server/ServerMain.swift|placed_service_start|placed_service_stop|placed_service_handle|\
    waitForTurn()|PortClaim.give(back:)|ServiceHost.handle(_:)|StateReader.text()|Services/Module/ModuleMain.swift|\
    Services/Module/ModuleDevices.swift|Modules/Support/allocation.c|.since|Explanation.refusal|parameters|\
     replace: subrange |Campaign|.replaceSubrange|usertests/|Instruction|parameter|Headers| out of bounds|Negative |\
    shell/Commands/|Shared|ContiguousArray._allocateBufferUninitialized(|process|RealTime|Console|UserBuffer|\
    user_copy|Outcome|ForEver|:data:reply:capacity:nanoseconds|Worker| more items |execute|.close|.describe|build:|\
    .validate|.service|Values|s/Support/DeviceClaims|(byte:)|.update|.unmap|TimerQueue|Traps/|(hexadecimalDigit:)|\
    interrupts|reserveCapacityAssumingUniqueBuffer(oldCount|IfThere()|Program|one-time initialization function |\
    ShellSyntax|segment|symbols|:resolver:| range|Section|/Primitives/| an empty |matrix/|s.condition|.restore|\
    manager/|.giveBack|CalendarTime|ramdisk|direct_|Surroundings|owner:)|order:zone:|swift_initStackObject|\
    Portable/|/Interface/Generated/SystemCallArguments|offsetBy:limitedBy:)| a collection than it| contains|\
    Relocation|inversion|s/Support/Log|s/include/port_access.|ring0_return_|Unloading|in:base:)|\
    loop induction variable overflowed|State.enter(endpoint:)|Double value cannot be|converted to UInt32 because |\
    :isCommitted:)|.notification|a collection than it |
    """
  }
}
