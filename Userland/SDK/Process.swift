// Starting processes, and what a process can do to itself.

import ABI
import Primitives
import Runtime

/// The words that a new process is given: arguments or environment entries, in one block of memory.
public struct WordList {
  var bytes: [UInt8] = []
  /// Where each word ends in `bytes`.
  var ends: [Int] = []

  public init() {}
  public var count: Int { ends.count }

  public mutating func append(_ word: Bytes) {
    for index in 0..<word.count { bytes.append(word[index]) }
    ends.append(bytes.count)
  }

  public mutating func append(_ word: StaticString) { append(Bytes(word)) }

  public mutating func append(_ word: [UInt8]) {
    bytes.append(contentsOf: word)
    ends.append(bytes.count)
  }

  /// Calls `body` with a word, which is there until `body` returns.
  public func withWord<Result, Failure: Error>(
    _ index: Int, _ body: (Bytes) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = index == 0 ? 0 : ends[index - 1]
    let count = ends[index] - start
    return try unsafe bytes.withUnsafeBufferPointer { block throws(Failure) in
      guard let first = block.baseAddress else { return try body(Bytes("")) }
      return try body(unsafe Bytes(start: first + start, count: count))
    }
  }

  /// Calls `body` with the words as the kernel takes them.
  @unsafe
  func withSlices<Result>(_ body: (UnsafeBufferPointer<TextSlice>) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { block in
      var slices: [TextSlice] = []
      slices.reserveCapacity(ends.count)
      let first = unsafe address(block.baseAddress)
      var start = 0
      for end in ends {
        slices.append(TextSlice(address: first + UInt32(start), length: UInt32(end - start)))
        start = end
      }
      return unsafe slices.withUnsafeBufferPointer(body)
    }
  }
}

/// How a task is to be started.
public struct StartOptions {
  public var flags: StartFlags = []
  /// 1 to 31; 0: the starter's priority.
  public var priority: UInt32 = 0
  /// Rights the new process does not get.
  public var droppedRights: Rights = []
  /// With the flag `ownJob`: what the new job may have at the most; 0: as much as the jobs around it.
  public var limits = JobAmounts()
  /// With the flag `ownJob`: the new job's share of the processor's time, 1 to 1000; 0: 100.
  public var share: UInt32 = 0
  /// Whether the new process's heap watches over what lies in it (an environment entry, which its children get too).
  public var guardsHeap = false
  /// What a new process gets as its environment, `NAME=VALUE` each; nil: the starter's.
  public var environment: WordList?
  /// What a new process gets as its input, its output, and for what goes wrong.
  public var input = HandleSource.inherited
  public var output = HandleSource.inherited
  public var error = HandleSource.inherited
  /// The number of a handle of the service that says what a new process's system calls mean; 0: they are native.
  public var personality: UInt32 = 0
  /// In bytes, for threads; 0: 64 KiB.
  public var stackSize: UInt32 = 0
  public init(flags: StartFlags = []) { self.flags = flags }
}

public enum Process {
  /// Starts the program in the file at `path`, with the caller's environment.
  ///
  /// - Parameter arguments: by custom the first is the program's name.
  /// - Returns: the new process, a child of the caller's process.
  public static func start(
    _ path: Bytes, arguments: borrowing WordList, options: StartOptions = StartOptions()
  ) throws(Refusal) -> TaskIdentity {
    var request = ProcessRequest()
    request.path = slice(path)
    return try start(&request, arguments: arguments, options: options)
  }

  /// Starts the program of this name: one with a slash is a path, any other is looked for in /bin.
  public static func start(
    named name: Bytes, arguments: borrowing WordList, options: StartOptions = StartOptions()
  ) throws(Refusal) -> TaskIdentity {
    if name.isPath { return try start(name, arguments: arguments, options: options) }
    var path = ByteWriter()
    path.write("/bin/")
    path.write(name)
    var list = WordList()
    list.append(path.bytes)
    return try list.withWord(0) { path throws(Refusal) in try start(path, arguments: arguments, options: options) }
  }

  /// Starts the program whose ELF file is `image`. The kernel copies what it needs before this returns.
  ///
  /// - Parameter name: what the process is called.
  public static func start(
    image: [UInt8], name: Bytes, arguments: borrowing WordList, options: StartOptions = StartOptions()
  ) throws(Refusal) -> TaskIdentity {
    var request = ProcessRequest()
    request.path = slice(name)
    request.imageLength = UInt32(image.count)
    return try unsafe image.withUnsafeBufferPointer { bytes throws(Refusal) in
      unsafe request.imageAddress = address(bytes.baseAddress)
      return try start(&request, arguments: arguments, options: options)
    }
  }

  private static func start(
    _ request: inout ProcessRequest, arguments: borrowing WordList, options: StartOptions
  ) throws(Refusal) -> TaskIdentity {
    var environment: [TextSlice] = []
    if options.environment == nil {
      for index in 0..<ProgramInformation.environmentCount {
        environment.append(slice(ProgramInformation.environmentEntry(index)))
      }
    }
    if options.guardsHeap { environment.append(slice(Bytes("HEAP=guarded"))) }
    request.flags = options.flags
    request.priority = options.priority
    request.droppedRights = options.droppedRights
    request.limits = options.limits
    request.share = options.share
    request.personality = options.personality
    request.argumentCount = UInt32(arguments.count)
    request.standardHandles = [options.input, options.output, options.error]

    var explanation = Explanation()
    let given = options.environment ?? WordList()
    let result = unsafe arguments.withSlices { slices in
      unsafe given.withSlices { given in
        // The words are where they are until the call has been made.
        unsafe environment.append(contentsOf: given)
        request.environmentCount = UInt32(environment.count)
        return unsafe environment.withUnsafeBufferPointer { entries in
          unsafe explanation.withMemory { memory in
            unsafe request.argumentsAddress = address(slices.baseAddress)
            unsafe request.environmentAddress = address(entries.baseAddress)
            unsafe request.explanationAddress = address(memory)
            request.explanationCapacity = Explanation.capacity
            return unsafe SystemCalls.processStart(&request, UInt32(MemoryLayout<ProcessRequest>.size))
          }
        }
      }
    }
    guard result >= 0 else { throw explanation.refusal(result) }
    return TaskIdentity(UInt32(result))
  }

  /// Ends the calling thread; in the first thread, the process.
  public static func exit(_ status: Int32) -> Never { SystemCalls.exit(UInt32(bitPattern: status)) }

  /// Ends every task of the process.
  public static func abort(_ status: Int32) -> Never { SystemCalls.abort(UInt32(bitPattern: status)) }

  /// Gives rights up for good, for this process and all that it starts. Returns those that are left.
  @discardableResult
  public static func drop(_ rights: Rights) -> Rights {
    Rights(rawValue: UInt32(bitPattern: max(SystemCalls.rightsDrop(rights), 0)))
  }

  private static func slice(_ bytes: Bytes) -> TextSlice {
    TextSlice(address: unsafe address(bytes.address), length: UInt32(bytes.count))
  }
}

/// The number of a pointer, as a structure of the ABI holds it.
@unsafe
func address(_ pointer: UnsafeRawPointer?) -> UInt32 { UInt32(UInt(bitPattern: pointer)) }

/// Room for the sentence with which the kernel explains a refusal.
struct Explanation {
  static var capacity: UInt32 { 256 }
  private var bytes = InlineArray<256, UInt8>(repeating: 0)

  mutating func withMemory<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    unsafe withUnsafeMutablePointer(to: &bytes) { unsafe body(UnsafeMutableRawPointer($0)) }
  }

  /// The error that `result`, a negative word, stands for, with the sentence up to its final zero.
  func refusal(_ result: Int32) -> Refusal {
    var sentence: [UInt8] = []
    for index in bytes.indices {
      if bytes[index] == 0 { break }
      sentence.append(bytes[index])
    }
    return Refusal(error: SystemError(rawValue: result) ?? .unknownCall, explanation: sentence)
  }
}
