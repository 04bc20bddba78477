// Why the registry refuses: with who uses whom, by name.

import Primitives

/// One reason of the registry to refuse.
public enum RegistryError: Error, Equatable, Sendable {
  /// A module of this name is there.
  case alreadyLoaded(ModuleNumber)
  /// 64 modules are there.
  case full
  /// The number means no module any more.
  case gone
  /// The module is in a state that does not allow this.
  case notReady(ModuleNumber, ModuleState)
  /// Other modules use it.
  case usedBy(ModuleNumber, ModuleSet)
  /// Threads are inside it.
  case threadsInside(ModuleNumber, count: UInt32)

  /// Writes one sentence, without a line end; `registry` knows the names.
  public func describe(to output: inout some TextOutput, registry: borrowing ModuleRegistry) {
    switch self {
    case .alreadyLoaded(let module):
      output.write("module ")
      registry.writeName(ofSlot: module.slot, to: &output)
      output.write(" is loaded already")
    case .full:
      output.write("there are 64 modules, and no place for more")
    case .gone:
      output.write("there is no such module any more")
    case .notReady(let module, let state):
      output.write("module ")
      registry.writeName(ofSlot: module.slot, to: &output)
      switch state {
      case .draining, .stopping: output.write(" is being taken out")
      case .loading, .starting, .live, .failed:
        output.write(" is ")
        output.write(state.name)
      }
    case .usedBy(let module, let users):
      output.write("module ")
      registry.writeName(ofSlot: module.slot, to: &output)
      output.write(" is used by ")
      var rest = users
      var isFirst = true
      while let slot = rest.first {
        rest.remove(slot: slot)
        if !isFirst { output.write(", ") }
        isFirst = false
        registry.writeName(ofSlot: slot, to: &output)
      }
    case .threadsInside(let module, let count):
      output.write("module ")
      registry.writeName(ofSlot: module.slot, to: &output)
      output.write(" has ")
      output.write(decimal: count)
      output.write(count == 1 ? " thread inside" : " threads inside")
    }
  }
}

extension ModuleRegistry {
  /// Writes the name of the module in a place, or `?`.
  func writeName(ofSlot slot: Int, to output: inout some TextOutput) {
    if let module = module(inSlot: slot), let entry = entry(module) {
      output.write(entry.name.bytes)
    } else {
      output.write("?")
    }
  }
}
