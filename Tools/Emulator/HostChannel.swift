// The second serial port: lines that the kernel writes for whoever started the emulator.

/// What the kernel told the host during one run.
public struct HostChannel: Sendable, Equatable {
  /// The first program has started.
  public private(set) var isReady = false
  /// The status the machine was switched off with, the last where there are several.
  public private(set) var status: Int32?
  /// The sentence of a kernel panic.
  public private(set) var panic: String?

  /// - Parameter text: all that was written. A line that is none of the known ones is passed over.
  public init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 1)
      switch words.first {
      case "ready": isReady = true
      case "status": status = words.count == 2 ? Int32(words[1]) : nil
      case "panic": panic = words.count == 2 ? String(words[1]) : ""
      default: break
      }
    }
  }
}

/// How a run ended.
public enum Outcome: Sendable, Equatable {
  /// The machine was switched off by a program, with this status.
  case status(Int32)
  case panic(String)
  /// The processor reset itself, or QEMU ended for another reason; `status` is QEMU's.
  case reset(status: Int32)
  case timedOut(seconds: Int)

  /// What `megha run` exits with.
  public var exitStatus: Int32 {
    switch self {
    case .status(let status): status & 0xff
    case .panic, .reset: 125
    case .timedOut: 124
    }
  }

  public init(channel: HostChannel, qemuStatus: Int32, timedOutAfter seconds: Int?) {
    if let panic = channel.panic {
      self = .panic(panic)
    } else if let status = channel.status {
      self = .status(status)
    } else if let seconds {
      self = .timedOut(seconds: seconds)
    } else if (0x81..<0xff).contains(qemuStatus), qemuStatus & 1 == 1 {
      // Without a second serial port: what the kernel writes to QEMU's port of exit, doubled and one more. 63 stands for all
      // that port has no room for.
      self = .status(qemuStatus >> 1 & 0x3f)
    } else {
      self = .reset(status: qemuStatus)
    }
  }
}
