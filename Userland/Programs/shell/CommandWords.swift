// The words of a command at fixed addresses, so that commands and system calls can use them without copying.

import SDK

/// Owns the words while a command runs; what the subscript returns must not outlive it.
struct CommandWords: ~Copyable {
  private let storage: UnsafeMutablePointer<UInt8>
  private let ends: [Int]

  init(_ words: [[UInt8]]) {
    var ends: [Int] = []
    var length = 0
    for word in words {
      length += word.count
      ends.append(length)
    }
    unsafe storage = .allocate(capacity: max(length, 1))
    var position = 0
    for word in words {
      for byte in word {
        unsafe storage[position] = byte
        position += 1
      }
    }
    self.ends = ends
  }

  deinit { unsafe storage.deallocate() }

  var count: Int { ends.count }

  subscript(index: Int) -> Bytes {
    let start = index == 0 ? 0 : ends[index - 1]
    return unsafe Bytes(start: UnsafePointer(storage + start), count: ends[index] - start)
  }

  /// The words from `first` on, as a program's arguments.
  func list(from first: Int) -> WordList {
    var list = WordList()
    for index in first..<count { list.append(self[index]) }
    return list
  }
}
