// Loading, calling and unloading a kernel module.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

enum ModuleCases {
  private static var name: StaticString { "lab" }
  private static var path: StaticString { "/lib/modules/lab.so" }

  static func run(_ sweep: inout Sweep) {
    sweep.run("moduleLoad", undo: unload) { arm in
      arm()
      return load()
    }
    // What loading needs is not what is swept here: it happens before.
    sweep.run("moduleUnload") { arm in
      let loaded = load()
      guard loaded >= 0 else { return loaded }
      arm()
      do throws(Refusal) {
        try Modules.unload(Bytes(name))
        return 0
      } catch {
        unload(0)
        return error.error.rawValue
      }
    }
    guard load() >= 0 else { return }
    sweep.run("moduleInformation") { arm in
      arm()
      return Modules.information(0) == nil ? -1 : 0
    }
    sweep.run("call into a module, a task's first") { arm in
      inThread {
        arm()
        do throws(SystemError) {
          let lab = try ServiceClient(name)
          defer { lab.close() }
          return try Int32(bitPattern: lab.callShort(LabOperation.echo.rawValue, 1))
        } catch { return error.rawValue }
      }
    }
    unload(0)
  }

  private static func load() -> Int32 {
    do throws(Refusal) {
      try Modules.load(Bytes(path), parameters: WordList())
      return 0
    } catch { return error.error.rawValue }
  }

  private static func unload(_: Int32) { try? Modules.unload(Bytes(name)) }
}
