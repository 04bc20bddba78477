// Which module or process has which I/O ports. Ports do not protect themselves from Ring 0: the claim keeps two drivers
// off one device.
//
// Invariants: claims do not overlap, and none is of what the kernel drives itself.

import ABI
import Primitives
import Scheduling

/// Who drives a device.
public struct DeviceOwner: Equatable {
  private let value: UInt32

  /// Identities of tasks are positive as signed numbers, so the highest bit tells modules apart.
  public static func module(slot: UInt32) -> DeviceOwner { DeviceOwner(value: slot | 0x8000_0000) }
  public static func process(_ identity: TaskIdentity) -> DeviceOwner { DeviceOwner(value: identity.value) }
  static var nobody: DeviceOwner { DeviceOwner(value: 0) }

  private init(value: UInt32) { self.value = value }
}

public struct PortClaims {
  private struct Claim {
    var first: UInt32 = 0
    var count: UInt32 = 0
    var owner = DeviceOwner.nobody
  }

  private var claims = InlineArray<32, Claim>(repeating: Claim())

  public init() {}

  /// - Throws: `badArgument` for ports that do not exist, `busy`, `limitReached` for more than 32 claims.
  public mutating func claim(_ first: UInt32, _ count: UInt32, for owner: DeviceOwner) throws(SystemError) {
    guard count > 0, first < 0x1_0000, count <= 0x1_0000 &- first else { throw .badArgument }
    guard !Self.isKernels(first, count) else { throw .busy }
    var free: Int?
    for index in claims.indices {
      let claim = claims[index]
      if claim.count == 0 {
        free = free ?? index
      } else if first < claim.first &+ claim.count && claim.first < first &+ count {
        throw .busy
      }
    }
    guard let free else { throw .limitReached }
    claims[free] = Claim(first: first, count: count, owner: owner)
  }

  public mutating func release(_ first: UInt32, _ count: UInt32, of owner: DeviceOwner) {
    for index in claims.indices
    where claims[index].count == count && claims[index].first == first && claims[index].owner == owner {
      claims[index] = Claim()
    }
  }

  public mutating func releaseAll(of owner: DeviceOwner) {
    for index in claims.indices where claims[index].owner == owner { claims[index] = Claim() }
  }

  public func isClaimed(_ port: UInt32) -> Bool {
    for index in claims.indices where port >= claims[index].first && port &- claims[index].first < claims[index].count {
      return true
    }
    return false
  }

  /// What the kernel drives itself: the interrupt controllers and which lines are level-triggered, channel 0 of the timer, two
  /// serial ports, the screen's cursor. The keyboard controller it lends (KeyboardLoan.swift).
  private static func isKernels(_ first: UInt32, _ count: UInt32) -> Bool {
    func overlaps(_ start: UInt32, _ end: UInt32) -> Bool { first < end && start < first &+ count }
    return overlaps(0x20, 0x22) || overlaps(0xa0, 0xa2) || overlaps(0x40, 0x41)
      || overlaps(0x2f8, 0x300) || overlaps(0x3f8, 0x400) || overlaps(0x3d4, 0x3d6)
      || overlaps(0x4d0, 0x4d2)
  }
}
