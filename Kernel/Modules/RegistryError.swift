// Why the registry refuses: with who uses whom, by name.

import Primitives

/// Modules that each use the next one; the last is the first again.
public struct ModuleCycle: Equatable, Sendable {
  private var slots = InlineArray<66, UInt8>(repeating: 0)
  public private(set) var count = 0

  init(first slot: Int) { append(slot) }

  /// The place of step `index`, below `count`.
  public subscript(_ index: Int) -> Int { Int(slots[index]) }

  mutating func append(_ slot: Int) {
    slots[count] = UInt8(truncatingIfNeeded: slot)
    count &+= 1
  }

  mutating func removeLast() { count &-= 1 }

  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }
}

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
  /// Modules would use each other in a circle.
  case cycle(ModuleCycle)
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
      output.write(" is ")
      output.write(state.name)
    case .cycle(let cycle):
      output.write("modules need each other in a circle: ")
      for index in 0..<cycle.count {
        if index > 0 { output.write(" -> ") }
        registry.writeName(ofSlot: cycle[index], to: &output)
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
