// The program side of a service: publishes the name and answers requests until its term is over. The build compiles
// this file together with each service; the file in Modules/Support that makes a module of it has the same part there.

import ABI
import Primitives
import SDK
import ServiceSupport

@main struct ServerMain: Program {
  static func run() -> Int32 {
    do throws(SystemError) {
      var server = try ServiceServer(PlacedService.name)
      PlacedAnswers.server = server
      var host = ServiceHost<PlacedService>()
      while true {
        guard let moment = host.nextWake else {
          try server.answerNext { request in host.handle(&request) }
          continue
        }
        var set = PlacedEvents.set(until: moment)
        if try !server.answerNext(or: &set, { request in host.handle(&request) }) { host.woken() }
      }
    } catch {
      // A successor has taken over, or the process is being ended: either way the work is done.
      if error == .peerGone || error == .cancelled { return 0 }
      Console.write {
        $0.write(PlacedService.name)
        $0.write(": ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }
}
