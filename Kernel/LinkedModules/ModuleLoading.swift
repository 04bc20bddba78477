// Loading a module: the file is judged as a whole, then given pages, linked, and started.
//
// Invariant: a step that fails leaves taking back to the errand, so that nothing of the module is left: no page, no
// allocation, no name.

import ABI
import Diagnostics
import IPC
import Memory
import Messages
import Modules
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

package struct ModuleLoading {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Loads the module in `file` with the `parameters`, words `name=value`. Returns its place.
  ///
  /// `link` and the rest are not inlined into one function: the loader's large frame is gone before the module's start function
  /// runs on what the kernel stack has left.
  package func load(
    _ file: KernelBytes, parameters: borrowing ModuleWords, explain: inout TextBuffer
  ) throws(SystemError) -> Int32 {
    let (errand, failure) = try link(file, parameters, &explain)
    try ModuleLife(context).carryOut(errand, after: failure, &explain)
    return Int32(errand.module.slot)
  }

  /// Judges a module, and begins its life by linking it. It has not run then.
  @inline(never) private func link(
    _ file: KernelBytes, _ parameters: borrowing ModuleWords, _ explain: inout TextBuffer
  ) throws(SystemError) -> (ModuleErrand, SystemError?) {
    let image: ModuleImage
    var linker = ModuleLinker(context)
    do throws(ModuleError) {
      image = try read(file.span)
      context.scheduler.preemptionPoint()
      if !context.modules.value.isCodeGood(ofFileAt: file.address) {
        try image.checkCode()
        context.modules.value.noteGoodCode(ofFileAt: file.address)
      }
    } catch {
      error.describe(to: &explain, file: file.span, resolver: &linker)
      if case .code(_, let address) = error {
        ModuleDirectory(context).writeFunction(at: address, of: file, to: &explain)
      }
      throw .badModule
    }
    try check(parameters, for: image, &explain)
    context.scheduler.preemptionPoint()
    var errand = try begin(image, &explain)
    linker.slot = errand.module.slot
    var failure: SystemError?
    do throws(SystemError) {
      let used = try bind(image, file, errand.module, &linker, &explain)
      // Whom it uses is held from here on, and nobody else takes out what is being loaded.
      try addUses(used, by: errand.module, &explain)
      context.scheduler.preemptionPoint()
      let module = try makeRecord(image, errand.module, file)
      try holdServices(of: image, for: module, &explain)
      try place(image, module, parameters, &linker)
    } catch {
      failure = error
      if explain.isEmpty {
        explain.write("module ")
        explain.write(image.plan.manifest.name.bytes)
        explain.write(": ")
        explain.write(error.sentence)
      }
    }
    context.modules.value.registry.advance(&errand, isDone: failure == nil)
    return (errand, failure)
  }

  // MARK: Before anything is mapped

  /// A function of its own: its frame has room for what the file says several times over, and is to be gone before the rest.
  @_lifetime(copy file)
  @inline(never) private func read(_ file: Span<UInt8>) throws(ModuleError) -> ModuleImage {
    try ModuleImage(file: file, build: ModuleDirectory.buildIdentity)
  }

  @inline(never) private func check(
    _ parameters: borrowing ModuleWords, for image: borrowing ModuleImage, _ explain: inout TextBuffer
  ) throws(SystemError) {
    for index in 0..<parameters.count {
      let word = parameters[index]
      do throws(ParameterError) {
        _ = try image.assignment(of: word.span)
      } catch {
        error.describe(to: &explain, argument: word.span)
        throw .badArgument
      }
    }
  }

  @inline(never) private func begin(
    _ image: borrowing ModuleImage, _ explain: inout TextBuffer
  ) throws(SystemError) -> ModuleErrand {
    do throws(RegistryError) {
      let manifest = image.plan.manifest
      return try context.modules.value.registry.beginLoading(name: manifest.name, version: manifest.version)
    } catch {
      error.describe(to: &explain, registry: context.modules.value.registry)
      if case .full = error { throw .limitReached }
      throw .alreadyExists
    }
  }

  /// Notes the modules that this one needs, and finds everything that it imports.
  @inline(never) private func bind(
    _ image: borrowing ModuleImage, _ file: KernelBytes, _ number: ModuleNumber, _ linker: inout ModuleLinker,
    _ explain: inout TextBuffer
  ) throws(SystemError) -> ModuleSet {
    for index in 0..<image.plan.manifest.needCount {
      guard let need = image.need(index) else { continue }
      guard let needed = context.modules.value.registry.find(need.bytes) else {
        explain.write("the module needs module ")
        explain.write(need.bytes)
        explain.write(", which is not loaded")
        throw .notFound
      }
      linker.needed.insert(needed)
      try addUse(of: needed, by: number, &explain)
    }
    do throws(ModuleError) {
      return try image.bind(&linker)
    } catch {
      error.describe(to: &explain, file: file.span, resolver: &linker)
      throw .badModule
    }
  }

  @inline(never) private func addUses(
    _ used: ModuleSet, by number: ModuleNumber, _ explain: inout TextBuffer
  ) throws(SystemError) {
    for slot in 0..<ModuleTable.capacity where used.contains(slot: slot) {
      guard let module = context.modules.value.registry.module(inSlot: slot) else { continue }
      try addUse(of: module, by: number, &explain)
    }
  }

  @inline(never) private func addUse(
    of used: ModuleNumber, by user: ModuleNumber, _ explain: inout TextBuffer
  ) throws(SystemError) {
    do throws(RegistryError) {
      try context.modules.value.registry.addUse(by: user, of: used)
    } catch {
      error.describe(to: &explain, registry: context.modules.value.registry)
      throw .busy
    }
  }

  /// Its frame holds a whole record, so it calls nothing.
  @inline(never) private func fill(
    _ place: UnsafeMutablePointer<LinkedModule>, _ image: borrowing ModuleImage, _ number: ModuleNumber,
    _ file: KernelBytes, _ base: UInt32
  ) {
    unsafe place.initialize(to: LinkedModule(image.plan, number: number, file: file, base: base, in: context))
  }

  @inline(never) private func makeRecord(
    _ image: borrowing ModuleImage, _ number: ModuleNumber, _ file: KernelBytes
  ) throws(SystemError) -> Reference<LinkedModule> {
    guard let base = ModuleArea(context).place(pages: image.plan.pageCount) else { throw .outOfMemory }
    let pointer: UnsafeMutablePointer<LinkedModule> = unsafe try KernelHeap(context).allocateUncharged(tag: .module)
    unsafe fill(pointer, image, number, file, base)
    let module = unsafe Reference(pointer)
    context.modules.value.insert(module)
    return module
  }

  /// Makes sure that the names of its services exist, and that nobody serves them.
  @inline(never) private func holdServices(
    of image: borrowing ModuleImage, for module: Reference<LinkedModule>, _ explain: inout TextBuffer
  ) throws(SystemError) {
    for index in 0..<image.plan.manifest.serviceCount {
      guard let offered = image.service(index) else { continue }
      let service = try Services(context).findOrMake(Name(offered.name))
      Services(context).retain(service)
      module.value.services[index] = OfferedService(
        service: service, function: module.value.base &+ offered.function, callsBefore: service.callCount)
      module.value.serviceCount = index &+ 1
      if case .nobody = service.value.server { continue }
      if service.value.queues.holder != .none { continue }
      writeIsServed(offered.name.bytes, to: &explain)
      throw .alreadyExists
    }
  }

  private func writeIsServed(_ name: Span<UInt8>, to output: inout TextBuffer) {
    output.write("service ")
    output.write(name)
    output.write(" is served already")
  }

  // MARK: Linking and starting

  /// Maps and links the module.
  @inline(never) private func place(
    _ image: borrowing ModuleImage, _ module: Reference<LinkedModule>, _ parameters: borrowing ModuleWords,
    _ linker: inout ModuleLinker
  ) throws(SystemError) {
    let base = module.value.base
    try ModuleArea(context).map(image.plan, at: base)
    context.scheduler.preemptionPoint()
    var pages = ModulePages(base: base)
    do throws(ModuleError) {
      try image.apply(base: base, resolver: &linker, memory: &pages)
    } catch { throw .badModule }
    context.scheduler.preemptionPoint()
    for index in 0..<parameters.count {
      let word = parameters[index]
      // Checked before: it cannot fail now.
      do throws(ParameterError) { try image.assignment(of: word.span).store(word.span, in: &pages) } catch {}
    }
    ModuleArea(context).protect(image.plan, at: base)
  }

  /// Runs the initializers and the start function.
  func start(_ module: Reference<LinkedModule>, _ explain: inout TextBuffer) throws(SystemError) {
    do throws(SystemError) {
      let memory = module.memory
      for index in 0..<module.value.plan.initializerCount {
        guard let function = module.value.plan.initializer(index, in: memory.span, base: module.value.base) else {
          continue
        }
        _ = try ModuleCall(context).run(function, of: module)
      }
      let function = module.value.base &+ module.value.plan.manifest.start
      let result = try ModuleCall(context).run(function, of: module)
      guard result == 0 else {
        explain.write("the start function of module ")
        module.value.name.write(to: &explain)
        explain.write(" returned ")
        explain.write(decimal: Int(result))
        throw SystemError(rawValue: result) ?? .badModule
      }
    } catch {
      if error == .serviceFaulted && explain.isEmpty {
        explain.write("module ")
        module.value.name.write(to: &explain)
        explain.write(" failed while it started; the log says how")
      }
      throw error
    }
  }

  /// Makes its services answer, of which another server may have taken one while the module started.
  func publish(_ module: Reference<LinkedModule>, _ explain: inout TextBuffer) throws(SystemError) {
    for index in 0..<module.value.serviceCount {
      guard let offered = module.value.services[index] else { continue }
      do throws(SystemError) {
        try Services(context).install(
          .module(LinkedServer(module: UInt32(module.address), function: offered.function)), in: offered.service,
          by: context.currentProcess)
      } catch {
        let name = offered.service.value.name
        writeIsServed(name.text, to: &explain)
        throw error
      }
    }
  }
}

extension Name {
  package init(_ text: ModuleText) {
    self.init()
    let source = text.bytes
    for index in source.indices { bytes[index] = source[index] }
  }
}
