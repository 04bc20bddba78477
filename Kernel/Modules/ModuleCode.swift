// The instructions of a module, before any of them is mapped.

import Executables
import Primitives

extension ModuleImage {
  /// Goes through all code of the module.
  ///
  /// - Throws: `ModuleError.code` with the first instruction that no module may have.
  public func checkCode() throws(ModuleError) {
    for index in 0..<plan.table.count where plan.table[index].purpose == .code {
      let segment = plan.table[index]
      // The segment's part of the file lies inside the file.
      let code = file.extracting(Int(segment.fileOffset)..<Int(segment.fileOffset &+ segment.fileSize))
      guard let mistake = CodeMistake.first(in: code) else { continue }
      throw .code(mistake.rule, address: segment.start &+ UInt32(mistake.offset))
    }
  }
}
