// Pages that a caller lends to a module: mapped read-only where modules may reach them, for as long as the call lasts. The call on
// the processor's stack for modules has the window; others get copies.
//
// Invariants:
// - The window's page table is held. As many pages as `module_afterwards` counts are mapped, from the first; without a call, none are.
// - What is lent is held by the window too, so it stays memory whatever the caller does meanwhile.
// - The room for the reply is not lent: what a service reads does not change by what it writes.

import ABI
import IPC
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ModuleWindow {
  let context: Context

  package init(_ context: Context) { self.context = context }

  private static var start: UInt32 { KernelLayout.moduleWindow }

  /// Makes the empty window, at boot.
  func start() {
    do throws(PageTableError) {
      context.modules.value.windowEntries = try context.memory.tables.hold(
        tableOf: VirtualAddress(Self.start), cache: ProcessorTranslationCache(context))
    } catch { panic("no memory for the page table of the modules' window") }
  }

  /// The same for the request at this address. Returns 0 where nothing is mapped.
  package func open(request: UInt32) -> UInt32 {
    let message = unsafe DirectMap.pointer(request, as: ModuleRequest.self).pointee.message
    return open(message.dataAddress, message.dataLength, room: message.bufferAddress, message.bufferCapacity) ?? 0
  }

  /// Maps what the current task lends. Returns where; nil where something is not right: then nothing is mapped.
  private func open(_ start: UInt32, _ length: UInt32, room: UInt32, _ capacity: UInt32) -> UInt32? {
    guard (start | length) & (pageSize &- 1) == 0, length > 0, length <= Calls.dataLimit,
      UserBuffer(address: start, length: length, in: context).isInside,
      capacity == 0 || room &- start >= length && start &- room >= capacity
    else { return nil }
    let space = context.scheduler.current.value.space
    var entry = context.modules.value.windowEntries
    var done: UInt32 = 0
    while done < length {
      do throws(SystemError) {
        let frame = try space.frameToLend(ofPage: start &+ done)
        guard Frames(context).share(frame) else { throw .limitReached }
        context.memory.tables.put(frame, [], at: entry)
        write_module_afterwards(read_module_afterwards() &+ 1)
      } catch {
        close()
        return nil
      }
      entry = entry.next
      done &+= pageSize
    }
    return Self.start
  }

  /// Takes back what is lent, for the call has come back. Returns whether its reply waits for `giveToGuarded`.
  @discardableResult
  package func close() -> Bool {
    let cache = ProcessorTranslationCache(context)
    var entry = context.modules.value.windowEntries
    var page = Self.start
    let afterwards = read_module_afterwards()
    var left = afterwards & ~Self.replyWaits
    write_module_afterwards(0)
    while left > 0 {
      Frames(context).release(context.memory.tables.clear(VirtualAddress(page), at: entry).flush(cache).frame)
      entry = entry.next
      page &+= pageSize
      left &-= 1
    }
    return afterwards & Self.replyWaits != 0
  }

  private static var replyWaits: UInt32 { 1 << 31 }
}
