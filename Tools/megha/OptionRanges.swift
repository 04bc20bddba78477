// Which numbers options take, and the files that they name. An option whose value may be a number takes what follows it
// unconditionally, so that a negative number is read and refused as such.

import ArgumentParser
import Foundation

/// The seconds that a machine may be given.
let secondsRange = 1...1_000_000

/// Refuses a number that an option does not take.
func demand<Number: Comparable>(_ number: Number, in range: ClosedRange<Number>, of option: String) throws {
  guard !range.contains(number) else { return }
  throw ValidationError("\(option) is a number from \(range.lowerBound) to \(range.upperBound), and \(number) is not.")
}

/// Writes a file that an option or argument names.
func writeFile(_ data: Data, to path: String) throws {
  do { try data.write(to: URL(fileURLWithPath: path)) } catch {
    try demandWritable(path)
    throw Failure("\(path) cannot be written: \((error as NSError).localizedDescription)")
  }
}

/// Says that a file cannot be written before time is spent on what goes into it.
func demandWritable(_ path: String?) throws {
  guard let path else { return }
  let file = URL(fileURLWithPath: path)
  let folder = file.deletingLastPathComponent()
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
    throw Failure("\(path) cannot be written: there is no folder \(folder.path).")
  }
  guard !FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) || !isFolder.boolValue else {
    throw Failure("\(path) cannot be written: it is a folder.")
  }
}
