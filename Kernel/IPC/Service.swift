// A service: something that others call by name, whatever its placement.
//
// Invariants:
// - The record stays while a name, a handle or a task inside one of its calls refers to it; its server may change in
//   between, which is how a service moves or is started again under its clients.
// - `door` is open exactly while every request may go straight to a live module; `updateDoor` follows each change.
// - `server` and `predecessor` are somebody exactly while `queues` has an epoch and a former epoch.

import ABI
import MachineSupport
import Memory
import Messages
import Modules
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// Who answers.
package enum ServiceServer {
  case nobody
  case process(Reference<Process>)
  case module(LinkedServer)
}

/// A linked module that serves. What it does when it is called is the business of a library above this one.
package struct LinkedServer: Equatable {
  /// The address of the module's record.
  package let module: UInt32
  /// The address of the function that serves.
  package let function: UInt32

  package init(module: UInt32, function: UInt32) {
    self.module = module
    self.function = function
  }
}

/// What is asked of modules that serve; the library that keeps modules enters it at boot.
package struct LinkedServers {
  /// Serves the request in a record, whose words become the reply's, and returns the result.
  package let serve: (Context, LinkedServer, Reference<CallRecord>) throws(SystemError) -> Int32
  /// Waits for the answer to a request in the current task's record, which the module keeps, and returns the result.
  package let wait: (Context, LinkedServer, Reference<Service>, UInt64?) throws(SystemError) -> Int32
  /// Has those whose requests the module keeps look whether it still serves them.
  package let wakeKept: (Context, LinkedServer) -> Void
  /// Whether calls may enter the module.
  package let isLive: (Context, LinkedServer) -> Bool
  /// The count of the calls that are inside.
  package let inside: (Context, LinkedServer) -> Reference<ModuleInside>

  package init(
    serve: @escaping (Context, LinkedServer, Reference<CallRecord>) throws(SystemError) -> Int32,
    wait: @escaping (Context, LinkedServer, Reference<Service>, UInt64?) throws(SystemError) -> Int32,
    wakeKept: @escaping (Context, LinkedServer) -> Void,
    isLive: @escaping (Context, LinkedServer) -> Bool,
    inside: @escaping (Context, LinkedServer) -> Reference<ModuleInside>
  ) {
    self.serve = serve
    self.wait = wait
    self.wakeKept = wakeKept
    self.isLive = isLive
    self.inside = inside
  }
}

package struct Service: ~Copyable {
  // The first two are where ipc.S expects them.
  package var queues = CallQueues()
  /// Handles, and tasks inside one of its calls.
  var references: UInt32 = 0
  let context: Context
  package var name: Name
  package var server: ServiceServer = .nobody
  /// The server that was there when a hold began and a successor published the name.
  var predecessor: ServiceServer = .nobody
  /// Open while a live module serves and calls are not held.
  var door = module_door()

  init(name: Name, in context: Context) {
    self.context = context
    self.name = name
  }
}

extension Reference where Value == Service {
  package var queues: Reference<CallQueues> { reference(to: &value.queues) }
  var door: Reference<module_door> { reference(to: &value.door) }

  /// The requests that were made, whichever way they went.
  package var callCount: UInt32 { value.queues.calls &+ value.door.calls }

  /// Opens or closes the door: after every change of the server, of its module's state, or of who holds the calls.
  ///
  /// What leads back out of a call stays as it is while the door is closed: calls may be inside.
  package func updateDoor() {
    value.door.function = 0
    guard case .module(let server) = value.server, !value.queues.isHeld else { return }
    let context = value.context
    guard context.messages.isLive(server, context) else { return }
    value.door.inside = UInt32(context.messages.inside(server, context).address)
    value.door.module = server.module
    value.door.resume = address_of_module_door_cut()
    value.door.function = server.function
  }
}

/// The names of services.
package struct ServiceTable {
  package static var capacity: Int { 64 }
  fileprivate var entries = InlineArray<64, Reference<Service>?>(repeating: nil)
}

package typealias CallRecord = Messages.CallRecord

/// The scheduler as the protocol of calls sees it.
struct CallWaits: CallScheduler {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(__always) func wake(_ task: Reference<Task>) { context.scheduler.wake(task) }
  @inline(__always) func lend(_ priority: UInt8, to task: Reference<Task>) {
    context.scheduler.lend(priority, to: task)
  }
  @inline(__always) func updatePriority(of task: Reference<Task>) { context.scheduler.updatePriority(of: task) }
  @inline(__always) func revokeLease(of caller: Reference<Task>) { PageLending(context).revoke(from: caller) }
}

package struct Services {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of services and of endpoints known.
  package static func enter(into kinds: inout ObjectTable) {
    var service = ObjectOperations()
    service.retain = { context, target in
      if let service = target.service { Services(context).retain(service) }
    }
    service.close = { context, target, _ in
      if let service = target.service { Services(context).release(service) }
    }
    kinds.enter(.service, service)
    var endpoint = ObjectOperations()
    endpoint.isCopyable = false
    endpoint.close = { context, target, _ in
      if let endpoint = target.endpoint { Services(context).withdraw(endpoint.service, epoch: endpoint.epoch) }
    }
    kinds.enter(.endpoint, endpoint)
  }

  // MARK: Names

  package func find(_ name: Name) -> Reference<Service>? {
    for index in 0..<ServiceTable.capacity {
      if let service = context.messages.services.entries[index], isCalled(service, name) { return service }
    }
    return nil
  }

  /// The service of this name, made now where there is none yet.
  package func findOrMake(_ name: Name) throws(SystemError) -> Reference<Service> {
    if let service = find(name) { return service }
    for index in 0..<ServiceTable.capacity where context.messages.services.entries[index] == nil {
      let pointer: UnsafeMutablePointer<Service> = unsafe try KernelHeap(context).allocateUncharged(tag: .service)
      unsafe pointer.initialize(to: Service(name: name, in: context))
      unsafe pointer.pointee.door.service = UInt32(UInt(bitPattern: pointer))
      context.messages.services.entries[index] = unsafe Reference(pointer)
      return unsafe Reference(pointer)
    }
    throw .limitReached
  }

  /// The service in a place of the table.
  func entry(_ index: Int) -> Reference<Service>? { context.messages.services.entries[index] }

  /// The service of this number among those that there are.
  package func service(at index: Int) -> Reference<Service>? {
    var left = index
    for entry in 0..<ServiceTable.capacity {
      guard let service = context.messages.services.entries[entry] else { continue }
      if left == 0 { return service }
      left -= 1
    }
    return nil
  }

  /// By words, where they lie: single bytes of a value would be read from a copy of the whole, each.
  func isCalled(_ service: Reference<Service>, _ name: Name) -> Bool {
    let own = unsafe UnsafeRawPointer(reference(to: &service.value.name).unsafePointer)
    return unsafe withUnsafeBytes(of: name) { name in
      for place in stride(from: 0, to: MemoryLayout<Name>.size, by: 4)
      where unsafe own.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        != name.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      {
        return false
      }
      return true
    }
  }

  /// Reads a name of 1 to 31 bytes from the caller.
  package func name(at address: UInt32, length: UInt32) throws(SystemError) -> Name {
    guard length > 0, length < 32 else { throw .badArgument }
    var name = Name()
    var failure: SystemError?
    unsafe withUnsafeMutablePointer(to: &name) { pointer in
      do throws(SystemError) {
        unsafe try UserBuffer(address: address, length: length, in: context).copyIn(to: pointer, count: length)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return name
  }

  // MARK: Lifetime

  @inline(__always)
  package func retain(_ service: Reference<Service>) { service.value.references &+= 1 }

  /// Gives up a handle. A service that nobody serves or refers to any more loses its name.
  @inline(__always)
  package func release(_ service: Reference<Service>) {
    service.value.references &-= 1
    if service.value.references == 0 { forgetIfUnused(service) }
  }

  @inline(never)
  func forgetIfUnused(_ service: Reference<Service>) {
    guard service.value.references == 0, case .nobody = service.value.server, !service.value.queues.isHeld else {
      return
    }
    for index in 0..<ServiceTable.capacity where context.messages.services.entries[index] == service {
      context.messages.services.entries[index] = nil
    }
    unsafe service.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(service.unsafePointer)
  }

  // MARK: Servers

  /// Makes `server` answer from now on.
  ///
  /// - Parameter process: whose doing that is. While calls are held, that must be the holder or a child of it: nobody else
  ///   takes a name in the middle of a move.
  package func install(
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
    if case .module(let former) = service.value.server { context.messages.wakeKept(former, context) }
    service.value.server = server
    service.updateDoor()
    service.queues.beginEpoch(CallWaits(context))
  }

  /// The server is gone. While its calls are held, the one before it comes back.
  func serverIsGone(_ service: Reference<Service>) {
    if case .module(let server) = service.value.server { context.messages.wakeKept(server, context) }
    service.value.server = service.value.predecessor
    service.value.predecessor = .nobody
    service.updateDoor()
    service.queues.endEpoch(CallWaits(context))
  }

  /// The predecessor will not come back: its tasks learn that their epoch is over.
  func retirePredecessor(of service: Reference<Service>) {
    service.value.predecessor = .nobody
    service.queues.endFormerEpoch(CallWaits(context))
  }

  /// A process gave up the endpoint of an epoch, or ended.
  func withdraw(_ service: Reference<Service>, epoch: UInt32) {
    if service.value.queues.epoch == epoch {
      serverIsGone(service)
    } else if service.value.queues.formerEpoch == epoch {
      retirePredecessor(of: service)
    }
    release(service)
  }

  /// The current task keeps the request of a caller, to answer it later.
  package func keep(_ caller: Reference<Task>, of service: Reference<Service>, epoch: UInt32) {
    service.queues.keep(caller, from: context.scheduler.current, epoch: epoch, CallWaits(context))
  }

  /// The module that served it is taken out. The calls inside have come back.
  package func withdraw(_ service: Reference<Service>, because module: UInt32) {
    if case .module(let server) = service.value.server, server.module == module {
      serverIsGone(service)
    } else if case .module(let server) = service.value.predecessor, server.module == module {
      retirePredecessor(of: service)
    }
  }

  /// A task ended: those whose requests it had get an error.
  package func serverTaskEnded(_ task: Reference<Task>) {
    Reference<CallQueues>.serverTaskEnded(task, CallWaits(context))
    PageLending(context).removeWindow(of: task)
    guard task.value.callRecord != 0 else { return }
    unsafe KernelHeap(context).free(UnsafeMutableRawPointer(bitPattern: UInt(task.value.call.value.paths)))
    unsafe KernelHeap(context).free(UnsafeMutableRawPointer(bitPattern: task.value.callRecord))
    task.value.callRecord = 0
  }

  /// The record in which a task keeps its call, made at the first one.
  @inline(__always)
  package func record(of task: Reference<Task>) throws(SystemError) -> Reference<CallRecord> {
    if task.value.callRecord == 0 { try makeRecord(of: task) }
    return task.value.call
  }

  /// Keeps the words of a module's reply for the current task, which called in registers.
  ///
  /// - Parameter request: where they lie, behind the operation.
  package func keep(replyAt request: UInt32) throws(SystemError) {
    let record = try record(of: context.scheduler.current)
    record.value.form = .registers
    record.value.message.words = unsafe DirectMap.pointer(request &+ 4, as: InlineArray<6, UInt32>.self).pointee
    record.value.message.dataLength = 0
  }

  @inline(never)
  private func makeRecord(of task: Reference<Task>) throws(SystemError) {
    let pointer: UnsafeMutablePointer<CallRecord> = unsafe try KernelHeap(context).allocateUncharged(tag: .service)
    unsafe pointer.initialize(to: CallRecord(sender: task.value.process.value.identity))
    task.value.callRecord = UInt(bitPattern: pointer)
  }
}

extension HandleTarget {
  /// A service opened for calls; the second word is the address of its door.
  package static func service(_ service: Reference<Service>) -> HandleTarget {
    HandleTarget(.service, object: UInt32(service.address), detail: UInt32(service.door.address))
  }

  /// Nil where it is something else.
  @inline(__always)
  package var service: Reference<Service>? { kind == .service ? unsafe Reference(DirectMap.pointer(object)) : nil }

  /// The endpoint that a server of a service has for an epoch.
  package static func endpoint(_ service: Reference<Service>, epoch: UInt32) -> HandleTarget {
    HandleTarget(.endpoint, object: UInt32(service.address), detail: epoch)
  }

  @inline(__always)
  package var endpoint: (service: Reference<Service>, epoch: UInt32)? {
    kind == .endpoint ? (unsafe Reference(DirectMap.pointer(object)), detail) : nil
  }
}

extension Reference where Value == Process {
  /// The service that a handle opens for calls.
  @inline(__always)
  package func service(of handle: UInt32) -> Reference<Service>? {
    guard let object = value.handles.object(of: handle, .service, needed: .call) else { return nil }
    return unsafe Reference<Service>(DirectMap.pointer(object))
  }

  /// The endpoint that a handle is for.
  @inline(__always)
  package func endpoint(of handle: UInt32) -> (service: Reference<Service>, epoch: UInt32)? {
    guard let object = value.handles.object(of: handle, .endpoint, needed: []) else { return nil }
    return (unsafe Reference<Service>(DirectMap.pointer(object)), value.handles.detail(of: handle))
  }
}
