// Claims of ports against a model of 65,536 owners.

import ABI
import Scheduling
import TestSupport
import Testing

@testable import DeviceClaims

@Suite struct PortClaimsTests {
  /// What the kernel drives itself.
  private static let kernels: [Range<UInt32>] = [
    0x20..<0x22, 0xa0..<0xa2, 0x40..<0x41, 0x2f8..<0x300, 0x3f8..<0x400, 0x3d4..<0x3d6, 0x4d0..<0x4d2,
  ]

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func agreesWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var claims = PortClaims()
    var model: [(ports: Range<UInt32>, owner: UInt32)] = []
    func owner(_ number: UInt32) -> DeviceOwner {
      number < 4 ? .module(slot: number) : .process(TaskIdentity(number))
    }
    for _ in 0..<5000 {
      let number = UInt32.random(in: 0..<8, using: &random)
      let first = UInt32.random(in: 0..<0x4e0, using: &random)
      let count = UInt32.random(in: 1...8, using: &random)
      let ports = first..<first + count
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let isTaken = (Self.kernels + model.map(\.ports)).contains { $0.overlaps(ports) }
        var isClaimed = true
        do throws(SystemError) { try claims.claim(first, count, for: owner(number)) } catch {
          #expect(error == (isTaken ? .busy : .limitReached))
          isClaimed = false
        }
        #expect(isClaimed == (!isTaken && model.count < 32))
        if isClaimed { model.append((ports, number)) }
      case 5..<9:
        // Sometimes somebody else's, or a part of a claim.
        let claim = model.randomElement(using: &random)
        let isOwn = Bool.random(using: &random)
        guard let claim else { continue }
        let by = isOwn ? claim.owner : number
        claims.release(claim.ports.lowerBound, UInt32(claim.ports.count), of: owner(by))
        model.removeAll { $0.ports == claim.ports && $0.owner == by }
      default:
        claims.releaseAll(of: owner(number))
        model.removeAll { $0.owner == number }
      }
      for port in stride(from: first, to: first + 64, by: 7) {
        #expect(claims.isClaimed(port) == model.contains { $0.ports.contains(port) })
      }
    }
  }

  @Test(arguments: [(0, 0), (0x1_0000, 1), (0xffff, 2), (1, .max), (.max, 1)] as [(UInt32, UInt32)])
  func portsThatDoNotExist(first: UInt32, count: UInt32) {
    var claims = PortClaims()
    #expect(throws: SystemError.badArgument) { try claims.claim(first, count, for: .module(slot: 0)) }
  }
}
