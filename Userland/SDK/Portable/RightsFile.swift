// What the author of a program or service asks for: the file `NAME.rights` beside it. It holds names of rights between spaces and line
// ends; what follows `#` in a line is a comment.
//
// Invariant: nobody is granted a right that whoever starts it lacks, or one that reaches all of the machine without its author's
// having asked for it.

import ABI
import Primitives

/// A file names something that is no right.
public struct UnknownRight: Error, Equatable {
  public let word: [UInt8]

  /// Writes the rest of a sentence that begins with whose file it is.
  public func describe(to output: inout some TextOutput) {
    output.write("its file of rights names ")
    output.write(word)
    output.write(", which is none")
  }
}

public enum RightsFile {
  /// What a file of rights is called after the program or service that it is for.
  public static var ending: StaticString { ".rights" }

  /// The rights that a text names. A word that is misspelt comes to no rights at all, so it is an error.
  public static func rights(in text: [UInt8]) throws(UnknownRight) -> Rights {
    var rights: Rights = []
    for name in ServiceOrder.names(in: text) {
      guard let right = Rights.named.first(where: { Bytes($0.name).copied == name })?.right else {
        throw UnknownRight(word: name)
      }
      rights.insert(right)
    }
    return rights
  }

  /// What is granted of the rights that a starter has.
  ///
  /// - Parameters:
  ///   - wanted: what the file says; nil: there is none.
  ///   - isOwn: whether it is part of the system, where no file means that no right is needed. What was added before there were such
  ///     files goes on as it did.
  public static func granted(_ wanted: Rights?, isOwn: Bool, of starter: Rights) -> Rights {
    if let wanted { return starter.intersection(wanted) }
    return isOwn ? [] : starter.subtracting(.wholeMachine)
  }

  /// Writes the names of rights with blanks between them, or `none`.
  public static func write(_ rights: Rights, to output: inout some TextOutput) {
    var isFirst = true
    for (name, right) in Rights.named where rights.contains(right) {
      if !isFirst { output.write(" ") }
      isFirst = false
      output.write(name)
    }
    if isFirst { output.write("none") }
  }
}
