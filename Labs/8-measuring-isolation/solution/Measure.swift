// Lab 8: what calls to a service cost, in instructions.
//
//     lab8 SERVICE LENGTH COUNT     calls it so often with so many bytes each way, and writes `median N`

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Measure: Program {
  /// Calls that do not count: they touch pages for the first time, on both sides.
  private static var warmUp: Int { 16 }

  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 4, let length = ProgramInformation.argument(2).number,
      let count = ProgramInformation.argument(3).number, length <= 4096, count > 0
    else { return 2 }
    let data = [UInt8](repeating: 0x5a, count: Int(length))
    var reply: [UInt8] = []
    var costs: [UInt64] = []
    costs.reserveCapacity(Int(count))
    let empty = costOfReading()
    do throws(SystemError) {
      let service = try ServiceClient(ProgramInformation.argument(1))
      for index in 0..<Int(count) + warmUp {
        let start = read_time_stamp()
        _ = try service.call(1, data: data, reply: &reply, capacity: Int(length))
        let cost = read_time_stamp() - start
        if index >= warmUp { insert(cost - empty, into: &costs) }
      }
      write(costs[costs.count / 2])
      return 0
    } catch {
      Console.write {
        $0.write("lab8: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }

  /// What two readings with nothing between them show.
  private static func costOfReading() -> UInt64 {
    var least = UInt64.max
    for _ in 0..<16 {
      let start = read_time_stamp()
      least = min(least, read_time_stamp() - start)
    }
    return least
  }

  /// Keeps them in order.
  private static func insert(_ cost: UInt64, into costs: inout [UInt64]) {
    var place = costs.count
    costs.append(cost)
    while place > 0, costs[place - 1] > cost {
      costs.swapAt(place - 1, place)
      place -= 1
    }
  }

  private static func write(_ number: UInt64) {
    Console.write {
      $0.write("median ")
      $0.write(decimal: number)
      $0.write("\n")
    }
  }
}
