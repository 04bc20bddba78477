// Instructions by call path: a node for each function in each chain of callers that was seen.

public struct CallTree: Sendable {
  public struct Node: Sendable {
    public let parent: Int
    public let function: Int
    let depth: Int
    /// Executed in the function itself, without what it called.
    public internal(set) var own: UInt64 = 0
  }

  /// The root, which stands for everything, comes first; parents come before children.
  public private(set) var nodes = [Node(parent: 0, function: -1, depth: 0)]
  public private(set) var functions: [GuestFunction] = []

  private var children: [UInt64: Int32] = [:]
  private var numbers: [GuestFunction: Int] = [:]

  /// A recursion deeper than this adds no more nodes.
  static let deepest = 160

  public init() {}

  mutating func number(of function: GuestFunction) -> Int {
    if let number = numbers[function] { return number }
    functions.append(function)
    numbers[function] = functions.count - 1
    return functions.count - 1
  }

  /// The node of `function` called from the path `parent`.
  mutating func child(of parent: Int, function: Int) -> Int {
    let caller = nodes[parent].depth < Self.deepest ? parent : nodes[parent].parent
    let key = UInt64(caller) << 32 | UInt64(function)
    if let child = children[key] { return Int(child) }
    nodes.append(Node(parent: caller, function: function, depth: nodes[caller].depth + 1))
    children[key] = Int32(nodes.count - 1)
    return nodes.count - 1
  }

  mutating func add(_ instructions: UInt32, to node: Int) { nodes[node].own += UInt64(instructions) }

  public var total: UInt64 { nodes.reduce(0) { $0 + $1.own } }

  /// What each node and all below it executed.
  public var totals: [UInt64] {
    var totals = nodes.map(\.own)
    for index in nodes.indices.dropFirst().reversed() { totals[nodes[index].parent] += totals[index] }
    return totals
  }

  /// Functions by what they executed themselves on all paths, most first.
  public var byFunction: [(function: GuestFunction, instructions: UInt64)] {
    var sums = [UInt64](repeating: 0, count: functions.count)
    for node in nodes where node.own > 0 { sums[node.function] += node.own }
    return zip(functions, sums).filter { $0.1 > 0 }.map { ($0, $1) }
      .sorted {
        ($1.instructions, $0.function.image, $0.function.name) < ($0.instructions, $1.function.image, $1.function.name)
      }
  }
}
