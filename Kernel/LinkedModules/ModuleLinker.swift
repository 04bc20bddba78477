// Who exports the names that a module imports: the kernel's list, and the modules that it says it needs.

import MachineSupport
import Modules
import Platform
import Primitives
import VirtualMemory

/// The kernel's exports and, for one module, those of the modules it names in its manifest.
struct ModuleLinker: SymbolResolver {
  let context: Context
  /// The module's place.
  var slot = 0
  /// The modules that may be imported from.
  var needed = ModuleSet()

  init(_ context: Context) { self.context = context }

  mutating func resolve(_ name: Span<UInt8>) -> SymbolBinding? {
    if let index = KernelExports.find(name) {
      return SymbolBinding(address: KernelExports.entry(index, forSlot: slot), module: nil)
    }
    for slot in 0..<ModuleTable.capacity where needed.contains(slot: slot) {
      guard let module = context.modules.value.records[slot], let address = module.exported(name) else { continue }
      return SymbolBinding(address: address, module: module.value.number)
    }
    return nil
  }

  mutating func owner(of name: Span<UInt8>) -> ModuleText? {
    if KernelExports.find(name) != nil { return ModuleText("kernel") }
    return exporter(of: name)
  }

  mutating func provider(of name: Span<UInt8>) -> ModuleText? { exporter(of: name) }

  /// The loaded module that exports `name`.
  private func exporter(of name: Span<UInt8>) -> ModuleText? {
    for slot in 0..<ModuleTable.capacity {
      guard let module = context.modules.value.records[slot], module.exported(name) != nil else { continue }
      return module.entry?.name
    }
    return nil
  }
}

extension Reference where Value == LinkedModule {
  /// The address of an exported name.
  func exported(_ name: Span<UInt8>) -> UInt32? {
    value.plan.exports.find(name, in: memory.span, base: value.base)
  }
}

/// The kernel's own exports: the addresses of their names, in order, and entries for each place of the registry.
enum KernelExports {
  private static var count: UInt32 { (address_of_module_exports_end() &- address_of_module_exports()) / 4 }

  /// The entry of an export for the module in a place.
  static func entry(_ index: UInt32, forSlot slot: Int) -> UInt32 {
    let row = address_of_module_export_rows() &+ UInt32(slot) &* count &* address_of_module_export_entry_size()
    return row &+ index &* address_of_module_export_entry_size()
  }

  /// The assembly has a row for each place.
  static func checkLayout() {
    guard entry(0, forSlot: ModuleTable.capacity) == address_of_module_export_rows_end() else {
      panic("exports.S expects another number of modules")
    }
  }

  static func find(_ name: Span<UInt8>) -> UInt32? {
    let names = unsafe DirectMap.pointer(address_of_module_exports(), as: UInt32.self)
    var low = 0
    var high = Int(count)
    while low < high {
      let middle = (low &+ high) / 2
      let order = unsafe compare(name, names[middle])
      if order == 0 { return UInt32(middle) }
      if order < 0 { high = middle } else { low = middle &+ 1 }
    }
    return nil
  }

  /// Below zero where `name` comes before the text at `address`, above where it comes after.
  private static func compare(_ name: Span<UInt8>, _ address: UInt32) -> Int {
    let text = unsafe DirectMap.pointer(address, as: UInt8.self)
    for index in name.indices {
      let difference = unsafe Int(name[index]) &- Int(text[index])
      if difference != 0 { return difference }
    }
    return unsafe text[name.count] == 0 ? 0 : -1
  }
}
