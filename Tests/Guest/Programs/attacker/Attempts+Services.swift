// Attempts on services: through the manager, on names, on what is asked and on what is kept.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

extension Attempts {
  mutating func onTheManager() {
    ask("a server, by the manager", needs: .services, .start, "echo")
    ask("a server in Ring 0, by the manager", needs: [.services, .ring0], .start, "echo", .ring0Server)
    ask("a linked service, by the manager", needs: [.services, .modules], .start, "frail", .linked)
    ask("moving a service into Ring 0", needs: [.services, .ring0], .move, "store", .ring0Server)
    ask("linking a service", needs: [.services, .modules], .move, "store", .linked)
    ask("dropping a service's state", needs: [.services, .ring0], .moveWithoutState, "store", .ring0Server)
    ask("stopping a service", needs: .services, .stop, "store")
    ask("keeping a service's state", needs: .services, .save, "store")
    let isListening = (try? ManagerClient.describe(Bytes("store"))) != nil
    judge("silencing the manager", isRefused: passesHandles(to: "manager") && isListening)
  }

  mutating func onServices() {
    let store: StaticString = "store"
    let count = UInt32(store.utf8CodeUnitCount)
    attempt("a new name", needs: .services) {
      let name: StaticString = "attacked"
      return unsafe SystemCalls.servicePublish(name.utf8Start, UInt32(name.utf8CodeUnitCount))
    }
    attempt("another one's name", [.notPermitted, .alreadyExists]) {
      unsafe SystemCalls.servicePublish(store.utf8Start, count)
    }
    attempt("holding a service", needs: .services) {
      unsafe SystemCalls.serviceControl(store.utf8Start, count, ServiceAction.hold.rawValue)
    }
    attempt("letting go what others hold") {
      unsafe SystemCalls.serviceControl(store.utf8Start, count, ServiceAction.release.rawValue)
    }
    attempt("retiring a server") {
      unsafe SystemCalls.serviceControl(store.utf8Start, count, ServiceAction.retire.rawValue)
    }
    guard let client = try? ServiceClient("store") else { return judge("asking the store", isRefused: false) }
    defer { client.close() }
    let words = Self.numbers
    for (name, operation) in [
      ("stealing a service's state" as StaticString, CommonOperation.save),
      ("overwriting a service's state", CommonOperation.restore),
    ] {
      attempt(name, [.unsupported]) {
        for first in words {
          let result = Self.ask(client, operation, first)
          if result != SystemError.unsupported.rawValue { return result }
        }
        return SystemError.unsupported.rawValue
      }
    }
    for operation in 0..<8 as Range<UInt32> { for first in words { _ = Self.ask(client, operation, first) } }
    judge("ending a service by numbers", isRefused: (try? client.callShort(CommonOperation.ping)) == 1)
    judge("filling a service's table of handles", isRefused: passesHandles(to: "store"))
    judge("filling the store", isRefused: fills(client))
  }

  private static var numbers: [UInt32] { [0, 1, 64, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, .max] }

  private static func ask(_ client: ServiceClient, _ operation: UInt32, _ first: UInt32) -> Int32 {
    var words = InlineArray<6, UInt32>(repeating: first)
    words[1] = 0x8000_0000
    var reply: [UInt8] = []
    do throws(SystemError) {
      _ = try client.call(
        operation, words: words, data: [1, 2, 3], reply: &reply, capacity: 64, nanoseconds: 1_000_000_000)
      return 0
    } catch { return error.rawValue }
  }

  /// Passes more handles than a table has places. Returns whether the service goes on.
  private func passesHandles(to name: StaticString) -> Bool {
    guard let client = try? ServiceClient(name) else { return false }
    defer { client.close() }
    for _ in 0..<600 {
      var message = Message()
      message.operation = CommonOperation.ping | Message.passesHandle
      message.words[5] = StandardHandle.output
      let result = unsafe SystemCalls.call(client.number, &message, 1_000_000_000, 0)
      if result < 0, result != SystemError.unsupported.rawValue { return false }
    }
    return true
  }

  /// Whether it is refused one day, and leaves room for others.
  private func fills(_ store: ServiceClient) -> Bool {
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = 9
    var number: UInt32 = 0
    var answer: UInt32 = 0
    let own = (try? TaskIdentity.current.information().process) ?? 0
    while answer == 0 || answer == 1, number < 8192 {
      var key: [UInt8] = [0x61]
      for shift in 0..<4 as Range<UInt32> {
        key.append(UInt8(truncatingIfNeeded: number >> (8 * shift)))
        key.append(UInt8(truncatingIfNeeded: own >> (8 * shift)))
      }
      var reply: [UInt8] = []
      let result = try? store.call(
        StoreOperation.set.rawValue, words: words, data: key + [UInt8](repeating: 7, count: 1000), reply: &reply)
      guard let result else { return false }
      answer = result[0]
      number += 1
    }
    return answer == 3
  }
}

/// A name on its way from one server to the next, and somebody who wants it.
enum Hijack {
  /// While the store moves, a process with the right to publish names tries to have its.
  static func isRefused() -> Bool {
    guard let child = Attacker.start("hijack", dropping: Rights.all.subtracting(.services)) else { return false }
    var moves: UInt32 = 0
    for _ in 0..<4 {
      for placement in [ServicePlacement.ring0Server, .linked, .server] {
        do throws(SystemError) {
          if try ManagerClient.ask(.move, Bytes("store"), placement: placement) == nil { moves += 1 }
        } catch {}
      }
    }
    try? child.kill(status: 0)
    let outcome = try? child.wait()
    let isRefused = outcome == .killed(status: 0) && moves == 12
    Console.write {
      $0.write(isRefused ? "refused " : "ALLOWED ")
      $0.write("services: taking a name while it moves\n")
    }
    return isRefused
  }

  /// Ends with 1 as soon as it has the name.
  static func wantName() -> Int32 {
    let name: StaticString = "store"
    while true {
      if unsafe SystemCalls.servicePublish(name.utf8Start, UInt32(name.utf8CodeUnitCount)) >= 0 { return 1 }
      Thread.yield()
    }
  }
}
