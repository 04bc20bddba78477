// Mutants of linked modules: the module is loaded as it is, its code is changed where it lies in the kernel half, its
// services are called, and it is taken out.
//
// Code pages cannot be written at their own addresses. A Ring-0 program reaches them in the direct map of memory, which is
// how this one changes them: no call of the kernel's helps with that, and none is needed.

import ABI
import Primitives
import SDK
import UserSupport

struct ModuleTrial {
  /// How long a call may take, in nanoseconds. The watchdog, which ends endless loops, is slower, but then nobody else runs
  /// until it has; whoever waits is told twice.
  private static var patience: UInt64 { 2_000_000 }
  /// A module's calls are made by another process: a module can do harm to whoever calls it.
  static var callerWord: StaticString { "--caller" }

  private var module: StaticString = "canvas"
  private var path: StaticString = "/extra/canvas.so"
  private(set) var isGenerated = true
  /// For a module of the tree: its code as in the file, where instructions begin in it, and its address in the module.
  private var victim = Victim(file: [], starts: [])
  private var codeAddress: UInt32 = 0
  /// What generated code follows from.
  private var codeRandom = SeededRandom(seed: 0)
  /// The mistake that is to be made: drawn before the module is loaded.
  private var random = SeededRandom(seed: 0)
  /// The module with a mistake in it could not be taken out again.
  private(set) var isLeftBehind = false

  /// Chooses what the next mutants are made of.
  mutating func choose(random: inout SeededRandom) {
    isGenerated = !random.oneIn(4)
    (module, path) = ("canvas", "/extra/canvas.so")
    codeRandom = random
    guard !isGenerated else { return }
    switch random.below(5) {
    case 0: (module, path) = ("echo", "/lib/services/echo.so")
    case 1: (module, path) = ("frail", "/lib/services/frail.so")
    case 2: (module, path) = ("store", "/lib/services/store.so")
    case 3: (module, path) = ("log", "/lib/services/log.so")
    default: (module, path) = ("ramdisk", "/lib/modules/ramdisk.so")
    }
    guard let file = try? File(Bytes(path)).contents(), let code = ElfCode.segment(of: file) else { return }
    victim.file = Array(file[code.range])
    victim.starts = instructionStarts(of: victim.file, from: 0, to: victim.file.count)
    codeAddress = code.address
  }

  /// Notes which mistake is to be made. Returns the number of its kind.
  mutating func mutate(random: inout SeededRandom) -> UInt8 {
    self.random = random
    var copy = random
    return UInt8(copy.below(MutationKind.count))
  }

  mutating func run(unchanged: Bool) -> TrialOutcome {
    do throws(Refusal) { try Modules.load(Bytes(path), parameters: WordList()) } catch { return .refused }
    let outcome = change(unchanged: unchanged).map { call(entry: $0) } ?? .refused
    do throws(Refusal) { try Modules.unload(Bytes(module), .noWait) } catch { isLeftBehind = true }
    return outcome
  }

  // MARK: The code

  /// Makes the mistake in the loaded module. Returns where generated code begins; nil where there is no such module.
  private mutating func change(unchanged: Bool) -> UInt32? {
    guard let information = Modules.information(named: Bytes(module)) else { return nil }
    if !isGenerated {
      var code = victim.file
      if !unchanged, let mutation = Mutation.apply(to: &code, starts: victim.starts, random: &random) {
        Self.write(code, mutation.offset..<mutation.offset + mutation.length, to: information.base + codeAddress)
      }
      return 0
    }
    guard let canvas = Canvas() else { return nil }
    let place = CodePlace(origin: canvas.code, data: canvas.data, exports: canvas.exports, hasFloat: false)
    var generated = GeneratedCode(place: place, random: codeRandom)
    let entry = generated.writeFunctions()
    var code = generated.writer.code
    guard code.count <= Int(canvas.size) else { return nil }
    let starts = instructionStarts(of: code, from: 0, to: code.count)
    if !unchanged { _ = Mutation.apply(to: &code, starts: starts, random: &random) }
    Self.write(code, 0..<code.count, to: canvas.code)
    return entry
  }

  /// Writes bytes of `code`, whose first belongs at `address` of the kernel half, through the direct map.
  private static func write(_ code: [UInt8], _ range: Range<Int>, to address: UInt32) {
    for index in range {
      let target = address + UInt32(index)
      guard let page = directAddress(of: target) else { return }
      let word = page + target & 4092
      let shift = 8 * (target & 3)
      volatile_write(word, volatile_read(word) & ~(0xff &<< shift) | UInt32(code[index]) &<< shift)
    }
  }

  /// Where the page of an address of the kernel half lies in the direct map; nil where there is none.
  private static func directAddress(of address: UInt32) -> UInt32? {
    let pointers = AddressLayout.kernelStart + (read_control3() & ~31)
    let directory = AddressLayout.kernelStart + (volatile_read(pointers + 24) & ~4095)
    let entry = volatile_read(directory + 8 * (address &>> 21 & 511))
    guard entry & 0x81 == 1 else { return nil }
    let table = AddressLayout.kernelStart + (entry & ~4095)
    let page = volatile_read(table + 8 * (address &>> 12 & 511))
    return page & 1 == 0 ? nil : AddressLayout.kernelStart + (page & ~4095)
  }

  // MARK: Calls

  private func call(entry: UInt32) -> TrialOutcome {
    var arguments = WordList()
    arguments.append("caller")
    arguments.append(Self.callerWord)
    arguments.append(module)
    var digits = ByteWriter()
    digits.write(decimal: entry)
    arguments.append(digits.bytes)
    var start = StartOptions()
    start.priority = Campaign.priority
    do throws(Refusal) {
      let task = try Process.start(Bytes(Inject.path), arguments: arguments, options: start)
      do throws(SystemError) { return try end(of: task) } catch { return .failedCall(error: 0) }
    } catch { return .refused }
  }

  private func end(of task: TaskIdentity) throws(SystemError) -> TrialOutcome {
    for _ in 0..<2 {
      if let outcome = try outcome(of: task) { return outcome }
      _ = try Events.next(.childEnded, within: Self.patience)
    }
    if let outcome = try outcome(of: task) { return outcome }
    try task.kill(status: 137)
    _ = try task.wait()
    return .killed
  }

  private func outcome(of task: TaskIdentity) throws(SystemError) -> TrialOutcome? {
    guard let outcome = try task.outcomeIfEnded() else { return nil }
    if case .exited(let error) = outcome, error != 0 { return .failedCall(error: UInt32(bitPattern: error)) }
    return TrialOutcome(outcome)
  }

  /// The caller's side: calls the service some times. Returns 0, or the number of the error that a call ended with.
  static func makeCalls() -> Int32 {
    do throws(SystemError) {
      let client = try ServiceClient(ProgramInformation.argument(2))
      let entry = ProgramInformation.argument(3).number ?? 0
      // Some operations of `frail` are failures on purpose.
      let operations: UInt32 = ProgramInformation.argument(2) == "frail" ? 1 : 4
      for turn in 0..<4 as Range<UInt32> {
        let number = turn % operations
        var reply: [UInt8] = []
        var words = InlineArray<6, UInt32>(repeating: number)
        if entry != 0 { words[0] = entry }
        let operation = entry == 0 ? number : Canvas.run
        _ = try client.call(operation, words: words, data: [1, 2, 3, 4], reply: &reply, capacity: 64)
      }
      return 0
    } catch {
      // What a service says of a request that it does not like is no failure.
      return error == .unsupported || error == .badArgument ? 0 : 0 &- error.rawValue
    }
  }
}

/// What the module `canvas` says of the room it has for code.
private struct Canvas {
  let code: UInt32
  let size: UInt32
  let data: UInt32
  let exports: UInt32

  /// The operations of the module's service.
  static var look: UInt32 { 0 }
  static var run: UInt32 { 1 }

  init?() {
    do throws(SystemError) {
      let client = try ServiceClient("canvas")
      defer { client.close() }
      var reply: [UInt8] = []
      let words = try client.call(Self.look, reply: &reply)
      (code, size, data, exports) = (words[0], words[1], words[2], words[3])
    } catch { return nil }
  }
}
