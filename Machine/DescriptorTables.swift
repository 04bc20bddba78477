// Segments, task states and interrupt gates (Intel SDM Vol. 3, 3.4.5, 6.11 and 8.2).
//
// Memory is flat: every segment spans 4 GiB, except GS, whose base is the running thread's pointer to its own data.

import MachineSupport
import Platform

package enum DescriptorTables {
  /// Fills the GDT, the three task states and the IDT of this CPU's area and loads them.
  package static func install() {
    let area = current_cpu_area()!
    let flags: UInt64 = 0xc  // 4 KiB granularity, 32-bit
    withUnsafeMutablePointer(to: &area.pointee.descriptors) { tuple in
      let table = UnsafeMutableRawPointer(tuple).assumingMemoryBound(to: UInt64.self)
      // "Accessed" is set beforehand: the processor must never write to the table, which a guarded view may hold
      // read-only.
      table[1] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0x9b, flags: flags)
      table[2] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0x93, flags: flags)
      table[3] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0xfb, flags: flags)
      table[4] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0xf3, flags: flags)
      table[5] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0x9b, flags: flags)
      table[6] = Processor.segment(base: 0, limit: 0xf_ffff, access: 0xf3, flags: flags)
      table[7] = taskState(UInt32(UInt(bitPattern: area)) + UInt32(CPU_AREA_STATE))
      table[8] = taskState(UInt32(UInt(bitPattern: area)) + UInt32(CPU_AREA_DOUBLE_FAULT))
      table[9] = taskState(UInt32(UInt(bitPattern: area)) + UInt32(CPU_AREA_NMI))
    }
    area.pointee.state.ss0 = UInt32(SELECTOR_KERNEL_DATA)
    area.pointee.state.io_map_base = 104
    area.pointee.reaper_stack_end = address_of_reaper_stack_end()
    area.pointee.direct_entry = address_of_direct_entry_separate()
    area.pointee.direct_entry_selector = UInt32(SELECTOR_KERNEL_CODE)
    prepare(
      &area.pointee.double_fault, entry: address_of_double_fault_entry(), stack: address_of_double_fault_stack_end())
    prepare(&area.pointee.nmi, entry: address_of_nmi_entry(), stack: address_of_nmi_stack_end())
    withUnsafeMutablePointer(to: &area.pointee.interrupts) { tuple in
      let table = UnsafeMutableRawPointer(tuple).assumingMemoryBound(to: UInt64.self)
      let size = address_of_trap_vector_size()
      for vector in 0..<64 {
        // Breakpoint and overflow may be raised by programs in Ring 3.
        let privilege: UInt64 = vector == 3 || vector == 4 ? 3 : 0
        table[vector] = gate(address_of_trap_vectors() + UInt32(vector) * size, privilege: privilege)
      }
      table[2] = taskGate(SELECTOR_NMI_STATE)
      table[8] = taskGate(SELECTOR_DOUBLE_FAULT_STATE)
      table[0x80] = gate(address_of_system_call_vector(), privilege: 3)
      table[0x81] = gate(address_of_traced_call_vector(), privilege: 3)
      table[0xff] = gate(address_of_spurious_vector(), privilege: 0)
    }
    load()
    load_task_register(UInt16(SELECTOR_TASK_STATE))
    load_thread_segment()
  }

  private static var segmentLimit: UInt16 { 10 * 8 - 1 }
  private static var gateLimit: UInt16 { 256 * 8 - 1 }
  private static var segmentBase: UInt32 {
    UInt32(UInt(bitPattern: current_cpu_area())) &+ UInt32(CPU_AREA_DESCRIPTORS)
  }
  private static var gateBase: UInt32 { UInt32(UInt(bitPattern: current_cpu_area())) &+ UInt32(CPU_AREA_INTERRUPTS) }

  /// Points GDTR and IDTR at the tables.
  package static func load() {
    load_descriptor_table(segmentBase, segmentLimit)
    load_thread_segment()
    load_interrupt_table(gateBase, gateLimit)
  }

  /// Whether GDTR and IDTR point at the tables.
  package static var areLoaded: Bool {
    let segments = read_descriptor_table()
    let gates = read_interrupt_table()
    return segments.base == segmentBase && segments.limit == segmentLimit && gates.base == gateBase
      && gates.limit == gateLimit
  }

  private static func prepare(_ state: inout task_state_segment, entry: UInt32, stack: UInt32) {
    state.eip = entry
    state.esp = stack
    state.cs = UInt32(SELECTOR_KERNEL_CODE)
    state.ss = UInt32(SELECTOR_KERNEL_DATA)
    state.ds = UInt32(SELECTOR_USER_DATA)
    state.es = UInt32(SELECTOR_USER_DATA)
    state.eflags = 2
    state.io_map_base = 104
  }

  private static func taskState(_ base: UInt32) -> UInt64 {
    Processor.segment(base: base, limit: 103, access: 0x89, flags: 0)
  }

  /// An interrupt gate: interrupts are off on entry.
  private static func gate(_ entry: UInt32, privilege: UInt64) -> UInt64 {
    UInt64(entry & 0xffff) | UInt64(SELECTOR_KERNEL_CODE) << 16 | (0x8e00 | privilege << 13) << 32
      | UInt64(entry >> 16) << 48
  }

  private static func taskGate(_ selector: Int32) -> UInt64 { UInt64(selector) << 16 | 0x8500 << 32 }
}
