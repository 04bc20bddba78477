// Memory and structures that are there before a case begins, so that touching them allocates nothing.

import ABI
import Primitives
import SDK
import UserSupport

struct Scratch {
  /// Sixteen pages, all touched.
  let start: UInt32
  static var pages: UInt32 { 16 }

  init?() {
    guard let start = try? Memory.map(Self.pages * 4096, [.read, .write]) else { return nil }
    self.start = start
    for page in 0..<Self.pages { volatile_write(start + page * 4096, 0) }
  }

  /// The address of one of the pages, as the calls take it.
  func pointer(_ page: UInt32 = 0) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(start + page * 4096))!
  }

  func structure<T>(_ page: UInt32 = 0, as type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    unsafe pointer(page).assumingMemoryBound(to: T.self)
  }
}

/// The result of a thread as that of a call.
func result(of outcome: Outcome?) -> Int32 {
  switch outcome {
  case .exited(let status): status
  case .outOfMemory: SystemError.outOfMemory.rawValue
  default: SystemError.unknownCall.rawValue
  }
}

/// Runs `body` in a new thread and waits for it.
func inThread(_ flags: StartFlags = [], _ body: @escaping () -> Int32) -> Int32 {
  do throws(SystemError) {
    return result(of: try Thread.start(StartOptions(flags: flags), body: body).join())
  } catch { return error.rawValue }
}
