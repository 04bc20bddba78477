// The command `service`: start, stop, list, move and save; and `date`, which asks one of them.

import ABI
import Primitives
import SDK

extension Builtin {
  func serviceCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    let action = words[1]
    if action == "list" { return listServices() }
    let isWithoutState = words.count == 6 && words[5] == "--without-state"
    guard words.count > 2, let placement = placement(in: words, isWithoutState ? 5 : words.count),
      !isWithoutState || action == "move"
    else { return reportWrongWord(words) }
    let operation: ManagerOperation
    if action == "start" {
      operation = .start
    } else if action == "stop" {
      operation = .stop
    } else if action == "move" {
      guard words.count > 3 else { return reportUsage() }
      operation = isWithoutState ? .moveWithoutState : .move
    } else if action == "save" {
      operation = .save
    } else {
      return reportWrongWord(words)
    }
    do throws(SystemError) {
      guard let refusal = try ManagerClient.ask(operation, words[2], placement: placement) else { return 0 }
      let name = words[2]
      Console.write {
        $0.write("service: ")
        $0.write(name)
        $0.write(": ")
        $0.write(refusal)
        $0.write("\n")
      }
      return 1
    } catch {
      return report(Bytes("the service manager"), error.sentence)
    }
  }

  /// Names the first word that is not known where it stands.
  private func reportWrongWord(_ words: borrowing CommandWords) -> Int32 {
    let known = Completion.serviceWords
    for index in 1..<words.count where index != 2 {
      let choices = (index < 2 ? known.actions : index == 4 ? known.placements : known.options).map {
        StaticText($0).bytes
      }
      let word = words[index].copied
      if !choices.contains(word) { return reportUnknown(word, among: choices) }
    }
    return reportUsage()
  }

  /// Starts the service that it asks where that does not run.
  func dateCommand() -> Int32 {
    do throws(SystemError) {
      do throws(SystemError) { return try writeTime() } catch {
        guard error == .notFound || error == .peerGone else { throw error }
        if let refusal = try ManagerClient.ask(.start, Bytes("clock")) {
          Console.write {
            $0.write("date: the service clock was not started: ")
            $0.write(refusal)
            $0.write("\n")
          }
          return 1
        }
        return try writeTime()
      }
    } catch { return report(Bytes("the service clock"), error.sentence) }
  }

  private func writeTime() throws(SystemError) -> Int32 {
    let clock = try ClockClient()
    defer { clock.close() }
    switch try clock.time() {
    case .time(let time):
      Console.write {
        $0.write(time.text.span)
        $0.write("\n")
      }
      return 0
    case .failure(let failure): return reportFailure(failure.sentence)
    }
  }

  /// `--as server|ring0-server|linked` after the name; a server where nothing is said; nil where it is wrong.
  private func placement(in words: borrowing CommandWords, _ count: Int) -> ServicePlacement? {
    if count == 3 { return .server }
    guard count == 5, words[3] == "--as" else { return nil }
    if words[4] == "server" { return .server }
    if words[4] == "ring0-server" { return .ring0Server }
    return words[4] == "linked" ? .linked : nil
  }

  private func listServices() -> Int32 {
    Console.write("SERVICE           STATE   PLACEMENT     OWNER  CALLS  FAULTS  WAITING  INSIDE  RESTARTS  NEEDS\n")
    var index: UInt32 = 0
    while let service = ServiceList.information(index) {
      index += 1
      // Without the manager that is not known.
      let described = service.name.withBytes { try? ManagerClient.describe($0) }
      Console.write {
        $0.write(service.name, width: 18)
        $0.write(service.state == 0 ? "nobody  " : service.state == 1 ? "serves  " : "held    ")
        switch ServicePlacement(rawValue: service.placement) {
        case _ where service.state == 0: $0.write("-           ")
        case .server: $0.write("server      ")
        case .ring0Server: $0.write("ring0-server")
        case .linked: $0.write("linked      ")
        case nil: $0.write("?           ")
        }
        $0.write(decimal: UInt64(service.owner), width: 7)
        $0.write(decimal: UInt64(service.calls), width: 7)
        $0.write(decimal: UInt64(service.faults), width: 8)
        $0.write(decimal: UInt64(service.waiting), width: 9)
        $0.write(decimal: UInt64(service.inside), width: 8)
        $0.write(decimal: UInt64(described?.restarts ?? 0), width: 10)
        $0.write("  ")
        if let needs = described?.needs, !needs.isEmpty { $0.write(needs) } else { $0.write("-") }
        $0.write("\n")
      }
    }
    listCrashed()
    let others = Names.services.filter { name in
      name.withBytes { ServiceList.find($0) }.map { $0.state == 0 } ?? true
    }
    if !others.isEmpty {
      Console.write {
        $0.write("could be started:")
        for name in others {
          $0.write(" ")
          $0.write(name)
        }
        $0.write("\n")
      }
    }
    return 0
  }

  /// Those whose name the kernel does not know any more, since nobody has it open.
  private func listCrashed() {
    guard let names = try? ManagerClient.waiting() else { return }
    for name in names.split(separator: 0x20) {
      let name = Array(name)
      let isListed = unsafe name.withUnsafeBufferPointer { buffer in
        unsafe buffer.baseAddress.map { ServiceList.find(unsafe Bytes(start: $0, count: buffer.count)) != nil } ?? true
      }
      guard !isListed else { continue }
      Console.write {
        $0.write(name)
        for _ in name.count..<18 { $0.write(" ") }
        $0.write("crashed; it is started again in a moment\n")
      }
    }
  }
}
