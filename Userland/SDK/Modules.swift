// Kernel modules: loading, unloading and looking at them.

import ABI
import Runtime

public enum Modules {
  /// Links the module in the file at `path` into the kernel half and starts it.
  ///
  /// - Parameter parameters: words `name=value`.
  public static func load(_ path: Bytes, parameters: borrowing WordList) throws(Refusal) {
    var explanation = Explanation()
    let result = unsafe parameters.withSlices { slices in
      unsafe explanation.withMemory { memory in
        var words = ModuleParameters()
        unsafe words.address = address(slices.baseAddress)
        words.count = UInt32(slices.count)
        unsafe words.explanationAddress = address(memory)
        words.explanationCapacity = Explanation.capacity
        return unsafe SystemCalls.moduleLoad(path.address, UInt32(path.count), &words)
      }
    }
    if result < 0 { throw explanation.refusal(result) }
  }

  /// Stops the module of this name and gives back all it holds.
  ///
  /// - Parameter flags: with `noWait` it is refused while calls are inside, else those are waited for.
  public static func unload(_ name: Bytes, _ flags: WaitFlags = []) throws(Refusal) {
    var explanation = Explanation()
    let result = unsafe explanation.withMemory { memory in
      unsafe SystemCalls.moduleUnload(name.address, UInt32(name.count), memory, Explanation.capacity, flags)
    }
    if result < 0 { throw explanation.refusal(result) }
  }

  /// The loaded module of this name; nil where there is none.
  public static func information(named name: Bytes) -> ModuleInformation? {
    var index: UInt32 = 0
    while let module = information(index) {
      if module.name.isEqual(to: name) { return module }
      index += 1
    }
    return nil
  }

  /// The loaded module number `index`, from 0; nil after the last.
  public static func information(_ index: UInt32) -> ModuleInformation? {
    var information = ModuleInformation()
    return unsafe SystemCalls.moduleInformation(index, &information) < 0 ? nil : information
  }
}

extension ModuleInformation {
  /// Whether a call into it faulted, so that it answers no more and is to be taken out.
  public var hasFailed: Bool { state == 3 }
}
