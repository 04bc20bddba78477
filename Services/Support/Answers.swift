// What word 0 of a reply says, the same for every service: who calls checks it in one place (SDK, ServiceClient).
//
// Invariant: `unknownOperation` in word 0 means just that; no service has another use for it. `echo`, which gives back
// what it gets, is no exception for its clients.

/// What a service answers in word 0 where it does not know the operation.
public var unknownOperation: UInt32 { 0xffff_ffff }

/// Whether word 0 of a reply says that the service does not know the operation.
public func isUnknownOperation(_ word: UInt32) -> Bool { word == unknownOperation }

/// The same of a reply in a register, where the highest bit is lost.
public func isUnknownOperation(inRegister word: UInt32) -> Bool { word | 0x8000_0000 == unknownOperation }

/// Word 0 of a reply that is 0 where it was done, and else says why it was not.
public enum Verdict<Failure: RawRepresentable<UInt32>> {
  case done
  case failed(Failure)
  /// A number that means nothing to this client.
  case unknown

  public init(_ word: UInt32) {
    if word == 0 {
      self = .done
    } else if let failure = Failure(rawValue: word) {
      self = .failed(failure)
    } else {
      self = .unknown
    }
  }
}
