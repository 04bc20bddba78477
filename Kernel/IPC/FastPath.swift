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
    let place = reference(to: &service)
    return context.scheduler.isPlacedAsExpected(task) && reference(to: &record).isPlacedAsExpected
      && place.queues.address == place.address && place.queues.arePlacedAsExpected && hasReferences(place)
  }

  private func hasReferences(_ service: Reference<Service>) -> Bool {
    #if arch(i386)
      reference(to: &service.value.references).address == service.address &+ UInt(SERVICE_REFERENCES)
    #else
      true
    #endif
  }
}
