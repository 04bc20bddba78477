// The battery-backed clock of the machine, as a linked module: the driver of Drivers/RealTimeClock.swift on the ports
// of this machine.
//
//     operation 0   reply: year, month, day, hour, minute, second
//     operation 1   reply: word 0 is the seconds since 1970

import Drivers
import ModuleInterface
import ModuleSupport
import Primitives
import ServiceSupport

@c(clock_start) public func start() -> Int32 {
  let result = PortClaim.take(0x70...0x71)
  guard result == 0 else { return result }
  do throws(RealTimeClockError) {
    _ = try RealTimeClock<ModulePorts>().read()
    return 0
  } catch {
    Log.write { error.describe(to: &$0) }
    return ServiceError.unsupported
  }
}

@c(clock_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  answer(message) { request in
    do throws(RealTimeClockError) {
      let time = try RealTimeClock<ModulePorts>().read()
      switch request.operation {
      case 0: request.reply = [time.year, time.month, time.day, time.hour, time.minute, time.second]
      case 1: request.reply[0] = UInt32(truncatingIfNeeded: time.secondsSince1970)
      default: return ServiceError.unsupported
      }
      return 0
    } catch { return ServiceError.notFound }
  }
}
