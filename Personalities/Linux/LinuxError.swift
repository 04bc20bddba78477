// Errors as Linux has them (asm-generic/errno-base.h, errno.h), and which of them a native call's error is.

import ABI

public enum LinuxError: Int32, Error, Sendable {
  case notPermitted = 1
  case noEntry = 2
  case noSuchProcess = 3
  case interrupted = 4
  case inputOutput = 5
  case argumentsTooLong = 7
  case notExecutable = 8
  case badDescriptor = 9
  case noChild = 10
  case tryAgain = 11
  case outOfMemory = 12
  case accessDenied = 13
  case badAddress = 14
  case busy = 16
  case exists = 17
  case acrossDevices = 18
  case noDevice = 19
  case notADirectory = 20
  case isADirectory = 21
  case invalid = 22
  case tooManyFiles = 24
  case notATerminal = 25
  case tooLarge = 27
  case noSpace = 28
  case illegalSeek = 29
  case readOnly = 30
  case brokenPipe = 32
  case resultTooLarge = 34
  case nameTooLong = 36
  case unknownCall = 38
  case notEmpty = 39
  case timedOut = 110
  case stale = 116

  /// What a call answers.
  public var value: Int32 { -rawValue }

  /// What an error of a native call on a path means: there, who is gone is whoever has the file system.
  init(ofPath result: Int32) {
    self = SystemError(rawValue: result) == .peerGone ? .noDevice : LinuxError(result)
  }

  /// What a native call's error means to a program.
  init(_ result: Int32) {
    switch SystemError(rawValue: result) {
    case .badAddress: self = .badAddress
    case .badArgument: self = .invalid
    case .notFound: self = .noEntry
    case .outOfMemory: self = .outOfMemory
    case .notPermitted: self = .notPermitted
    case .noSuchTask: self = .noSuchProcess
    case .noChild: self = .noChild
    case .wouldBlock: self = .tryAgain
    case .timedOut: self = .timedOut
    case .cancelled: self = .interrupted
    case .badHandle: self = .badDescriptor
    case .tooLarge: self = .nameTooLong
    case .alreadyExists: self = .exists
    case .busy: self = .busy
    case .peerGone: self = .brokenPipe
    case .unsupported: self = .acrossDevices
    case .limitReached: self = .tooManyFiles
    case .notADirectory: self = .notADirectory
    case .isADirectory: self = .isADirectory
    case .notEmpty: self = .notEmpty
    case .noSpace: self = .noSpace
    case .readOnly: self = .readOnly
    case .stale: self = .stale
    default: self = .inputOutput
    }
  }
}
