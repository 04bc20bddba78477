// The commands for kernel modules.

import ABI
import Primitives
import SDK

extension Builtin {
  func lsmodCommand() -> Int32 {
    Console.write("MODULE            VERSION   STATE     BASE        PAGES      HEAP  INSIDE   CALLS  FAULTS")
    Console.write("  USED BY\n")
    forEachModule { module in
      Console.write {
        $0.write(module.name, width: 18)
        $0.write(module.version, width: 10)
        $0.write(stateName(module.state), width: 10)
        $0.write(hexadecimal: module.base)
        $0.write(decimal: UInt64(module.pages), width: 7)
        $0.write(decimal: UInt64(module.allocatedBytes), width: 10)
        $0.write(decimal: UInt64(module.threadsInside), width: 8)
        $0.write(decimal: UInt64(module.calls), width: 8)
        $0.write(decimal: UInt64(module.faults), width: 8)
        writeUsers(of: module, to: &$0)
        $0.write("\n")
      }
    }
    return 0
  }

  private func forEachModule(_ body: (ModuleInformation) -> Void) {
    var index: UInt32 = 0
    while let module = Modules.information(index) {
      index += 1
      body(module)
    }
  }

  private func writeUsers(of module: ModuleInformation, to output: inout ConsoleLine) {
    var names = output
    var isFirst = true
    forEachModule { user in
      guard module.users.value >> UInt64(user.number & 63) & 1 != 0 else { return }
      names.write(isFirst ? "  " : ", ")
      isFirst = false
      names.write(user.name)
    }
    output = names
  }

  /// A word with a slash is a path; any other names a module of the system. Those in /lib/services are the modules that
  /// are made of services.
  private func modulePath(_ word: Bytes) -> WordList {
    guard !word.isPath else { return path("", word, "") }
    let ending: StaticString = word.hasSuffix(".so") ? "" : ".so"
    let service = path("/lib/services/", word, ending)
    if service.withWord(0, isFile) { return service }
    return path("/lib/modules/", word, ending)
  }

  private func path(_ folder: StaticString, _ word: Bytes, _ ending: StaticString) -> WordList {
    var path = ByteWriter()
    path.write(folder)
    path.write(word)
    path.write(ending)
    var list = WordList()
    list.append(path.bytes)
    return list
  }

  private func isFile(_ path: Bytes) -> Bool {
    do throws(SystemError) {
      _ = try File(path)
      return true
    } catch { return false }
  }

  func insmodCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    do throws(Refusal) {
      let parameters = words.list(from: 2)
      try modulePath(words[1]).withWord(0) { path throws(Refusal) in try Modules.load(path, parameters: parameters) }
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
    let waits = words.count == 3 && words[1] == "--wait"
    guard waits || words.count == 2 else { return reportUsage() }
    let name = words[words.count - 1]
    do throws(Refusal) {
      try Modules.unload(name, waits ? [] : .noWait)
      return 0
    } catch {
      Console.write {
        $0.write("shell: ")
        $0.write(name)
        $0.write(" was not taken out: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return 1
    }
  }

  func modinfoCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2 else { return reportUsage() }
    if words[1].isPath { return describeModuleFile(words[1]) }
    guard let module = Modules.information(named: words[1]) else {
      return modulePath(words[1]).withWord(0) { describeModuleFile($0) }
    }
    Console.write {
      $0.write(module.name)
      $0.write(" ")
      $0.write(module.version)
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

  private func stateName(_ state: UInt32) -> StaticString {
    switch state {
    case 0: "loading"
    case 1: "live"
    case 2: "stopping"
    case 3: "failed"
    case 4: "starting"
    case 5: "draining"
    default: "?"
    }
  }
}
