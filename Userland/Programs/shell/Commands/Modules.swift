// The commands for kernel modules.

import ABI
import Primitives
import SDK

extension Builtin {
  func lsmodCommand() -> Int32 {
    Console.write("MODULE            STATE     BASE        PAGES  INSIDE  IMPORTERS  CALLS  FAULTS\n")
    var index: UInt32 = 0
    while let module = Modules.information(index) {
      index += 1
      Console.write {
        $0.write(module.name, width: 18)
        $0.write(stateName(module.state), width: 10)
        $0.write(hexadecimal: module.base)
        $0.write(decimal: UInt64(module.pages), width: 7)
        $0.write(decimal: UInt64(module.threadsInside), width: 8)
        $0.write(decimal: UInt64(module.importers), width: 11)
        $0.write(decimal: UInt64(module.calls), width: 7)
        $0.write(decimal: UInt64(module.faults), width: 8)
        $0.write("\n")
      }
    }
    return 0
  }

  func insmodCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    do throws(Refusal) {
      try Modules.load(words[1], parameters: words.list(from: 2))
      return 0
    } catch {
      let path = words[1]
      Console.write {
        $0.write("shell: ")
        $0.write(path)
        $0.write(" was not loaded: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return 1
    }
  }

  func rmmodCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2 else { return reportUsage() }
    do throws(SystemError) {
      try Modules.unload(words[1])
      return 0
    } catch {
      return report(words[1], error.sentence)
    }
  }

  func modinfoCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2 else { return reportUsage() }
    var index: UInt32 = 0
    while let module = Modules.information(index) {
      index += 1
      guard isNamed(module, words[1]) else { continue }
      Console.write {
        $0.write(module.name)
        $0.write(": ")
        $0.write(stateName(module.state))
        $0.write(", at ")
        $0.write(hexadecimal: module.base)
        $0.write(", ")
        $0.write(decimal: module.pages)
        $0.write(" pages, ")
        $0.write(decimal: module.calls)
        $0.write(" calls, ")
        $0.write(decimal: module.faults)
        $0.write(" faults\n")
      }
      return 0
    }
    return report(words[1], SystemError.notFound.sentence)
  }

  private func isNamed(_ module: ModuleInformation, _ name: Bytes) -> Bool {
    for index in 0..<32 {
      let byte = index < name.count ? name[index] : 0
      if module.name.bytes[index] != byte { return false }
    }
    return true
  }

  private func stateName(_ state: UInt32) -> StaticString {
    switch state {
    case 0: "loading"
    case 1: "live"
    case 2: "stopping"
    case 3: "failed"
    default: "?"
    }
  }
}
