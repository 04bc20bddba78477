// An innocent process beside the mutants: it holds patterns in its memory and its registers, lets others run, and looks
// whether all is still there. It ends when it is not, with a status that says what was lost.

import ABI
import SDK
import UserSupport

enum Canary {
  private static var size: UInt32 { 16 * 4096 }

  /// What its exit status says.
  enum Loss: Int32 {
    case memory = 1
    case registers, floatRegisters

    var name: StaticString {
      switch self {
      case .memory: "memory of another process"
      case .registers: "registers of another process"
      case .floatRegisters: "float registers of another process"
      }
    }
  }

  /// Runs until something is lost.
  static func run() -> Int32 {
    guard let memory = try? Memory.map(size, [.read, .write]) else { return 0 }
    for offset in stride(from: 0, to: size, by: 4) { volatile_write(memory + offset, pattern(offset)) }
    var turn: UInt32 = 0
    var page: UInt32 = 0
    while true {
      turn &+= 1
      if registers_lost_by_call() != 0 { return Loss.registers.rawValue }
      if float_registers_lost(turn &* 2_654_435_761, SystemCall.yield.rawValue) != 0 {
        return Loss.floatRegisters.rawValue
      }
      for offset in stride(from: page, to: page + 4096, by: 4) where volatile_read(memory + offset) != pattern(offset) {
        return Loss.memory.rawValue
      }
      page = (page + 4096) % size
    }
  }

  private static func pattern(_ offset: UInt32) -> UInt32 { offset &* 0x9e37_79b1 ^ 0x5a5a_a5a5 }
}
