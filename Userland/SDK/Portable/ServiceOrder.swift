// Which services need which: what is started for one, and in which order; who needs one; when one that crashed starts
// again. The service manager binds it to files and processes.
//
// Names are bytes. Invariant: every question ends, whatever needs what: a cycle is an error and not a loop.

import Primitives

/// Why there is no order in which a service could start.
public enum ServiceOrderError: Error, Equatable {
  /// There is no such service; the one before it, which may be nobody, needs it.
  case unknown(name: [UInt8], neededBy: [UInt8]?)
  /// Each needs the next one, and the last one is the first.
  case cycle([[UInt8]])

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .unknown(let name, let needer):
      output.write("there is no service ")
      output.write(name)
      if let needer {
        output.write(", which ")
        output.write(needer)
        output.write(" needs")
      }
    case .cycle(let names):
      for index in 0..<names.count {
        if index > 0 {
          output.write(index + 1 == names.count ? ", and that needs " : index == 1 ? " needs " : ", which needs ")
        }
        output.write(names[index])
      }
      output.write(": none of them can be the first")
    }
  }
}

public enum ServiceOrder {
  /// What a service needs; nil where there is no such service.
  public typealias Needs = ([UInt8]) -> [[UInt8]]?

  /// The names in a text, between spaces and line ends; what follows `#` in a line is a comment.
  public static func names(in text: [UInt8]) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var name: [UInt8] = []
    var isComment = false
    for byte in text + [0x0a] {
      if byte == 0x0a { isComment = false }
      if byte == 0x23 { isComment = true }
      if !isComment && byte > 0x20 {
        name.append(byte)
      } else if !name.isEmpty {
        names.append(name)
        name = []
      }
    }
    return names
  }

  /// What is to run for `name` to run, in an order in which everything comes after what it needs; `name` is the last.
  public static func order(of name: [UInt8], needs: Needs) throws(ServiceOrderError) -> [[UInt8]] {
    var order: [[UInt8]] = []
    var path: [[UInt8]] = []
    try visit(name, &path, &order, needs)
    return order
  }

  private static func visit(
    _ name: [UInt8], _ path: inout [[UInt8]], _ order: inout [[UInt8]], _ needs: Needs
  ) throws(ServiceOrderError) {
    if order.contains(name) { return }
    if let first = path.firstIndex(of: name) { throw .cycle(Array(path[first...]) + [name]) }
    guard let needed = needs(name) else { throw .unknown(name: name, neededBy: path.last) }
    path.append(name)
    for next in needed { try visit(next, &path, &order, needs) }
    path.removeLast()
    order.append(name)
  }

  /// Who of `running` needs `name` itself.
  public static func needers(of name: [UInt8], among running: [[UInt8]], needs: Needs) -> [[UInt8]] {
    running.filter { $0 != name && (needs($0) ?? []).contains(name) }
  }

  /// How many milliseconds a service that crashed waits before it starts again: 10 the first time, then twice as many each
  /// time, up to 1,280.
  public static func delay(restarts: UInt32) -> UInt32 { 5 << min(max(restarts, 1), 8) }

  /// How often a service that crashes now has been started again in a row, this time included. One that lived for ten
  /// seconds begins anew.
  public static func restarts(before: UInt32, lived milliseconds: UInt64) -> UInt32 {
    milliseconds >= 10_000 ? 1 : before &+ 1
  }
}
