// How large what was built is: the rows of the group `size`, in bytes.

import Benchmarks
import Foundation
import SymbolTables

extension Project {
  static let sizeGroup = "size"

  func measureSizes() throws -> [BenchmarkRow] {
    func row(_ name: String, _ bytes: Int) -> BenchmarkRow {
      BenchmarkRow(group: Self.sizeGroup, name: name, bytes: bytes)
    }
    let sections = try CodeImage.sectionSizes(of: file("build/kernel.elf").path)
    func kernel(_ names: String...) -> Int { names.reduce(0) { $0 + (sections[$1] ?? 0) } }
    let files = [
      ("smallest program, null", "programs/null"), ("smallest module, chain0", "modules/chain0.so"),
      ("service echo, linked", "services/echo.so"), ("service echo, server", "services/echo"),
      ("shell", "programs/shell"),
    ]
    return [
      row("kernel, code and constants", kernel(".boot", ".text", ".rodata")),
      row("kernel, variables", kernel(".data", ".bss")),
      row("kernel, symbols", kernel(".symbols")),
    ]
      + (try files.map { name, path in
        row(name, try Data(contentsOf: file("build/\(path)")).count)
      })
  }
}
