// A service: something that others call by name, whatever its placement.
//
// Invariants:
// - The record stays while a name, a handle or a task inside one of its calls refers to it; its server may change in
//   between, which is how a service moves or is started again under its clients.
// - `door` is open exactly while every request may go straight to a live module; `updateDoor` follows each change.
// - `server` and `predecessor` are somebody exactly while `queues` has a term and a former term.

import ABI
import MachineSupport
import Messages
import Primitives
import Scheduling

/// Who answers.
enum ServiceServer {
  case nobody
  case process(Reference<Process>)
  case module(Reference<LinkedModule>, function: UInt32)
}

struct Service: ~Copyable {
  var name: Name
  var server: ServiceServer = .nobody
  /// The server that was there when a hold began and a successor published the name.
  var predecessor: ServiceServer = .nobody
  /// Handles, and tasks inside one of its calls.
  var references: UInt32 = 0
  var queues = CallQueues()
  /// Open while a live module serves and calls are not held.
  var door = module_door()

  init(name: Name) { self.name = name }
}

extension Reference where Value == Service {
  var queues: Reference<CallQueues> { reference(to: &value.queues) }
  var door: Reference<module_door> { reference(to: &value.door) }

  /// The requests that were made, whichever way they went.
  var callCount: UInt32 { value.queues.calls &+ value.door.calls }

  /// Opens or closes the door: after every change of the server, of its module's state, or of who holds the calls.
  ///
  /// What leads back out of a call stays as it is while the door is closed: calls may be inside.
  func updateDoor() {
    value.door.function = 0
    guard case .module(let module, let function) = value.server, !value.queues.isHeld, module.isLive else { return }
    value.door.inside = UInt32(module.inside.address)
    value.door.module = UInt32(module.address)
    value.door.resume = address_of_module_door_cut()
    value.door.function = function
  }
}

/// The names of services.
struct ServiceTable {
  static var capacity: Int { 64 }
  fileprivate var entries = InlineArray<64, Reference<Service>?>(repeating: nil)
}

typealias CallRecord = Messages.CallRecord

/// The scheduler as the protocol of calls sees it.
enum CallWaits: CallScheduler {
  @inline(__always) static func wake(_ task: Reference<Task>) { kernel.scheduler.wake(task) }
  @inline(__always) static func lend(_ priority: UInt8, to task: Reference<Task>) {
    kernel.scheduler.lend(priority, to: task)
  }
  @inline(__always) static func updatePriority(of task: Reference<Task>) { kernel.scheduler.updatePriority(of: task) }
  @inline(__always) static func takeBack(from caller: Reference<Task>) { PageLending.takeBack(from: caller) }
}

enum Services {
  // MARK: Names

  static func find(_ name: Name) -> Reference<Service>? {
    for index in 0..<ServiceTable.capacity {
      if let service = kernel.services.entries[index], isEqual(service.value.name, name) { return service }
    }
    return nil
  }

  /// The service of this name, made now where there is none yet.
  static func findOrMake(_ name: Name) throws(SystemError) -> Reference<Service> {
    if let service = find(name) { return service }
    for index in 0..<ServiceTable.capacity where kernel.services.entries[index] == nil {
      let pointer: UnsafeMutablePointer<Service> = try KernelHeapMemory.allocate(tag: .service)
      pointer.initialize(to: Service(name: name))
      kernel.services.entries[index] = Reference(pointer)
      return Reference(pointer)
    }
    throw .limitReached
  }

  /// The service in a place of the table.
  static func entry(_ index: Int) -> Reference<Service>? { kernel.services.entries[index] }

  /// The service of this number among those that there are.
  static func service(at index: Int) -> Reference<Service>? {
    var left = index
    for entry in 0..<ServiceTable.capacity {
      guard let service = kernel.services.entries[entry] else { continue }
      if left == 0 { return service }
      left -= 1
    }
    return nil
  }

  static func isEqual(_ left: Name, _ right: Name) -> Bool {
    for index in 0..<32 where left.bytes[index] != right.bytes[index] { return false }
    return true
  }

  /// Reads a name of 1 to 31 bytes from the caller.
  static func name(at address: UInt32, length: UInt32) throws(SystemError) -> Name {
    guard length > 0, length < 32 else { throw .badArgument }
    var name = Name()
    var failure: SystemError?
    withUnsafeMutablePointer(to: &name) { pointer in
      do throws(SystemError) {
        try UserBuffer(address: address, length: length).copyIn(to: pointer, count: length)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return name
  }

  // MARK: Lifetime

  @inline(__always)
  static func retain(_ service: Reference<Service>) { service.value.references &+= 1 }

  /// Gives up a handle. A service that nobody serves or refers to any more loses its name.
  @inline(__always)
  static func release(_ service: Reference<Service>) {
    service.value.references &-= 1
    if service.value.references == 0 { forgetIfUnused(service) }
  }

  @inline(never)
  static func forgetIfUnused(_ service: Reference<Service>) {
    guard service.value.references == 0, case .nobody = service.value.server, !service.value.queues.isHeld else {
      return
    }
    for index in 0..<ServiceTable.capacity where kernel.services.entries[index] == service {
      kernel.services.entries[index] = nil
    }
    service.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(service.unsafePointer)
  }

  // MARK: Servers

  /// Makes `server` answer from now on.
  ///
  /// - Parameter process: whose doing that is. While calls are held, that must be the holder or a child of it: nobody else
  ///   takes a name in the middle of a move.
  static func install(
    _ server: ServiceServer, in service: Reference<Service>, by process: Reference<Process>
  ) throws(SystemError) {
    let holder = service.value.queues.holder
    guard holder == .none || holder == process.value.identity || holder == process.value.parent?.value.identity else {
      throw .notPermitted
    }
    if case .nobody = service.value.server {
    } else {
      // A successor may take the name only while its calls are held.
      guard holder != .none, case .nobody = service.value.predecessor else { throw .alreadyExists }
      service.value.predecessor = service.value.server
    }
    service.value.server = server
    service.updateDoor()
    service.queues.beginTerm(CallWaits.self)
  }

  /// The server is gone. While its calls are held, the one before it comes back.
  static func serverIsGone(_ service: Reference<Service>) {
    service.value.server = service.value.predecessor
    service.value.predecessor = .nobody
    service.updateDoor()
    service.queues.endTerm(CallWaits.self)
  }

  /// The predecessor will not come back: its tasks learn that their term is over.
  static func retirePredecessor(of service: Reference<Service>) {
    service.value.predecessor = .nobody
    service.queues.endFormerTerm(CallWaits.self)
  }

  /// A process gave up the endpoint of a term, or ended.
  static func withdraw(_ service: Reference<Service>, term: UInt32) {
    if service.value.queues.term == term {
      serverIsGone(service)
    } else if service.value.queues.formerTerm == term {
      retirePredecessor(of: service)
    }
    release(service)
  }

  /// The module that served it is taken out. The calls inside have come back.
  static func withdraw(_ service: Reference<Service>, because module: Reference<LinkedModule>) {
    if case .module(let server, _) = service.value.server, server == module {
      serverIsGone(service)
    } else if case .module(let server, _) = service.value.predecessor, server == module {
      retirePredecessor(of: service)
    }
  }

  /// A task ended: those whose requests it had get an error.
  static func serverTaskEnded(_ task: Reference<Task>) {
    Reference<CallQueues>.serverTaskEnded(task, CallWaits.self)
    PageLending.removeWindow(of: task)
    guard task.value.callRecord != 0 else { return }
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: task.value.callRecord))
    task.value.callRecord = 0
  }

  /// The record in which a task keeps its call, made at the first one.
  @inline(__always)
  static func record(of task: Reference<Task>) throws(SystemError) -> Reference<CallRecord> {
    if task.value.callRecord == 0 { try makeRecord(of: task) }
    return task.value.call
  }

  @inline(never)
  private static func makeRecord(of task: Reference<Task>) throws(SystemError) {
    let pointer: UnsafeMutablePointer<CallRecord> = try KernelHeapMemory.allocate(tag: .service)
    pointer.initialize(to: CallRecord(sender: task.value.process.value.identity))
    task.value.callRecord = UInt(bitPattern: pointer)
  }
}
