import ABI
import Diagnostics
import Primitives

struct LinkedModule: ~Copyable {
  var number: UInt32 = 0
  var threadsInside = 0
}

enum Modules {
  static func containFault(_ frame: TrapFrame, address: UInt32?) {}
  static func image(containing address: UInt32) -> CodeImage? { nil }
  static func meaning(of address: UInt32) -> AddressMeaning? { nil }
  static func call(
    _ module: Reference<LinkedModule>, service: Reference<Service>, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 { throw .unsupported }
}

enum ModuleCalls {
  @inline(never)
  static func load(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  @inline(never)
  static func unload(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  @inline(never)
  static func information(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .notFound }
}
