// Servers as processes and modules: how each placement is started and ended, and how it is doing.

import ABI
import Primitives
import SDK

extension SystemWorld {
  /// What servers have by themselves: no more than programs do. While one works on a request it is as urgent as who asked; one
  /// that loops is no more urgent than those it serves.
  private static var serverPriority: UInt32 { 16 }
  /// How long a server may take to be gone, in milliseconds.
  private static var endLimit: UInt64 { 2000 }

  // MARK: Files

  /// Where files of services are: the system's own come before those that were added to it.
  private static var folders: [StaticString] { ["/lib/services/", "/extra/"] }

  /// Whether there is a file of it to start, in whatever placement.
  static func exists(_ name: [UInt8]) -> Bool {
    for folder in folders {
      if isFile(path(folder, name, .server)) || isFile(path(folder, name, .linked)) { return true }
    }
    return false
  }

  private static func path(_ folder: StaticString, _ name: [UInt8], _ placement: ServicePlacement) -> [UInt8] {
    Bytes(folder).copied + name + (placement == .linked ? Bytes(".so").copied : [])
  }

  private static func isFile(_ path: [UInt8]) -> Bool {
    withBytes(path) { path in
      do throws(SystemError) {
        _ = try File(path)
        return true
      } catch { return false }
    }
  }

  private static func contents(_ path: [UInt8]) -> [UInt8]? {
    withBytes(path) { path in
      do throws(SystemError) { return try File(path).contents() } catch { return nil }
    }
  }

  /// What services need their authors write into a file: `/lib/services/NAME.needs`, or `/extra/NAME.needs` for one that was
  /// added. It holds names (`ServiceOrder.names`). A service without such a file needs none.
  func needs(of name: [UInt8]) -> [[UInt8]]? {
    for folder in Self.folders {
      if let text = Self.contents(Bytes(folder).copied + name + Bytes(".needs").copied) {
        return ServiceOrder.names(in: text)
      }
    }
    return Self.exists(name) || isServed(name) ? [] : nil
  }

  /// What a server gets of the rights of whoever has it started, by the file `NAME.rights` beside it.
  private func granted(_ name: [UInt8], _ rights: Rights, isOwn: Bool) throws(ManagerRefusal) -> Rights {
    let folder: StaticString = isOwn ? "/lib/services/" : "/extra/"
    let text = Self.contents(Bytes(folder).copied + name + Bytes(RightsFile.ending).copied)
    return try Authority.granted(text, isOwn: isOwn, of: rights)
  }

  // MARK: Starting

  func start(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) -> Server {
    let own = Self.path("/lib/services/", name, placement)
    let isOwn = Self.isFile(own)
    let path = isOwn ? own : Self.path("/extra/", name, placement)
    if placement == .linked {
      try ModuleServer.load(path)
      return Server(placement: .linked, task: 0)
    }
    var arguments = WordList()
    arguments.append(path)
    var options = StartOptions(flags: placement == .ring0Server ? .ring0 : [])
    options.priority = Self.serverPriority
    options.droppedRights = Rights.all.subtracting(try granted(name, rights, isOwn: isOwn))
    var refusal: Refusal?
    var started: TaskIdentity?
    Self.withBytes(path) { path in
      do throws(Refusal) { started = try Process.start(path, arguments: arguments, options: options) } catch {
        refusal = error
      }
    }
    guard let started else { throw ManagerRefusal(Self.sentence(of: refusal)) }
    Self.processStarted.give()
    return Server(placement: placement, task: started.number)
  }

  static func sentence(of refusal: Refusal?) -> [UInt8] {
    guard let refusal else { return Bytes("it was not started").copied }
    return refusal.explanation.isEmpty ? Bytes(refusal.error.sentence).copied : refusal.explanation
  }

  func removeLeftModule(_ name: [UInt8]) throws(ManagerRefusal) {
    guard let module = Self.withBytes(name, { Modules.information(named: $0) }),
      ModuleServer.state(module, Self.information(name)) != .serving
    else { return }
    try ModuleServer.unload(name)
  }

  // MARK: How they are doing

  func state(of server: Server, for name: [UInt8]) -> ServerState {
    let service = Self.information(name)
    guard server.placement != .linked else { return ModuleServer.state(name, service) }
    if let service, service.state != 0, service.owner == server.task,
      service.placement != ServicePlacement.linked.rawValue
    {
      return .serving
    }
    return Self.lives(server.task) ? .starting : .gone
  }

  private static func lives(_ task: UInt32) -> Bool {
    // Its address space is gone with its last thread.
    ((try? TaskIdentity(task).information().addressSpace) ?? 0) != 0
  }

  func isEndTold(of server: Server) -> Bool {
    guard server.placement != .linked else { return false }
    return ((try? TaskIdentity(server.task).information().parent) ?? Self.own) == Self.own
  }

  // MARK: Ending

  func end(_ server: Server, of name: [UInt8]) throws(ManagerRefusal) {
    // What it has only in memory would be lost with it. One that does not answer is ended all the same.
    if state(of: server, for: name) == .serving { settle(name, server) }
    guard server.placement != .linked else { return try ModuleServer.unload(name) }
    try? TaskIdentity(server.task).kill(status: 0)
    let end = milliseconds + Self.endLimit
    while Self.lives(server.task) {
      guard milliseconds < end else { throw ManagerRefusal("its process does not end") }
      pause()
    }
  }
}

/// Services that are linked into the kernel.
enum ModuleServer {
  /// How long calls inside a module may take to come back, in milliseconds.
  private static var unloadLimit: UInt64 { 2000 }

  static func load(_ path: [UInt8]) throws(ManagerRefusal) {
    var refusal: Refusal?
    SystemWorld.withBytes(path) { path in
      do throws(Refusal) { try Modules.load(path, parameters: WordList()) } catch { refusal = error }
    }
    if let refusal { throw ManagerRefusal(SystemWorld.sentence(of: refusal)) }
  }

  /// Takes a module out, where it is there.
  static func unload(_ name: [UInt8]) throws(ManagerRefusal) {
    let end = Clock.sinceBoot / 1_000_000 + unloadLimit
    while SystemWorld.withBytes(name, { Modules.information(named: $0) }) != nil {
      var refusal: Refusal?
      SystemWorld.withBytes(name) { name in
        do throws(Refusal) { try Modules.unload(name, .noWait) } catch { refusal = error }
      }
      guard let refusal else { return }
      guard Clock.sinceBoot / 1_000_000 < end else { throw ManagerRefusal(SystemWorld.sentence(of: refusal)) }
      Thread.sleep(milliseconds: 1)
    }
  }

  static func state(_ name: [UInt8], _ service: ServiceInformation?) -> ServerState {
    guard let module = SystemWorld.withBytes(name, { Modules.information(named: $0) }) else { return .gone }
    return state(module, service)
  }

  static func state(_ module: ModuleInformation, _ service: ServiceInformation?) -> ServerState {
    guard !module.hasFailed else { return .gone }
    guard let service, service.state != 0, service.placement == ServicePlacement.linked.rawValue else {
      return .starting
    }
    return .serving
  }
}
