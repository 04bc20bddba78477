import ABI
import Diagnostics
import Primitives

enum Modules {
  static func containFault(_ frame: TrapFrame, address: UInt32?) {}
  static func image(containing address: UInt32) -> CodeImage? { nil }
  static func meaning(of address: UInt32) -> AddressMeaning? { nil }
}

enum ModuleCalls {
  static func load(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func unload(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func information(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .notFound }
}
