// Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that.

/// Why a system call failed: what EAX holds, as a negative number, when a task comes back from the kernel.
public enum SystemError: Int32, Error, Sendable {
  /// There is no system call of this number.
  case unknownCall = -1
  /// An address range is not wholly the caller's, or not accessible as the call needs.
  case badAddress = -2
  /// An argument has a value that the call does not take.
  case badArgument = -3
  /// Nothing of this name exists.
  case notFound = -4
  /// There is not enough memory; nothing was changed.
  case outOfMemory = -5
  /// The caller does not hold the right that this needs.
  case notPermitted = -6
  /// No task has this identity.
  case noSuchTask = -7
  /// The caller has no such child or thread to wait for.
  case noChild = -8
  /// The call would have to wait and was asked not to.
  case wouldBlock = -9
  /// The time given ran out first.
  case timedOut = -10
  /// The wait was ended because the caller is being ended.
  case cancelled = -11
  /// The caller holds no such handle, or not with the rights this needs.
  case badHandle = -12
  /// The file is not a program that can be started.
  case badExecutable = -13
  /// A length or count is over its limit.
  case tooLarge = -14
  /// Something of this name exists already.
  case alreadyExists = -15
  /// It is in use; the log says by whom.
  case busy = -16
  /// The service failed while it handled the call.
  case serviceFaulted = -17
  /// The other side ended.
  case peerGone = -18
  /// This machine or this object cannot do it.
  case unsupported = -19
  /// A table is full or a count is at its limit.
  case limitReached = -20
  /// The file is not a module that can be linked; the log says why.
  case badModule = -21
  /// A part of the path is no directory.
  case notADirectory = -22
  /// It is a directory, and the call is for files.
  case isADirectory = -23
  /// The directory is not empty.
  case notEmpty = -24
  /// The file system is full, or the caller has its share of it.
  case noSpace = -25
  /// The file system, or this part of it, cannot be written.
  case readOnly = -26
  /// The device failed to read or write.
  case deviceFailed = -27
  /// The file was removed while it was open.
  case stale = -28
  /// The file system contradicts itself; it needs to be checked.
  case damaged = -29
  /// The program is for another system, and was given no personality.
  case otherSystem = -30

  /// Its name in the table.
  public var name: StaticString {
    switch self {
    case .unknownCall: "unknownCall"
    case .badAddress: "badAddress"
    case .badArgument: "badArgument"
    case .notFound: "notFound"
    case .outOfMemory: "outOfMemory"
    case .notPermitted: "notPermitted"
    case .noSuchTask: "noSuchTask"
    case .noChild: "noChild"
    case .wouldBlock: "wouldBlock"
    case .timedOut: "timedOut"
    case .cancelled: "cancelled"
    case .badHandle: "badHandle"
    case .badExecutable: "badExecutable"
    case .tooLarge: "tooLarge"
    case .alreadyExists: "alreadyExists"
    case .busy: "busy"
    case .serviceFaulted: "serviceFaulted"
    case .peerGone: "peerGone"
    case .unsupported: "unsupported"
    case .limitReached: "limitReached"
    case .badModule: "badModule"
    case .notADirectory: "notADirectory"
    case .isADirectory: "isADirectory"
    case .notEmpty: "notEmpty"
    case .noSpace: "noSpace"
    case .readOnly: "readOnly"
    case .deviceFailed: "deviceFailed"
    case .stale: "stale"
    case .damaged: "damaged"
    case .otherSystem: "otherSystem"
    }
  }

  /// One sentence that says what it means.
  public var sentence: StaticString {
    switch self {
    case .unknownCall:
      "There is no system call of this number."
    case .badAddress:
      "An address range is not wholly the caller's, or not accessible as the call needs."
    case .badArgument:
      "An argument has a value that the call does not take."
    case .notFound:
      "Nothing of this name exists."
    case .outOfMemory:
      "There is not enough memory; nothing was changed."
    case .notPermitted:
      "The caller does not hold the right that this needs."
    case .noSuchTask:
      "No task has this identity."
    case .noChild:
      "The caller has no such child or thread to wait for."
    case .wouldBlock:
      "The call would have to wait and was asked not to."
    case .timedOut:
      "The time given ran out first."
    case .cancelled:
      "The wait was ended because the caller is being ended."
    case .badHandle:
      "The caller holds no such handle, or not with the rights this needs."
    case .badExecutable:
      "The file is not a program that can be started."
    case .tooLarge:
      "A length or count is over its limit."
    case .alreadyExists:
      "Something of this name exists already."
    case .busy:
      "It is in use; the log says by whom."
    case .serviceFaulted:
      "The service failed while it handled the call."
    case .peerGone:
      "The other side ended."
    case .unsupported:
      "This machine or this object cannot do it."
    case .limitReached:
      "A table is full or a count is at its limit."
    case .badModule:
      "The file is not a module that can be linked; the log says why."
    case .notADirectory:
      "A part of the path is no directory."
    case .isADirectory:
      "It is a directory, and the call is for files."
    case .notEmpty:
      "The directory is not empty."
    case .noSpace:
      "The file system is full, or the caller has its share of it."
    case .readOnly:
      "The file system, or this part of it, cannot be written."
    case .deviceFailed:
      "The device failed to read or write."
    case .stale:
      "The file was removed while it was open."
    case .damaged:
      "The file system contradicts itself; it needs to be checked."
    case .otherSystem:
      "The program is for another system, and was given no personality."
    }
  }
}
