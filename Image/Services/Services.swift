import ABI
import Primitives
import Tasks

struct Service {}
struct ServiceTable {}

enum Services {
  static func release(_ service: Reference<Service>) {}
  static func withdraw(_ service: Reference<Service>, because process: Reference<Process>) {}
}

enum MessageCalls {
  static func serviceOpen(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func call(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func servicePublish(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func receive(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func reply(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func replyAndReceive(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .unsupported }
  static func serviceInformation(_ arguments: Arguments) throws(SystemError) -> Int32 { throw .notFound }
}
