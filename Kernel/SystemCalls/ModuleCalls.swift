// System calls about linked modules: loading, unloading, describing.

import ABI
import Consoles
import Files
import IPC
import LinkedModules
import Modules
import Mounts
import Objects
import Platform
import Primitives
import VirtualMemory

struct ModuleCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// The largest file that is looked at, in bytes.
  private static var fileLimit: UInt32 { 0x0040_0000 }

  @inline(never)
  func load(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try requireRight()
    let path = try ProgramPath(TextSlice(address: arguments.first, length: arguments.second), in: context)
    var request = ModuleParameters()
    if arguments.third != 0 { try UserBuffer(address: arguments.third, length: 0, in: context).read(into: &request) }
    var words = try ModuleWords(request, in: context)
    defer { words.end() }
    var sentence = TextBuffer()
    do throws(SystemError) {
      guard !context.modules.value.isOff else {
        sentence.write("the boot option modules=off keeps modules out")
        throw .notPermitted
      }
      let file = try FileSpace(context).wholeFile(path.span, limit: Self.fileLimit)
      guard file.isPermanent else {
        file.giveUp(context)
        // The loader keeps the file in place, for its symbols.
        sentence.write("a module is loaded from the files that came with the kernel")
        throw .unsupported
      }
      return try ModuleLoading(context).load(file.bytes, parameters: words, explain: &sentence)
    } catch {
      tell(sentence, address: request.explanationAddress, capacity: request.explanationCapacity)
      throw error
    }
  }

  @inline(never)
  func unload(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try requireRight()
    let flags = WaitFlags(rawValue: arguments.fifth)
    guard flags.isSubset(of: .noWait) else { throw .badArgument }
    let name = try Services(context).name(at: arguments.first, length: arguments.second)
    var sentence = TextBuffer()
    do throws(SystemError) {
      try ModuleUnloading(context).unload(name, waits: !flags.contains(.noWait), explain: &sentence)
      return 0
    } catch {
      tell(sentence, address: arguments.third, capacity: arguments.third == 0 ? 0 : arguments.fourth)
      throw error
    }
  }

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var left = arguments.first
    for slot in 0..<ModuleTable.capacity {
      guard let module = context.modules.value.records[slot], let entry = module.entry else { continue }
      if left > 0 {
        left -= 1
        continue
      }
      var information = ModuleInformation()
      information.name = Name(entry.name)
      information.version = Name(entry.version)
      information.number = module.value.slot
      information.state = UInt32(entry.state.rawValue)
      information.base = module.value.base
      information.pages = module.value.pageCount
      information.threadsInside = module.threadsInside
      information.calls = module.calls
      information.faults = entry.faults
      information.allocatedBytes = module.value.allocatedBytes
      let users = context.modules.value.registry.users(of: module.value.number)
      var bits: UInt64 = 0
      for user in 0..<ModuleTable.capacity where users.contains(slot: user) { bits |= 1 << UInt64(user) }
      information.users = WordPair(bits)
      try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
      return 0
    }
    throw .notFound
  }

  private func requireRight() throws(SystemError) {
    guard context.currentProcess.value.rights.contains(.modules) else { throw .notPermitted }
  }

  /// Says why something was refused: to the log, and to the caller if it asked.
  private func tell(_ sentence: consuming TextBuffer, address: UInt32, capacity: UInt32) {
    guard !sentence.isEmpty else { return }
    var log = LogOutput(context)
    log.write("modules: ")
    log.write(sentence.span)
    log.write("\n")
    if capacity > 0 { sentence.deliver(to: UserBuffer(address: address, length: capacity, in: context)) }
  }
}
