// The one declaration of what the kernel offers to linked modules: the exported functions and the structures they
// speak of.
//
// From it come the C header that kernel and modules are both compiled against, the kernel's table of exports, the
// reference page docs/exports.md and the build identity: a number that changes whenever a name or a type here does,
// so that a module compiled against another list is refused before anything of it runs.

/// A type of C, as it is written in a declaration.
public struct ModuleType: Sendable, Equatable, ExpressibleByStringLiteral {
  public let spelling: String
  public init(stringLiteral value: String) { spelling = value }

  /// How many words of the stack an argument of it takes.
  public var words: Int { spelling == "uint64_t" ? 2 : 1 }
}

/// A parameter of an exported function, or a field of a structure.
public struct ModuleValue: Sendable {
  public let name: String
  public let type: ModuleType
  /// How many there are; nil: one.
  public let count: Int?
  /// What it is, as half a sentence.
  public let text: String

  public init(_ name: String, _ type: ModuleType, count: Int? = nil, _ text: String) {
    self.name = name
    self.type = type
    self.count = count
    self.text = text
  }
}

/// A structure that kernel and modules share.
public struct ModuleStructure: Sendable {
  public let name: String
  public let text: String
  public let fields: [ModuleValue]

  public init(_ name: String, _ text: String, fields: [ModuleValue]) {
    self.name = name
    self.text = text
    self.fields = fields
  }
}

/// A function that modules may call.
public struct ModuleExport: Sendable {
  /// Its C name.
  public let name: String
  public let parameters: [ModuleValue]
  public let result: ModuleType
  /// The label in the kernel's assembly where it runs as a part of the module, on the module's own stack; nil: it is a function
  /// of the kernel's, on the kernel's stack.
  public let inPlace: String?
  /// What it does, in sentences.
  public let text: String

  public init(
    _ name: String, _ parameters: [ModuleValue] = [], result: ModuleType = "void", inPlace: String? = nil,
    _ text: String
  ) {
    self.name = name
    self.inPlace = inPlace
    self.parameters = parameters
    self.result = result
    self.text = text
  }
}

/// The declaration itself.
public enum ModuleInterface {
  public static let structures: [ModuleStructure] = [
    ModuleStructure(
      "service_request", "A request to a service, and its reply, which replaces it.",
      fields: [
        .init("operation", "uint32_t", "what is asked for; the service defines the numbers"),
        .init("words", "uint32_t", count: 6, "numbers of the request, and then of the reply"),
        .init("data", "const void *", "the bytes that came with the request, in kernel memory"),
        .init("data_length", "uint32_t", "how many there are"),
        .init("buffer", "void *", "where the reply's bytes go, for `megha_reply` alone: the caller's own memory"),
        .init("buffer_capacity", "uint32_t", "how many the caller has room for"),
        .init("sender", "uint32_t", "the identity of the calling process"),
        .init("reply_length", "uint32_t", "how many bytes of the buffer are the reply; `megha_reply` keeps it"),
      ])
  ]

  /// Sorted by name: the kernel searches the list by halving.
  public static let exports: [ModuleExport] = [
    ModuleExport(
      "megha_allocate",
      [
        .init("result", "void **", "where the address goes"),
        .init("alignment", "uint32_t", "a power of two, at most 4096"), .init("size", "uint32_t", "in bytes"),
      ], result: "int32_t",
      "Allocates kernel memory that belongs to the calling module. Returns 0, or 12 where there is none."),
    ModuleExport(
      "megha_answer",
      [
        .init("request", "uint64_t", "what `megha_keep` returned"),
        .init("words", "const uint32_t *", "the six words of the reply"),
        .init("bytes", "const void *", "the bytes of the reply"), .init("length", "uint32_t", "how many"),
      ], result: "int32_t",
      "Answers a request that was kept. Returns 0, or a negative error: peerGone where that reached nobody, since the caller gave up or its request goes to another server, tooLarge, badAddress."
    ),
    ModuleExport(
      "megha_boot_time", result: "uint64_t",
      "Returns the seconds since 1970 at boot, from the machine's clock; 0 where it has none."),
    ModuleExport(
      "megha_caller", result: "uint32_t",
      "Returns the identity of the process for which the module runs; 0 while the module starts by itself."),
    ModuleExport(
      "megha_caller_rights", result: "uint32_t",
      "Returns the rights of the process for which the module runs, a bit for each (`Rights`)."),
    ModuleExport(
      "megha_clock", result: "uint64_t", "Returns the nanoseconds since boot."),
    ModuleExport(
      "megha_free", [.init("memory", "void *", "what `megha_allocate` gave, or null")],
      "Gives back memory of the calling module's."),
    ModuleExport(
      "megha_keep",
      [.init("woken", "const void *", "a function of the module's, `int32_t (*)(void)`")], result: "uint64_t",
      "Keeps the request that the service function answers, which returns 0x80000001 then: its caller waits outside of the module for `megha_answer`, and sends the request again where the service moves. When a line of the module's calls, or the moment of `megha_wake_at` comes, one of those who wait runs the function, which returns 0, or another number where it did nothing: somebody else runs it then. Returns what names the request; 0 where it cannot be kept."
    ),
    ModuleExport(
      "megha_line_acknowledge", [.init("line", "uint32_t", "a line that the module has")],
      "The device has been seen to: its line may interrupt again."),
    ModuleExport(
      "megha_line_claim", [.init("line", "uint32_t", "the number of an interrupt line")], result: "int32_t",
      "Claims an interrupt line. Returns 0, or a negative error: busy where somebody has it."),
    ModuleExport(
      "megha_line_release", [.init("line", "uint32_t", "a line that the module has")],
      "Gives a claimed line back. Unloading a module does the same."),
    ModuleExport(
      "megha_line_wait", [.init("nanoseconds", "uint64_t", "how long at the most")], result: "int32_t",
      "Waits until a line of the module's has called, while other tasks run. Returns the lines that have since it was asked last, a bit for each, or a negative error: timedOut, cancelled, busy where another call waits."
    ),
    ModuleExport(
      "megha_log",
      [
        .init("text", "const uint8_t *", "bytes of ASCII"), .init("length", "uint32_t", "how many; at most 256 count"),
      ], "Writes a line to the console and to the kernel's log, with the module's name before it."),
    ModuleExport(
      "megha_ports_claim",
      [.init("first", "uint32_t", "the lowest port"), .init("count", "uint32_t", "how many ports")],
      result: "int32_t",
      "Claims I/O ports, so that no other module uses them. Returns 0, or a negative error: busy where somebody has one of them."
    ),
    ModuleExport(
      "megha_ports_release",
      [.init("first", "uint32_t", "the lowest port of a claim"), .init("count", "uint32_t", "its number of ports")],
      "Gives claimed ports back. Unloading a module does the same."),
    ModuleExport(
      "megha_process_lives", [.init("process", "uint32_t", "the identity of a process")], result: "uint32_t",
      "Returns 1 while there is such a process and it has not ended, else 0."),
    ModuleExport(
      "megha_reply",
      [
        .init("request", "struct service_request *", "the request that is being answered"),
        .init("offset", "uint32_t", "where in the reply the bytes go; they become its last"),
        .init("bytes", "const void *", "anything that the module may read"),
        .init("length", "uint32_t", "how many"),
      ], result: "int32_t", inPlace: "write_reply",
      "Writes bytes of a reply to where the caller wants them. Returns 0, or 1 where there is no room for them. Where the caller's room cannot be written that is the caller's error, and no concern of the module's: 0."
    ),
    ModuleExport(
      "megha_sleep", [.init("nanoseconds", "uint64_t", "how long, at least")], result: "int32_t",
      "Waits while other tasks run. Returns 0, or the negative error cancelled where the calling task is to end: the module should return soon then."
    ),
    ModuleExport(
      "megha_turn_wait", result: "int32_t",
      "Waits until another call of the module's calls `megha_turn_wake`, behind those who wait already. Returns 0, or a negative error: cancelled, serviceFaulted where the module has failed."
    ),
    ModuleExport("megha_turn_wake", [], "Wakes the first of those who wait in `megha_turn_wait`."),
    ModuleExport(
      "megha_wake_at", [.init("moment", "uint64_t", "in nanoseconds since boot; all ones: none")],
      "When those whose requests are kept are to run the function that `megha_keep` got, though no line calls. Once that has begun no moment is set."
    ),
  ]

  /// The text that the build identity is computed from: every name and type, and nothing else.
  public static var signature: String {
    let parts = structures.map { structure in
      "struct \(structure.name){" + structure.fields.map(field).joined(separator: ";") + "}"
    }
    let functions = exports.map { export in
      "\(export.name)(" + export.parameters.map { $0.type.spelling }.joined(separator: ",") + ")"
        + export.result.spelling
    }
    return (parts + functions).joined(separator: "\n")
  }

  private static func field(_ value: ModuleValue) -> String {
    "\(value.type.spelling) \(value.name)" + (value.count.map { "[\($0)]" } ?? "")
  }

  /// FNV-1a over the signature.
  public static var buildIdentity: UInt64 {
    signature.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
