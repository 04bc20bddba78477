// Who exports the names that a module imports: the kernel's list, and the modules that it says it needs.

import Machine
import MachineSupport
import Modules
import Primitives

/// The kernel's exports and, for one module, those of the modules it names in its manifest.
struct ModuleLinker: SymbolResolver {
  /// The modules that may be imported from.
  var needed = ModuleSet()

  mutating func resolve(_ name: Span<UInt8>) -> SymbolBinding? {
    if let address = KernelExports.find(name) { return SymbolBinding(address: address, module: nil) }
    for slot in 0..<ModuleTable.capacity where needed.contains(slot: slot) {
      guard let module = kernel.modules.value.records[slot], let address = module.exported(name) else { continue }
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
      guard let module = kernel.modules.value.records[slot], module.exported(name) != nil else { continue }
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

/// The kernel's own exports: pairs of addresses, name and function, in the order of the names.
enum KernelExports {
  static func find(_ name: Span<UInt8>) -> UInt32? {
    let table = DirectMap.pointer(address_of_module_exports(), as: UInt32.self)
    var low = 0
    var high = Int((address_of_module_exports_end() &- address_of_module_exports()) / 8)
    while low < high {
      let middle = (low &+ high) / 2
      let order = compare(name, table[middle &* 2])
      if order == 0 { return table[middle &* 2 &+ 1] }
      if order < 0 { high = middle } else { low = middle &+ 1 }
    }
    return nil
  }

  /// Below zero where `name` comes before the text at `address`, above where it comes after.
  private static func compare(_ name: Span<UInt8>, _ address: UInt32) -> Int {
    let text = DirectMap.pointer(address, as: UInt8.self)
    for index in name.indices {
      let difference = Int(name[index]) &- Int(text[index])
      if difference != 0 { return difference }
    }
    return text[name.count] == 0 ? 0 : -1
  }
}
