// Turns the words of a trace into a call tree.
//
// Where a near call writes its return address says which stack is in use and how deep; a return says the same. Stacks
// are told apart by physical pages, since every process has its stack at the same addresses. The path of the kernel's
// frames begins with the path of the task that entered the kernel.
//
// Counted is what happens between the first instruction of a function, here the one in which the shell runs a command,
// and its return: by every task, and each time that it is called.

public struct Recorder: Sendable {
  private struct Block: Sendable {
    let function: Int
    let image: Int
    let isKernel: Bool
    let beginsTask: Bool
    let beginsCounting: Bool
    /// The node that was found the last time, and the path it was found for.
    var path = -1
    var node = 0
  }

  private struct Stack: Sendable {
    /// Calls that have not returned: where the return address is, and the path up to the caller.
    var frames: [(pointer: UInt32, node: Int)] = []
    /// The path that the first frame continues.
    var base = 0
    /// Where the task's own frames are, when this is its stack in the kernel.
    var user: Int?
    /// Code below the kernel's half has called functions on it.
    var holdsTask = false

    var path: Int { frames.last?.node ?? base }

    mutating func leave(to pointer: UInt32) {
      while let last = frames.last, last.pointer <= pointer { frames.removeLast() }
    }
  }

  /// Which stack a physical page belongs to, and which page of it that was.
  private struct Owner: Sendable {
    var stack: Int32 = -1
    var virtualPage: UInt32 = 0
  }

  public private(set) var tree = CallTree()
  /// Whether the function that is waited for was ever called.
  public private(set) var hasCounted = false

  private var code: GuestCode
  private let start: GuestFunction
  private var blocks: [Block] = []
  private var definedAddress: UInt32?

  /// The first stands for stacks on which nothing was seen yet.
  private var stacks = [Stack()]
  private var owners = [Owner](repeating: Owner(), count: 1 << 20)
  private var current = 0
  private var node = 0
  private var block = -1
  /// Since the kernel was entered nothing was called; the stack before that is still `current`.
  private var hasJustEntered = false
  private var entryPath = 0

  private var lastCall: (pointer: UInt32, page: UInt32) = (0, 0)
  private var isCounting = false
  private var isEnding = false

  public init(code: GuestCode, counting start: GuestFunction) {
    self.code = code
    self.start = start
  }

  public mutating func take(_ words: UnsafeBufferPointer<UInt64>) throws {
    for word in words {
      if let address = definedAddress {
        try define(address, page: word)
        definedAddress = nil
        continue
      }
      switch TraceWord(word) {
      case .define(let address): definedAddress = address
      case .begin(let block, let executed): begin(Int(block), executed: executed)
      case .call(let pointer, let page): call(pointer, page)
      case .return(let pointer, let page): leave(pointer, page)
      }
    }
  }

  private mutating func define(_ address: UInt32, page: UInt64) throws {
    let (function, isBeginning) = try code.function(at: address, page: page)
    blocks.append(
      Block(
        function: tree.number(of: function),
        image: tree.number(of: GuestFunction(image: function.image, name: function.image)),
        isKernel: address >= TracePage.kernelHalf,
        beginsTask: isBeginning && function == GuestFunction(image: GuestCode.kernelName, name: "task_start"),
        beginsCounting: isBeginning && function == start))
  }

  private mutating func begin(_ next: Int, executed: UInt32) {
    if isCounting { tree.add(executed, to: node) }
    if isEnding { (isCounting, isEnding) = (false, false) }
    guard blocks.indices.contains(next) else { return }
    let wasKernel = block >= 0 && blocks[block].isKernel
    let isKernel = blocks[next].isKernel
    if isKernel, !wasKernel {
      entryPath = node
      hasJustEntered = true
    } else if !isKernel, wasKernel {
      if !hasJustEntered, !stacks[current].holdsTask { current = stacks[current].user ?? 0 }
      hasJustEntered = false
    }
    if blocks[next].beginsTask, current != 0 {
      stacks[current] = Stack()
    }
    if blocks[next].beginsCounting, !isCounting {
      (isCounting, hasCounted) = (true, true)
      countedCall = lastCall
    }
    block = next
    let path = hasJustEntered ? entryPath : stacks[current].path
    if blocks[next].path != path {
      let caller = path == 0 ? tree.child(of: 0, function: blocks[next].image) : path
      blocks[next].node = tree.child(of: caller, function: blocks[next].function)
      blocks[next].path = path
    }
    node = blocks[next].node
  }

  /// The call of the function that is counted.
  private var countedCall: (pointer: UInt32, page: UInt32) = (0, 0)

  private mutating func call(_ pointer: UInt32, _ page: UInt32) {
    let stack = stack(of: pointer, page)
    let isKernel = block >= 0 && blocks[block].isKernel
    if hasJustEntered {
      if stack != current { stacks[stack] = Stack(base: entryPath, user: current) }
      hasJustEntered = false
    } else if current == 0, !isKernel {
      // A task's first call: what was on these pages before is of another one.
      stacks[stack] = Stack()
    }
    if !isKernel { stacks[stack].holdsTask = true }
    stacks[stack].leave(to: pointer)
    stacks[stack].frames.append((pointer, node))
    current = stack
    lastCall = (pointer, page)
  }

  private mutating func leave(_ pointer: UInt32, _ page: UInt32) {
    let stack = stack(of: pointer, page)
    stacks[stack].leave(to: pointer)
    current = stack
    hasJustEntered = false
    if isCounting, countedCall == (pointer, page) { isEnding = true }
  }

  /// The stack that has `pointer` in the physical page `page`.
  private mutating func stack(of pointer: UInt32, _ page: UInt32) -> Int {
    let virtualPage = pointer / UInt32(TracePage.size)
    let slot = Int(page) & (owners.count - 1)
    if owners[slot].stack >= 0, owners[slot].virtualPage == virtualPage { return Int(owners[slot].stack) }
    var stack = stacks.count
    // The stack in use has grown. Stacks of the kernel have a guard page between them, so they grow page by page.
    if current != 0, !hasJustEntered, let last = stacks[current].frames.last {
      let old = last.pointer / UInt32(TracePage.size)
      let most: UInt32 = pointer >= TracePage.kernelHalf ? 1 : 16
      if virtualPage < old ? old - virtualPage <= most : virtualPage == old { stack = current }
    }
    if stack == stacks.count { stacks.append(Stack()) }
    owners[slot] = Owner(stack: Int32(stack), virtualPage: virtualPage)
    return stack
  }
}
