// Bad pointers into every call that takes one, for each argument that the declared table says is one. Each must come back
// with an error; nothing may be ended by them.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

/// A call with one pointer among its arguments.
struct PointerCase {
  var call: SystemCall
  /// Good values for all arguments but the pointer.
  var words: InlineArray<5, UInt32>
  /// Which of the words is the pointer.
  var pointer: Int
  /// How many bytes at it the call reads or writes.
  var size: UInt32
  /// Whether the call writes there.
  var writes: Bool

  /// Whether 0 means that the caller does not want the result, or has nothing to say.
  var isOptional: Bool { call == .wait || call == .moduleLoad && pointer == 2 }

  /// What the table says of an argument; nil where it is no pointer, or where something else is judged before it.
  ///
  /// - Parameter good: memory that other pointers of the call may point at.
  init?(_ call: SystemCall, _ index: Int, good: UInt32, client: UInt32, endpoint: UInt32, ports: UInt32) {
    guard let argument = call.argument(index), let size = Self.size(of: argument.kind, call) else { return nil }
    switch (call, index) {
    // These need a request that was taken, a child that is traced, and an event that waits: tested with what makes
    // them (messagetests, strace, events). The last is not read but said, where something is refused.
    case (.reply, 1), (.requestAnswer, 2), (.replyMessageAndReceive, 2), (.traceRead, 1), (.eventWait, 1),
      (.moduleUnload, 2):
      return nil
    // There must have been a call in registers (messagetests).
    case (.replyRest, 0): return nil
    // There is no symbolic link in the archives (placements).
    case (.linkRead, 2): return nil
    default: break
    }
    self.call = call
    pointer = index
    self.size = size
    words = InlineArray<5, UInt32>(repeating: 0)
    writes = false
    switch argument.kind {
    // What is read and written comes to the write only with an answer (messagetests).
    case .bytesOut, .structureOut: writes = true
    default: break
    }
    for other in 0..<call.argumentCount {
      guard let kind = call.argument(other)?.kind else { continue }
      switch kind {
      case .bytesIn, .bytesOut, .structureIn, .structureOut, .structureInOut: words[other] = good
      case .length: words[other] = size
      case .handle:
        words[other] =
          switch call {
          case .call: client
          case .receive, .replyAndReceive, .receiveAny, .receiveInRegisters: endpoint
          case .portRead, .portWrite, .deviceMemory: ports
          case .write: StandardHandle.output
          case .handleFile: Self.handle("/bin/hello")
          case .directoryEntry: Self.handle("/bin")
          default: StandardHandle.input
          }
      default: break
      }
    }
    switch call {
    case .fileInformation, .fileChange, .fileSync, .fileSystemUse, .linkRead: setPath(at: 0)
    case .fileRename, .fileLink:
      setPath(at: 0)
      setPath(at: 2)
    default: break
    }
    if call == .moduleLoad || call == .moduleUnload { words[1] = 16 }
    if call == .portRead || call == .portWrite {
      words[1] = Self.port
      words[4] = 1
    }
    if call == .deviceMemory { words[1] = 4096 }
    if call == .poll { words[1] = 1 }
    if call == .wait { words[1] = WaitFlags.noWait.rawValue }
  }

  private static var folder: StaticString { "/bin" }

  /// Makes two words a path that leads somewhere, where they are not what is tried.
  private mutating func setPath(at index: Int) {
    guard index != pointer else { return }
    words[index] = UInt32(UInt(bitPattern: unsafe Self.folder.utf8Start))
    words[index + 1] = UInt32(Self.folder.utf8CodeUnitCount)
  }

  private nonisolated(unsafe) static var handles: [(path: [UInt8], handle: UInt32)] = []

  /// A handle of what a path names, the same each time.
  private static func handle(_ path: StaticString) -> UInt32 {
    let path = Bytes(path).copied
    if let known = unsafe handles.first(where: { $0.path == path }) { return known.handle }
    guard let handle = try? Handle.open(path) else { return .max }
    unsafe handles.append((path, handle.number))
    return handle.number
  }

  /// Where firmware shows how far it has come; nothing listens any more.
  static var port: UInt32 { 0x80 }

  /// How many bytes lie behind a pointer; nil for what is none.
  private static func size(of kind: CallArgumentKind, _ call: SystemCall) -> UInt32? {
    switch kind {
    // These two may do the part that is there.
    case .bytesIn where call == .write, .bytesOut where call == .read: 4
    // As many as the path of the working directory has, which is the root.
    case .bytesOut where call == .directoryPath: 1
    case .bytesIn, .bytesOut: 16
    case .structureIn(let size), .structureOut(let size), .structureInOut(let size): size
    case .address:
      switch call {
      case .wordWait, .wordWakeAndWait, .lockAcquire, .lockRelease: 4
      default: nil
      }
    default: nil
    }
  }

  /// Makes the call with `address` as its pointer.
  func result(at address: UInt32) -> Int32 {
    var words = self.words
    words[pointer] = address
    return megha_system_call_registers(call.rawValue, words[0], words[1], words[2], words[3], words[4]).result
  }
}

enum PointerTests {
  static func run(in report: inout TestReport) {
    guard let places = Places() else {
      report.run("memory for the pointer tests", { false })
      return
    }
    report.run("null and the null guard are refused") {
      allRefuse(places) { $0.isOptional ? [0x8000] : [0, 4, 0x8000] }
    }
    report.run("memory given back is refused") { allRefuse(places) { _ in [places.givenBack, places.end] } }
    report.run("a range that ends in no memory is refused") {
      allRefuse(places) { $0.size > 4 ? [places.end - 4] : [] }
    }
    report.run("kernel addresses are refused") {
      allRefuse(places) { _ in [0xc000_0000, 0xc010_0000, 0xe000_0000, 0xffff_f000] }
    }
    report.run("a range that reaches into the kernel is refused") {
      allRefuse(places) { $0.size > 4 ? [0xbfff_fffc] : [] }
    }
    report.run("a range that wraps around is refused") { allRefuse(places) { _ in [0xffff_fffc] } }
    report.run("nothing is written to memory that is not writable") {
      allRefuse(places) { $0.writes ? [text_start(), 0xbfff_f000, places.readOnly] : [] }
    }
    report.run("lengths that reach past the address space are refused") { hugeLengthsAreRefused(places) }
    report.run("memory that another thread takes away and gives back meanwhile") { changesAreSurvived(places) }
  }

  /// The addresses that only exist once memory was prepared for them, far from where the kernel puts mappings of its
  /// choice, so that no later one comes to lie there.
  private struct Places {
    var readOnly: UInt32
    /// Where a mapping ends and nothing follows.
    var end: UInt32
    var givenBack: UInt32
    /// A page that can be read and written, where nothing lies that a call could do something with.
    var good: UInt32
    /// A service that nobody calls, and its two ends.
    var client: UInt32
    var endpoint: UInt32
    var ports: UInt32

    init?() {
      guard let readOnly = try? Memory.map(4096, .read, at: 0xa000_0000),
        let last = try? Memory.map(4096, [.read, .write], at: 0xa001_0000),
        let givenBack = try? Memory.map(4096, [.read, .write], at: 0xa002_0000),
        (try? Memory.unmap(givenBack, 4096)) != nil, let good = try? Memory.map(4096, [.read, .write], at: 0xa003_0000)
      else { return nil }
      let name: StaticString = "usertests"
      let endpoint = SystemCalls.servicePublish(name.utf8Start, UInt32(name.utf8CodeUnitCount))
      let client = SystemCalls.serviceOpen(name.utf8Start, UInt32(name.utf8CodeUnitCount))
      let ports = SystemCalls.portsClaim(PointerCase.port, 1)
      guard endpoint >= 0, client >= 0, ports >= 0 else { return nil }
      self.ports = UInt32(ports)
      self.good = good
      self.endpoint = UInt32(endpoint)
      self.client = UInt32(client)
      self.readOnly = readOnly
      end = last + 4096
      self.givenBack = givenBack
    }
  }

  /// Whether every call refuses each of the addresses that `addresses` gives for it.
  private static func allRefuse(_ places: Places, _ addresses: (PointerCase) -> [UInt32]) -> Bool {
    // Some calls describe a module where there is one.
    let parameters = WordList()
    guard (try? Modules.load(Bytes("/lib/modules/lab.so"), parameters: parameters)) != nil else { return false }
    defer { try? Modules.unload(Bytes("lab")) }
    var cases = 0
    var allRefused = true
    for number in 0..<SystemCall.count {
      guard let call = SystemCall(rawValue: number) else { return false }
      for index in 0..<call.argumentCount {
        guard
          let pointerCase = PointerCase(
            call, index, good: places.good, client: places.client, endpoint: places.endpoint,
            ports: places.ports)
        else { continue }
        cases += 1
        for address in addresses(pointerCase) where !refuses(pointerCase, address) { allRefused = false }
      }
    }
    return allRefused && cases >= 28
  }

  private static func refuses(_ pointerCase: PointerCase, _ address: UInt32) -> Bool {
    let result = pointerCase.result(at: address)
    if result == SystemError.badAddress.rawValue { return true }
    Console.write {
      $0.write("  ")
      $0.write(pointerCase.call.name)
      $0.write(" with the pointer ")
      $0.write(hexadecimal: address)
      $0.write(" as argument ")
      $0.write(decimal: pointerCase.pointer)
      $0.write(" returned ")
      $0.write(decimal: Int(result))
      $0.write("\n")
    }
    return false
  }

  /// One thread uses a page for calls that read, write and do both, while another takes it away and brings it back with
  /// other bytes. Each call finds the page or does not; no third thing happens, and both do.
  private static func changesAreSurvived(_ places: Places) -> Bool {
    let page = places.givenBack
    let isOver = Mutex<Bool>(false)
    let changer = try? Thread.start(StartOptions(flags: UserTests.ownFlags)) { change(page, until: isOver) }
    guard let changer else { return false }
    var found: UInt32 = 0
    var missing: UInt32 = 0
    var isRight = true
    for _ in 0..<400 {
      let opened = megha_system_call3(SystemCall.open.rawValue, page, 9, 0)
      if opened >= 0 { _ = SystemCalls.close(UInt32(opened)) }
      for result in [
        opened, megha_system_call1(SystemCall.clock.rawValue, page + 64),
        megha_system_call5(SystemCall.call.rawValue, places.client, page + 128, 0, 0, 0),
        megha_system_call2(SystemCall.processStart.rawValue, page + 256, UInt32(MemoryLayout<ProcessRequest>.size)),
      ] {
        switch SystemError(rawValue: result) {
        case .badAddress: missing += 1
        case nil, .notFound, .timedOut, .badArgument: found += 1
        default: isRight = false
        }
      }
      Thread.yield()
    }
    isOver.withLock { $0 = true }
    return (try? changer.join()) == .exited(status: 0) && isRight && found > 20 && missing > 20
  }

  private static func change(_ page: UInt32, until isOver: Mutex<Bool>) -> Int32 {
    let paths: [StaticString] = ["/dev/null", "/dev/none"]
    var round = 0
    while !isOver.withLock({ $0 }) {
      guard (try? Memory.map(4096, [.read, .write], at: page)) == page else { return 1 }
      let path = Bytes(paths[round & 1])
      for index in 0..<path.count { UnsafeMutablePointer<UInt8>(bitPattern: UInt(page))![index] = path[index] }
      Thread.yield()
      guard (try? Memory.unmap(page, 4096)) != nil else { return 2 }
      Thread.yield()
      round += 1
    }
    return 0
  }

  private static func hugeLengthsAreRefused(_ places: Places) -> Bool {
    let path = places.readOnly
    for length in [0x7fff_ffff, 0x8000_0000, .max] as [UInt32] {
      for call in [SystemCall.open, .serviceOpen, .servicePublish, .moduleUnload] {
        if megha_system_call3(call.rawValue, path, length, 0) >= 0 { return false }
      }
      // A write may take the part that is there; it must not take more.
      if megha_system_call3(SystemCall.write.rawValue, 9999, path, length) >= 0 { return false }
    }
    return true
  }
}
