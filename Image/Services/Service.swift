// A service: something that others call by name, whatever its placement.
//
// Invariants:
// - The record stays while a name, a handle or a caller refers to it; its server may change in between, which is how
//   a service moves or is started again under its clients.
// - A caller is in `callers` until a server takes its request, then in `awaiting` until it is answered.
// - While the service is held, requests of others than the holder stay in `callers`.

import ABI
import Primitives
import Tasks

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
  /// Handles and the name table.
  var references: UInt32 = 1
  /// The number of the present server's term: an endpoint of an earlier one receives nothing more.
  var term: UInt32 = 0
  /// The predecessor's term while it may still come back; 0: there is none.
  var formerTerm: UInt32 = 0
  /// Counts the terms.
  var latestTerm: UInt32 = 0
  /// The process that holds calls back, while it does.
  var holder: TaskIdentity = .none
  var callers = TaskQueue()
  var awaiting = TaskQueue()
  /// Tasks of the server that wait for a request.
  var receivers = TaskQueue()
  /// Tasks of the predecessor, until it is retired or comes back.
  var formerReceivers = TaskQueue()
  /// Tasks that wait for the calls inside to be answered.
  var drainers = TaskQueue()
  var calls: UInt32 = 0
  var faults: UInt32 = 0

  init(name: Name) { self.name = name }
}

/// The names of services.
struct ServiceTable {
  static var capacity: Int { 64 }
  fileprivate var entries = InlineArray<64, Reference<Service>?>(repeating: nil)
}

/// A caller's request and, later, its answer, where others can reach them whatever address space is loaded.
struct CallRecord {
  var message = Message()
  /// Of a linked module's reply: together with `message` this is `struct service_request`.
  var replyLength: UInt32 = 0
  /// Whether the reply's words go back to a Message in the caller's memory, or one word to EAX.
  var isShort = false
  var result: Int32 = 0
  /// The task that took the request.
  var server: TaskIdentity = .none
  /// For a receiving task: the caller whose request it was given.
  var assigned: TaskIdentity = .none
}

extension Task {
  /// The record of the call that this task makes or receives.
  var call: Reference<CallRecord> { Reference(UnsafeMutablePointer(bitPattern: callRecord).unsafelyUnwrapped) }
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

  static func retain(_ service: Reference<Service>) { service.value.references += 1 }

  /// Gives up a handle. A service that nobody serves or refers to any more loses its name.
  static func release(_ service: Reference<Service>) {
    service.value.references -= 1
    forgetIfUnused(service)
  }

  private static func forgetIfUnused(_ service: Reference<Service>) {
    guard service.value.references == 1, case .nobody = service.value.server, service.value.holder == .none,
      service.value.callers.isEmpty, service.value.awaiting.isEmpty
    else { return }
    for index in 0..<ServiceTable.capacity where kernel.services.entries[index] == service {
      kernel.services.entries[index] = nil
    }
    service.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(service.unsafePointer)
  }

  /// Makes `server` answer from now on.
  static func install(_ server: ServiceServer, in service: Reference<Service>) throws(SystemError) {
    if case .nobody = service.value.server {
    } else {
      // A successor may take the name only while its calls are held.
      guard service.value.holder != .none, case .nobody = service.value.predecessor else { throw .alreadyExists }
      service.value.predecessor = service.value.server
      service.value.formerTerm = service.value.term
    }
    service.value.server = server
    service.value.latestTerm &+= 1
    service.value.term = service.value.latestTerm
    // Tasks of the predecessor that wait for requests go on waiting, but elsewhere.
    Scheduler.wakeAll(reference(to: &service.value.receivers))
  }

  /// The server is gone. While its calls are held, the one before it comes back.
  static func serverIsGone(_ service: Reference<Service>) {
    service.value.server = service.value.predecessor
    service.value.term = service.value.formerTerm
    service.value.predecessor = .nobody
    service.value.formerTerm = 0
    failAwaiting(of: service, .peerGone)
    Scheduler.wakeAll(reference(to: &service.value.formerReceivers))
    if case .nobody = service.value.server, service.value.holder == .none { failCallers(of: service, .peerGone) }
  }

  /// The predecessor will not come back: its tasks learn that their term is over.
  static func retirePredecessor(of service: Reference<Service>) {
    service.value.predecessor = .nobody
    service.value.formerTerm = 0
    Scheduler.wakeAll(reference(to: &service.value.formerReceivers))
  }

  /// A process gave up its endpoint or ended: whoever waits for its answer gets an error instead.
  static func withdraw(_ service: Reference<Service>, because process: Reference<Process>) {
    if case .process(let server) = service.value.server, server == process {
      serverIsGone(service)
    } else if case .process(let server) = service.value.predecessor, server == process {
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

  /// A task of a server ended with requests unanswered.
  static func serverTaskEnded(_ task: Reference<Task>) {
    guard task.value.callRecord != 0 else { return }
    for index in 0..<ServiceTable.capacity {
      guard let service = kernel.services.entries[index] else { continue }
      var candidate = service.value.awaiting.first
      while let caller = candidate {
        candidate = caller.value.next
        guard caller.value.call.value.server == task.value.identity else { continue }
        service.value.faults &+= 1
        answer(caller, of: service, error: .serviceFaulted)
      }
    }
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: task.value.callRecord))
    task.value.callRecord = 0
  }

  static func failCallers(of service: Reference<Service>, _ error: SystemError) {
    while let caller = service.value.callers.first { answer(caller, of: service, error: error) }
  }

  static func failAwaiting(of service: Reference<Service>, _ error: SystemError) {
    while let caller = service.value.awaiting.first { answer(caller, of: service, error: error) }
  }

  /// Ends a caller's wait with an error.
  static func answer(_ caller: Reference<Task>, of service: Reference<Service>, error: SystemError) {
    caller.value.call.value.result = error.rawValue
    Scheduler.wake(caller)
    wakeDrainers(of: service)
  }

  /// Tells whoever waits for the service to fall silent.
  static func wakeDrainers(of service: Reference<Service>) {
    if service.value.awaiting.isEmpty { Scheduler.wakeAll(reference(to: &service.value.drainers)) }
  }

  /// The record in which a task keeps its call, made at the first one.
  static func record(of task: Reference<Task>) throws(SystemError) -> Reference<CallRecord> {
    if task.value.callRecord == 0 {
      let pointer: UnsafeMutablePointer<CallRecord> = try KernelHeapMemory.allocate(tag: .service)
      pointer.initialize(to: CallRecord())
      task.value.callRecord = UInt(bitPattern: pointer)
    }
    return task.value.call
  }
}
