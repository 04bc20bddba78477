// Loading a module: the file is judged as a whole, then given pages, linked, and started.
//
// Invariant: a step that fails takes back all that came before it, so that nothing of the module is left: no page, no
// allocation, no name.

import ABI
import Executables
import MachineSupport
import Modules
import Primitives
import Tasks

enum ModuleLoading {
  /// Loads the module in `file` with the `parameters`, words `name=value`. Returns its place.
  @inline(never)
  static func load(
    _ file: KernelBytes, parameters: borrowing ModuleWords, explain: inout TextBuffer
  ) throws(SystemError) -> Int32 {
    let image: ModuleImage
    var linker = ModuleLinker()
    do throws(ModuleError) {
      image = try ModuleImage(file: file.span, build: Modules.buildIdentity)
    } catch {
      error.describe(to: &explain, file: file.span, resolver: &linker)
      throw .badModule
    }
    try check(parameters, for: image, &explain)
    let name = image.plan.manifest.name
    let number = try begin(image, &explain)
    do throws(SystemError) {
      let used = try bind(image, file, number, &linker, &explain)
      try addUses(used, by: number, &explain)
      try checkServices(of: image, &explain)
      let module = try makeRecord(image, number, file)
      do throws(SystemError) {
        try place(image, module, parameters, &linker, &explain)
      } catch {
        ModuleUnloading.takeBack(module)
        throw error
      }
      return Int32(number.slot)
    } catch {
      abandon(number)
      if explain.isEmpty {
        explain.write("module ")
        explain.write(name.bytes)
        explain.write(": ")
        explain.write(error.sentence)
      }
      throw error
    }
  }

  // MARK: Before anything is mapped

  private static func check(
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

  private static func begin(
    _ image: borrowing ModuleImage, _ explain: inout TextBuffer
  ) throws(SystemError) -> ModuleNumber {
    do throws(RegistryError) {
      let manifest = image.plan.manifest
      return try kernel.modules.value.registry.begin(name: manifest.name, version: manifest.version)
    } catch {
      error.describe(to: &explain, registry: kernel.modules.value.registry)
      if case .full = error { throw .limitReached }
      throw .alreadyExists
    }
  }

  /// Notes the modules that this one needs, and finds everything that it imports.
  private static func bind(
    _ image: borrowing ModuleImage, _ file: KernelBytes, _ number: ModuleNumber, _ linker: inout ModuleLinker,
    _ explain: inout TextBuffer
  ) throws(SystemError) -> ModuleSet {
    for index in 0..<image.plan.manifest.needCount {
      guard let need = image.need(index) else { continue }
      guard let needed = kernel.modules.value.registry.find(need.bytes) else {
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

  private static func addUses(
    _ used: ModuleSet, by number: ModuleNumber, _ explain: inout TextBuffer
  ) throws(SystemError) {
    for slot in 0..<ModuleTable.capacity where used.contains(slot: slot) {
      guard let module = kernel.modules.value.registry.module(inSlot: slot) else { continue }
      try addUse(of: module, by: number, &explain)
    }
  }

  private static func addUse(
    of used: ModuleNumber, by user: ModuleNumber, _ explain: inout TextBuffer
  ) throws(SystemError) {
    do throws(RegistryError) {
      try kernel.modules.value.registry.addUse(by: user, of: used)
    } catch {
      error.describe(to: &explain, registry: kernel.modules.value.registry)
      throw .busy
    }
  }

  /// A name that somebody serves already is refused before the module starts.
  private static func checkServices(
    of image: borrowing ModuleImage, _ explain: inout TextBuffer
  ) throws(SystemError) {
    for index in 0..<image.plan.manifest.serviceCount {
      guard let offered = image.service(index), let service = Services.find(Name(offered.name)) else { continue }
      if case .nobody = service.value.server { continue }
      if service.value.holder != .none { continue }
      explain.write("service ")
      explain.write(offered.name.bytes)
      explain.write(" is served already")
      throw .alreadyExists
    }
  }

  private static func makeRecord(
    _ image: borrowing ModuleImage, _ number: ModuleNumber, _ file: KernelBytes
  ) throws(SystemError) -> Reference<LinkedModule> {
    guard let base = ModuleArea.place(pages: image.plan.pageCount) else { throw .outOfMemory }
    let pointer: UnsafeMutablePointer<LinkedModule> = try KernelHeapMemory.allocate(tag: .module)
    pointer.initialize(to: LinkedModule(image.plan, number: number, file: file, base: base))
    let module = Reference(pointer)
    kernel.modules.value.insert(module)
    return module
  }

  // MARK: Linking and starting

  /// Maps, links and starts the module, and lets calls in.
  private static func place(
    _ image: borrowing ModuleImage, _ module: Reference<LinkedModule>, _ parameters: borrowing ModuleWords,
    _ linker: inout ModuleLinker, _ explain: inout TextBuffer
  ) throws(SystemError) {
    let base = module.value.base
    try ModuleArea.map(image.plan, at: base)
    var pages = ModulePages(base: base)
    do throws(ModuleError) {
      try image.apply(base: base, resolver: &linker, memory: &pages)
    } catch { throw .badModule }
    for index in 0..<parameters.count {
      let word = parameters[index]
      // Checked above: it cannot fail now.
      do throws(ParameterError) { try image.assignment(of: word.span).store(word.span, in: &pages) } catch {}
    }
    ModuleArea.protect(image.plan, at: base)
    for index in 0..<image.plan.initializerCount {
      guard let function = image.initializer(index) else { continue }
      _ = try ModuleCall.run(base &+ function, argument: 0, of: module)
    }
    let result = try ModuleCall.run(base &+ image.plan.manifest.start, argument: 0, of: module)
    guard result == 0 else {
      explain.write("the start function of module ")
      explain.write(image.plan.manifest.name.bytes)
      explain.write(" returned ")
      explain.write(decimal: Int(result))
      throw SystemError(rawValue: result) ?? .badModule
    }
    try publish(image, module)
    do throws(RegistryError) {
      try kernel.modules.value.registry.finishLoading(module.value.number)
    } catch { panic("a module that started is not in the registry") }
  }

  private static func publish(
    _ image: borrowing ModuleImage, _ module: Reference<LinkedModule>
  ) throws(SystemError) {
    for index in 0..<image.plan.manifest.serviceCount {
      guard let offered = image.service(index) else { continue }
      let service = try Services.findOrMake(Name(offered.name))
      try Services.install(.module(module, function: module.value.base &+ offered.function), in: service)
    }
  }

  private static func abandon(_ number: ModuleNumber) {
    do throws(RegistryError) {
      try kernel.modules.value.registry.abandon(number)
    } catch { panic("a module that failed to load has users") }
  }
}

extension Name {
  init(_ text: ModuleText) {
    self.init()
    let source = text.bytes
    for index in source.indices { bytes[index] = source[index] }
  }
}

/// Words `name=value` for a module, copied from the caller.
struct ModuleWords: ~Copyable {
  static var countLimit: UInt32 { 16 }
  static var byteLimit: UInt32 { 1024 }

  private var memory: UnsafeMutableRawPointer?
  private var ends = InlineArray<17, UInt32>(repeating: 0)
  private(set) var count = 0

  /// - Throws: `tooLarge` for more than 16 words or 1,024 bytes, `badAddress`, `outOfMemory`.
  init(_ parameters: ModuleParameters) throws(SystemError) {
    guard parameters.count > 0 else { return }
    guard parameters.count <= Self.countLimit else { throw .tooLarge }
    guard let memory = KernelHeapMemory.allocateBytes(Int(Self.byteLimit), alignment: 4, tag: .module) else {
      throw .outOfMemory
    }
    do throws(SystemError) {
      var used: UInt32 = 0
      for index in 0..<parameters.count {
        let (place, overflow) = parameters.address.addingReportingOverflow(index &* UInt32(MemoryLayout<TextSlice>.size))
        guard !overflow else { throw .badAddress }
        var slice = TextSlice()
        try UserBuffer(address: place, length: 0).read(into: &slice)
        guard slice.length <= Self.byteLimit &- used else { throw .tooLarge }
        try UserBuffer(address: slice.address, length: slice.length).copyIn(
          to: memory + Int(used), count: slice.length)
        used &+= slice.length
        ends[Int(index) &+ 1] = used
      }
    } catch {
      KernelHeapMemory.free(memory)
      throw error
    }
    self.memory = memory
    count = Int(parameters.count)
  }

  /// The bytes of a word, below `count`, which stay until `end`.
  subscript(index: Int) -> KernelBytes {
    let start = UInt32(UInt(bitPattern: memory))
    return KernelBytes(address: start &+ ends[index], length: ends[index &+ 1] &- ends[index])
  }

  mutating func end() {
    KernelHeapMemory.free(memory)
    memory = nil
    count = 0
  }
}
