// What services need, which their authors write into a file: `/lib/services/NAME.needs`, or `/extra/NAME.needs` for one
// that was added. It holds names (`ServiceOrder.names`). A service without such a file needs none.

import ABI
import Primitives
import SDK

enum Dependencies {
  /// What a service needs; nil where nothing of this name could be started and nobody serves it.
  static func needs(of name: [UInt8]) -> [[UInt8]]? {
    for folder in Servers.folders {
      if let text = contents(Servers.bytes(folder) + name + Servers.bytes(".needs")) {
        return ServiceOrder.names(in: text)
      }
    }
    return Servers.exists(name) || isServed(name) ? [] : nil
  }

  private static func contents(_ path: [UInt8]) -> [UInt8]? {
    Servers.withBytes(path) { path in
      do throws(SystemError) { return try File(path).contents() } catch { return nil }
    }
  }

  /// Whether anybody serves it, started by the manager or not.
  private static func isServed(_ name: [UInt8]) -> Bool {
    Servers.withBytes(name) { ServiceList.find($0) }.map { $0.state != 0 } ?? false
  }

  /// Starts what a service needs and what does not run, in order.
  static func start(for name: [UInt8], _ rights: Rights) throws(ManagerRefusal) {
    for needed in try order(of: name).dropLast() where Servers.find(needed) == nil {
      do throws(ManagerRefusal) {
        // One that crashed comes back as it was.
        if try Recovery.restart(needed) { continue }
        if isServed(needed) { continue }
        _ = try Servers.start(needed, as: .server, rights)
      } catch {
        throw ManagerRefusal(needed + Servers.bytes(", which it needs, does not start: ") + error.sentence)
      }
    }
  }

  private static func order(of name: [UInt8]) throws(ManagerRefusal) -> [[UInt8]] {
    do throws(ServiceOrderError) { return try ServiceOrder.order(of: name, needs: needs) } catch {
      var sentence = ByteWriter()
      error.describe(to: &sentence)
      throw ManagerRefusal(sentence.bytes)
    }
  }

  /// Refuses where a service that runs needs this one.
  static func checkUnneeded(_ name: [UInt8]) throws(ManagerRefusal) {
    let running = Servers.list.withLock { entries in entries.filter { !$0.isEnding }.map { $0.name } }
    let needers = ServiceOrder.needers(of: name, among: running, needs: needs)
    guard let first = needers.first else { return }
    var sentence = Servers.bytes("it is needed by ") + first
    for needer in needers.dropFirst() { sentence += Servers.bytes(", ") + needer }
    throw ManagerRefusal(sentence)
  }
}
