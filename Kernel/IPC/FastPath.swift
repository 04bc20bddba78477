// What the fast path (ipc.S) and the rest of the kernel have to agree on.

#if arch(i386)
  import MachineSupport
#endif
import ABI
import Messages
import Platform
import Primitives
import Scheduling

package struct FastPath {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Whether ipc.S finds the fields that it uses.
  package func isPlacedAsExpected(_ task: Reference<Task>) -> Bool {
    var record = CallRecord(sender: .none)
    var service = Service(name: Name(), in: context)
    return unsafe context.scheduler.isPlacedAsExpected(task)
      && withUnsafeMutablePointer(to: &record) { unsafe Reference($0).isPlacedAsExpected }
      && withUnsafeMutablePointer(to: &service) { unsafe isPlacedAsExpected(Reference($0)) }
  }

  private func isPlacedAsExpected(_ service: Reference<Service>) -> Bool {
    service.queues.address == service.address && service.queues.arePlacedAsExpected && hasReferences(service)
  }

  private func hasReferences(_ service: Reference<Service>) -> Bool {
    #if arch(i386)
      reference(to: &service.value.references).address == service.address &+ UInt(SERVICE_REFERENCES)
    #else
      true
    #endif
  }
}
