// The functions of Machine/include/machine_support.h, by the same names: what is one instruction there is a call of the machine here.
//
// Invariant: nothing here decides. What a function means is in the header.

// The names are those of C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Foundation
import MachineLayout

private var machine: HostedMachine { HostedMachine.current }

public func current_cpu_area() -> UnsafeMutablePointer<cpu_area>! { machine.area }
/// With 64-bit pointers the kernel's state takes more room.
public func kernel_storage_size() -> UInt32 { UInt32(ImageAddress.storage.count) }

// MARK: Addresses of the image

public func address_of___image_physical_start() -> UInt32 { ImageAddress.physicalStart - 0xc000_0000 }
public func address_of___text_start() -> UInt32 { ImageAddress.text }
public func address_of___text_end() -> UInt32 { ImageAddress.textEnd }
public func address_of___read_only_start() -> UInt32 { ImageAddress.textEnd }
public func address_of___read_only_end() -> UInt32 { ImageAddress.readOnlyEnd }
public func address_of___data_start() -> UInt32 { ImageAddress.readOnlyEnd }
public func address_of___data_end() -> UInt32 { ImageAddress.end }
public func address_of___image_end() -> UInt32 { ImageAddress.end }
public func address_of___symbols_start() -> UInt32 { ImageAddress.end }
public func address_of___symbols_end() -> UInt32 { ImageAddress.end }
public func address_of___entry_start() -> UInt32 { ImageAddress.text }
public func address_of___entry_end() -> UInt32 { ImageAddress.copy }
public func address_of___recovery_start() -> UInt32 { ImageAddress.recovery }
public func address_of___recovery_end() -> UInt32 { ImageAddress.recovery + 12 }
public func address_of_cpu_area() -> UInt32 { ImageAddress.area }
public func address_of_boot_directory_pointers() -> UInt32 { ImageAddress.directoryPointers }
public func address_of_kernel_page_directory() -> UInt32 { ImageAddress.directory }
public func address_of_kernel_storage() -> UInt32 { ImageAddress.storage.lowerBound }
public func address_of_log_storage() -> UInt32 { ImageAddress.log }
public func address_of_reaper_stack_start() -> UInt32 { ImageAddress.reaperStack.lowerBound }
public func address_of_reaper_stack_end() -> UInt32 { ImageAddress.reaperStack.upperBound }
public func address_of_boot_stack_start() -> UInt32 { ImageAddress.bootStack }
public func address_of_idle_stack_start() -> UInt32 { ImageAddress.idleStack.lowerBound }
public func address_of_idle_stack_end() -> UInt32 { ImageAddress.idleStack.upperBound }
public func address_of_double_fault_stack_end() -> UInt32 { ImageAddress.reaperStack.upperBound }
public func address_of_nmi_stack_end() -> UInt32 { ImageAddress.reaperStack.upperBound }
public func address_of_trap_vectors() -> UInt32 { ImageAddress.text }
public func address_of_trap_vector_size() -> UInt32 { 16 }
public func address_of_system_call_vector() -> UInt32 { ImageAddress.text }
public func address_of_traced_call_vector() -> UInt32 { ImageAddress.text }
public func address_of_spurious_vector() -> UInt32 { ImageAddress.text }
public func address_of_sysenter_entry() -> UInt32 { ImageAddress.text }
public func address_of_direct_entry_separate() -> UInt32 { ImageAddress.text + 1 }
public func address_of_direct_entry_shared() -> UInt32 { ImageAddress.text + 2 }
public func address_of_direct_entry_guarded() -> UInt32 { ImageAddress.text + 3 }
public func address_of_double_fault_entry() -> UInt32 { ImageAddress.text }
public func address_of_nmi_entry() -> UInt32 { ImageAddress.text }
public func address_of_task_start() -> UInt32 { ImageAddress.taskStart }
public func address_of_resume_dead() -> UInt32 { ImageAddress.text }
public func address_of_idle_halt() -> UInt32 { ImageAddress.text }
public func address_of_probe_fault() -> UInt32 { ImageAddress.copyFault }
public func address_of_smap_patches() -> UInt32 { ImageAddress.recovery }
public func address_of_smap_patches_end() -> UInt32 { ImageAddress.recovery }
public func address_of_system_call_page_sysenter() -> UInt32 { ImageAddress.callPages }
public func address_of_system_call_page_gate() -> UInt32 { ImageAddress.callPages }
public func address_of_system_call_page_traced() -> UInt32 { ImageAddress.callPages }
public func address_of_system_call_page_size() -> UInt32 { 64 }
public func address_of_thread_return() -> UInt32 { 0 }
public func address_of_module_abandon() -> UInt32 { ImageAddress.text }
public func address_of_module_door_cut() -> UInt32 { ImageAddress.text }
public func address_of_module_call_cut() -> UInt32 { ImageAddress.text }
public func address_of_closed_door() -> UInt32 { ImageAddress.callPages + 0x800 }
public func address_of_module_exports() -> UInt32 { ImageAddress.callPages }
public func address_of_module_exports_end() -> UInt32 { ImageAddress.callPages }
public func address_of_module_export_rows() -> UInt32 { ImageAddress.callPages }
public func address_of_module_export_rows_end() -> UInt32 { ImageAddress.callPages }
public func address_of_module_export_entry_size() -> UInt32 { 7 }
public func address_of_module_entries_start() -> UInt32 { ImageAddress.text }
public func address_of_module_entries_end() -> UInt32 { ImageAddress.text }
public func address_of_module_stack_end() -> UInt32 { 0xf800_0000 + 4096 + 16384 }

// MARK: Memory

public func memory_read32(_ address: UInt32) -> UInt32 { machine.read32(address) }
public func memory_write32(_ address: UInt32, _ value: UInt32) { machine.write32(address, value) }
public func memory_read16(_ address: UInt32) -> UInt16 {
  UnsafePointer<UInt16>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
}
public func memory_write16(_ address: UInt32, _ value: UInt16) {
  UnsafeMutablePointer<UInt16>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee = value
}
public func zero_words(_ address: UInt32, _ words: UInt32) {
  memset(UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped, 0, Int(words) * 4)
}
public func copy_words(_ to: UInt32, _ from: UInt32, _ words: UInt32) {
  memmove(
    UnsafeMutableRawPointer(bitPattern: UInt(to)).unsafelyUnwrapped,
    UnsafeRawPointer(bitPattern: UInt(from)).unsafelyUnwrapped, Int(words) * 4)
}
public func user_copy(_ destination: UnsafeMutableRawPointer!, _ source: UnsafeRawPointer!, _ count: UInt32) -> UInt32 {
  machine.copyForKernel(to: UInt(bitPattern: destination), from: UInt(bitPattern: source), count)
}
public func user_copy_structure(
  _ destination: UnsafeMutableRawPointer!, _ source: UnsafeRawPointer!, _ words: UInt32
) -> UInt32 {
  user_copy(destination, source, words * 4)
}
public func user_copy_words(_ destination: UInt32, _ source: UInt32, _ words: UInt32) -> UInt32 {
  (machine.copyForKernel(to: UInt(destination), from: UInt(source), words * 4) + 3) / 4
}
public func probe_access(_ address: UInt32, _ kind: UInt32) -> UInt32 {
  guard let entry = machine.memory?.kernelEntry(of: address) else { return 1 }
  return kind == 1 && entry & 2 == 0 || kind == 2 && entry >> 63 != 0 ? 1 : 0
}
public func invalidate_page(_ address: UInt32) { machine.memory?.invalidate(address) }

// MARK: Flows of control

public func before_switch(_ directory: UInt32) {}
public func stop_with_panic(_ reason: UnsafePointer<UInt8>?, _ length: UInt32) -> Never {
  machine.panicHandler(reason, length)
}
public func switch_context(
  _ place: UnsafeMutablePointer<UInt32>!, _ stackPointer: UInt32, _ directory: UInt32, _ protect: UInt32
) {
  place.pointee = machine.flows.running
  machine.go(to: stackPointer, directory, leaving: false)
}
public func resume_context(_ stackPointer: UInt32, _ directory: UInt32, _ protect: UInt32) -> Never {
  machine.go(to: stackPointer, directory, leaving: true)
  fatalError("a flow that was left for good was gone to")
}
public func call_on_reaper_stack(_ function: @escaping @convention(c) () -> Void) -> Never {
  machine.area.pointee.loaded_directory = machine.area.pointee.kernel_directory
  machine.flows.leave(
    for: machine.flows.add {
      function()
      fatalError("the end of a task came back")
    })
}
public func call_on_idle_stack(_ function: @escaping @convention(c) () -> Void) -> Never {
  machine.flows.leave(
    for: machine.flows.add {
      function()
      fatalError("the idle loop came back")
    })
}
public func run_on_reaper_stack(_ function: @convention(c) () -> Void) { function() }

extension HostedMachine {
  func go(to stackPointer: UInt32, _ directory: UInt32, leaving: Bool) {
    if directory != 0 { area.pointee.loaded_directory = directory }
    switches += 1
    let flow = flows.isFlow(stackPointer) ? stackPointer : begin(at: stackPointer)
    if leaving { flows.leave(for: flow) } else { flows.go(to: flow) }
  }

  /// The flow of a task whose first registers lie at `stackPointer`, behind the address of where it begins.
  private func begin(at stackPointer: UInt32) -> UInt32 {
    var frame = trap_frame()
    let size = MemoryLayout<trap_frame>.size
    withUnsafeMutableBytes(of: &frame) { bytes in
      let left = copyForKernel(to: UInt(bitPattern: bytes.baseAddress), from: UInt(stackPointer) + 4, UInt32(size))
      precondition(left == 0, "a task's first registers do not lie on its stack")
    }
    return flows.add { [unowned self] in self.enterTask(frame) }
  }

  /// A flow of a test's own. Returns what stands for its stack pointer.
  public func addFlow(_ body: @escaping () -> Never) -> UInt32 { flows.add(body) }
}

// MARK: Modules

public func export_stack_pointer() -> UInt32 { 0 }
public func export_frame_pointer() -> UInt32 { 0 }
public func export_place() -> UInt8 { 0 }
public func read_module_data() -> UInt32 { machine.moduleData }
public func write_module_data(_ address: UInt32) { machine.moduleData = address }
public func read_module_afterwards() -> UInt32 { machine.moduleAfterwards }
public func write_module_afterwards(_ value: UInt32) { machine.moduleAfterwards = value }
public func read_module_room_of_guarded() -> UInt32 { 0 }
public func read_module_bytes_copied() -> UInt64 { 0 }
public func read_module_stack_user() -> UInt32 { machine.moduleStackUser }
public func write_module_stack_user(_ user: UInt32) { machine.moduleStackUser = user }
public func module_call(
  _ function: UInt32, _ argument: UInt32, _ door: UnsafePointer<module_door>!, _ stackEnd: UInt32
) -> UInt64 { machine.callModule(function, argument) }
public func leave_module() -> Never { fatalError("a call into a module was given up") }

// MARK: Devices

public func port_write8(_ port: UInt16, _ value: UInt8) { machine.writePort(port, UInt32(value)) }
public func port_write16(_ port: UInt16, _ value: UInt16) { machine.writePort(port, UInt32(value)) }
public func port_write32(_ port: UInt16, _ value: UInt32) { machine.writePort(port, value) }
public func port_read8(_ port: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: machine.readPort(port)) }
public func port_read16(_ port: UInt16) -> UInt16 { UInt16(truncatingIfNeeded: machine.readPort(port)) }
public func port_read32(_ port: UInt16) -> UInt32 { machine.readPort(port) }

// MARK: The processor

public func read_time_stamp() -> UInt64 {
  let machine = machine
  machine.stamp += machine.stampStep
  return machine.stamp
}
public func stamp_at_entry() -> UInt64 { 0 }
public func read_model_register(_ number: UInt32) -> UInt64 { machine.modelRegisters[number] ?? 0 }
public func write_model_register(_ number: UInt32, _ low: UInt32, _ high: UInt32) {
  machine.modelRegisters[number] = UInt64(high) << 32 | UInt64(low)
}
public func random_number() -> UInt32 { fatalError("this processor makes no random numbers") }
/// A processor of family 6 with SYSENTER, global pages, no-execute and 36 address bits.
public func cpuid(_ leaf: UInt32, _ subleaf: UInt32) -> cpuid_result {
  switch leaf {
  case 0: cpuid_result(eax: 1, ebx: 0, ecx: 0, edx: 0)
  case 1: cpuid_result(eax: 0x6f0, ebx: 0, ecx: 0, edx: 1 << 9 | 1 << 11 | 1 << 13 | 1 << 24)
  case 0x8000_0000: cpuid_result(eax: 0x8000_0008, ebx: 0, ecx: 0, edx: 0)
  case 0x8000_0001: cpuid_result(eax: 0, ebx: 0, ecx: 0, edx: 1 << 20)
  case 0x8000_0008: cpuid_result(eax: 36, ebx: 0, ecx: 0, edx: 0)
  default: cpuid_result(eax: 0, ebx: 0, ecx: 0, edx: 0)
  }
}
public func read_cr0() -> UInt32 { machine.controls.cr0 }
public func read_cr2() -> UInt32 { machine.controls.cr2 }
public func read_cr3() -> UInt32 { machine.controls.cr3 }
public func read_cr4() -> UInt32 { machine.controls.cr4 }
public func write_cr0(_ value: UInt32) { machine.controls.cr0 = value }
public func write_cr3(_ value: UInt32) { machine.controls.cr3 = value }
public func write_cr4(_ value: UInt32) { machine.controls.cr4 = value }
public func read_dr7() -> UInt32 { machine.debugRegisters.dr7 }
public func write_dr6(_ value: UInt32) { machine.debugRegisters.dr6 = value }
public func write_dr7(_ value: UInt32) { machine.debugRegisters.dr7 = value }
public func read_interrupt_table() -> descriptor_table { machine.gateTable }
public func read_descriptor_table() -> descriptor_table { machine.segmentTable }
public func load_interrupt_table(_ base: UInt32, _ limit: UInt16) {
  machine.gateTable = descriptor_table(limit: limit, base: base)
}
public func load_descriptor_table(_ base: UInt32, _ limit: UInt16) {
  machine.segmentTable = descriptor_table(limit: limit, base: base)
}
public func load_task_register(_ selector: UInt16) {}
public func load_data_segments() {}
public func load_thread_segment() {}
public func read_frame_pointer() -> UInt32 { 0 }
@inline(never) public func return_address() -> UInt32 { 0 }
public func allow_interrupts() {
  machine.atPreemptionPoint()
  machine.deliverInterruptsToKernel()
}
public func disable_interrupts() {}
public func wait_for_interrupt() { machine.waitForInterrupt() }
public func halt_forever() -> Never {
  machine.finish(.stopped(.max))
  fatalError("a machine that was stopped went on")
}
public func clear_task_switched() { machine.controls.cr0 &= ~8 }
// Nobody computes with x87 or SSE here but the host.
public func save_extended_state(_ area: UInt32) {}
public func restore_extended_state(_ area: UInt32) {}
public func save_float_state(_ area: UInt32) {}
public func restore_float_state(_ area: UInt32) {}
public func initialize_float_state() {}
