// What authors of programs and services write beside their sources for the system: the file `rights`, which rights it takes, and for
// services `needs`, which others.
//
// Invariant: a file of rights that names what is no right is an error of the build, not of a start in the guest.

import ABI
import Foundation
import Primitives
import SDK

/// A file of rights that the guest would refuse.
public struct RightsMistake: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let word: String

  public var description: String {
    let names = Rights.named.map { "\($0.name)" }.joined(separator: ", ")
    return "\(file) names \(word), which is no right. There are: \(names)."
  }
}

extension TargetBuild {
  /// The files of a folder that its author may write.
  public static let sayings = ["needs", "rights"]

  /// The files of that kind in a folder of the tree, checked.
  func sayings(of folder: String) throws -> [String] {
    let files = Self.sayings.map { "\(folder)/\($0)" }
    let present = files.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
    for file in present where file.hasSuffix("/rights") { try checkRights(file) }
    return present
  }

  /// Puts those of a folder that is built by itself beside what is built of it, and takes away what is there no more.
  func placeSayings(of folder: String, beside output: String) throws {
    let present = try sayings(of: folder)
    for saying in Self.sayings {
      let target = root.appending(path: "\(output).\(saying)")
      let source = "\(folder)/\(saying)"
      if present.contains(source) {
        try Self.write(try String(contentsOf: root.appending(path: source), encoding: .utf8), to: target)
      } else {
        try? FileManager.default.removeItem(at: target)
      }
    }
  }

  private func checkRights(_ file: String) throws {
    let text = [UInt8](try Data(contentsOf: root.appending(path: file)))
    do throws(UnknownRight) { _ = try RightsFile.rights(in: text) } catch {
      throw RightsMistake(file: file, word: String(decoding: error.word, as: UTF8.self))
    }
  }
}
