// The sixteen interrupt lines of a PC, as a type: a number that no controller has cannot be expressed,
// so the controllers need no checks of their own.

/// One of the sixteen interrupt lines (IRQ 0 to 15) of the two chained 8259 controllers.
public struct InterruptLine: Equatable, Sendable {
  /// 0 to 15.
  public let number: UInt8

  /// Nil for a number above 15.
  public init?(_ number: UInt8) {
    guard number < 16 else { return nil }
    self.number = number
  }

  private init(known number: UInt8) { self.number = number }

  /// The interval timer, channel 0 (IRQ 0).
  public static var timer: Self { Self(known: 0) }
  /// The keyboard (IRQ 1).
  public static var keyboard: Self { Self(known: 1) }
  /// The line of the first controller on which the second one hangs (IRQ 2).
  public static var cascade: Self { Self(known: 2) }
  /// The second serial port (IRQ 3).
  public static var secondSerial: Self { Self(known: 3) }
  /// The first serial port (IRQ 4).
  public static var firstSerial: Self { Self(known: 4) }
  /// The line on which the first controller reports a request that went away (IRQ 7).
  public static var firstSpurious: Self { Self(known: 7) }
  /// The real-time clock (IRQ 8).
  public static var clock: Self { Self(known: 8) }
  /// The line on which the second controller reports a request that went away (IRQ 15).
  public static var secondSpurious: Self { Self(known: 15) }

  /// This line's bit in a 16-bit mask.
  var bit: UInt16 { 1 &<< UInt16(number) }
  /// Whether the line belongs to the second controller.
  var isOnSecond: Bool { number >= 8 }
  /// The line's number on its own controller, 0 to 7.
  var level: UInt8 { number & 7 }
  /// The line of the second controller at `level`; only its low three bits count.
  static func second(level: UInt8) -> Self { Self(known: 8 | (level & 7)) }
  /// The line of the first controller at `level`; only its low three bits count.
  static func first(level: UInt8) -> Self { Self(known: level & 7) }
}
