// `megha memory-map`: what the kernel would make of a memory map.

import ArgumentParser
import Foundation
import MeghaBuild

struct MemoryMapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory-map", abstract: "Prints what the kernel would use of a memory map.",
    discussion: """
      The file is a table of rows: start, length and type, as the firmware reports them. The result is JSON. A \
      map that the kernel refuses gives one sentence and status 1.
      """)

  @Argument(help: "The file with the table.")
  var file: String

  func run() throws {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Failure("\(file) cannot be read.")
    }
    do throws(MemoryMapReportError) {
      print(try MemoryMapReport.json(forTable: String(decoding: data, as: UTF8.self)))
    } catch {
      throw Failure(error.description)
    }
  }
}
