// Lab 8: what calls to a service cost, in instructions.
//
//     lab8 SERVICE LENGTH COUNT     calls it so often with so many bytes each way, and writes `median N`

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Measure: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 4, let length = ProgramInformation.argument(2).number,
      let count = ProgramInformation.argument(3).number, length <= 4096, count > 0
    else { return 2 }
    var reply: [UInt8] = []
    do throws(SystemError) {
      // To do: this is the mean of all that happens between two readings. What of it is no call? Why is a median of single
      // calls better, and what does reading the counter cost by itself?
      let start = read_time_stamp()
      let service = try ServiceClient(ProgramInformation.argument(1))
      for _ in 0..<count {
        let data = [UInt8](repeating: 0x5a, count: Int(length))
        _ = try service.call(1, data: data, reply: &reply, capacity: Int(length))
      }
      write((read_time_stamp() - start) / UInt64(count))
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

  private static func write(_ number: UInt64) {
    Console.write {
      $0.write("median ")
      $0.write(decimal: number)
      $0.write("\n")
    }
  }
}
