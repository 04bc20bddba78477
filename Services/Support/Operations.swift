// What the services and modules of the tree can be asked, declared once for those who serve and those who call.
//
// A request's operation is the raw value. Operations of every service are in `CommonOperation`; what every service answers
// where it does not know one is in Answers.swift.

/// Of the service `store`. A request's data is the key, or for `set` the key and then the value; word 0 is the key's
/// length. The reply's word 0 is 1 where the key was there, 2 where there is no room for a new one, 3 where the sender would own
/// more than its share, `storeRefusal` where it would change what another one wrote and has not the right `tasks`.
public enum StoreOperation: UInt32, Sendable {
  case get = 0
  case set = 1
  case remove = 2
  /// The reply's word 0 is the number of entries.
  case count = 3
  /// Adds word 1 to the number that the key's value is (4 bytes), and replies with the sum in word 1. Doing it twice by
  /// mistake would show.
  case add = 4
  /// Adds 1 to counter number word 0 (below 64) and replies with its new value: a request that fits in registers.
  case increment = 5
}

/// The answer of `store` to who would change what is another one's.
public var storeRefusal: UInt32 { 4 }

/// Of the service `log`.
public enum LogOperation: UInt32, Sendable {
  /// Keeps the request's data as a record. The reply's word 0 is 1 and word 1 its number, or 2 where it is too long.
  case append = 0
  /// The record with number word 0, or the oldest that is still there after it. The reply's word 0 is 1 where there is
  /// one, word 1 its number, the data its bytes; 2 where the reply cannot carry them.
  case read = 1
  /// The reply's words: number of the oldest record, number of the next one, bytes held.
  case status = 2
}

/// Of the service `frail`.
public enum FrailOperation: UInt32, Sendable {
  /// Adds word 0 to the sum and replies with it in word 0.
  case add = 0
  /// Adds 1 to the largest number there is, which Swift does not let pass.
  case overflow = 1
  /// Reads the address in word 0.
  case read = 2
  /// Calls itself word 0 times, which takes more than any stack where the number is large.
  case descend = 3
  /// Is kept, for up to word 1 milliseconds (0: without limit). The reply's word 0 is 1 more than the request's, and the data as
  /// many bytes of that value as the reply carries; or `frailIsLate`, and none.
  case keep = 4
  /// Answers all that are kept. The reply's word 0 is how many that reached.
  case release = 5
  /// The reply's word 0 is how many are kept, as far as the service knows.
  case kept = 6
}

/// The answer of `frail` to a request whose time was over.
public var frailIsLate: UInt32 { 0x6c61_7465 }

/// Of the module `lab`. Operations below 100 commit the fault of that number.
public enum LabOperation: UInt32, Sendable {
  /// Answers with word 0 of the request.
  case echo = 100
  /// Sleeps word 0 milliseconds.
  case sleep = 101
  /// Allocates word 0 bytes and forgets them.
  case forget = 102
  /// Gives the data back.
  case giveBack = 103
  /// Asks the kernel for the time, again and again, for ever.
  case askForEver = 104
  /// Fills a table of 2 to the power of word 0 bytes on its stack: 10, 12, 13, 14, 16, 18, 20 or 22.
  case fillFrame = 105
  /// Writes 16 bytes past the end of memory, and asks for more.
  case overrun = 106
  /// Gives back what is no memory that it got.
  case wildFree = 107
  /// Gives the same memory back twice.
  case secondFree = 108
  /// Makes the system call word 0, as a task would: by the page, or by the gate where word 1 is 1.
  case systemCall = 109
  /// Writes past the end of memory up to the next piece, over what the kernel keeps between them.
  case longOverrun = 110
  /// Writes before the beginning of memory, over what the kernel keeps in front of all pieces, and asks for more.
  case underrun = 111
  /// Writes on and on past the end of memory.
  case endlessOverrun = 112
  /// Writes on and on past the end of the request.
  case requestOverrun = 113
  /// Loads the stack pointer with an address between pieces of its memory, and faults.
  case strayStack = 114
  /// Writes word 0 bytes before the beginning of one of some pieces, and gives them back: up to 12 lie in a pattern, more in the
  /// kernel's record of the piece.
  case shortUnderrun = 115
  /// Goes on in the middle of an instruction of the kernel's, and faults there.
  case strayJump = 116
  /// Writes to the request's data.
  case writeToData = 117
  /// Replies with bytes that lie where nothing is.
  case replyFromNowhere = 118
}

/// Of the module `ramdisk`.
public enum RamdiskOperation: UInt32, Sendable {
  /// The reply's words: number of sectors, bytes of a sector.
  case size = 0
  /// Words: first sector, count. The reply's data is their bytes.
  case read = 1
  /// Word 0: first sector. The data, whole sectors, is written.
  case write = 2
}

/// Of the service `disk`, on sectors of 512 bytes. Word 0 of every reply is 0, or a `DiskFailure`.
public enum DiskOperation: UInt32, Sendable {
  /// The reply's words 1 to 3: how many sectors the disk has, how many were read and written since the service started; word 4
  /// is 1 where the controller moves the data by itself.
  case status = 0
  /// Reads word 1 sectors from sector word 0, as many as the reply carries. Takes the right `disk`.
  case read = 1
  /// Writes the request's data, whole sectors, from sector word 0. Takes the right `disk`.
  case write = 2

  public static var sectorSize: Int { 512 }
  /// The most sectors that a request moves.
  public static var sectorLimit: UInt32 { 128 }
}

/// Of the service `clock`. Word 0 of every reply is 0, or a `ClockFailure`.
public enum ClockOperation: UInt32, Sendable {
  /// The reply's words 1 and 2 are the seconds since 1970, low half first; the data is the same as `2026-01-31 23:59:58`.
  case time = 0
  /// From now on the time is as many seconds since 1970 as words 0 and 1 say, and goes on from there. Takes the right
  /// `clock`.
  case set = 1
}

/// Why `clock` has no time to tell.
public enum ClockFailure: UInt32, Error {
  /// The machine has no clock, or its ports belong to somebody else.
  case absent = 1
  /// The clock gives no time; the service has told people why.
  case failed = 2
  /// Before 1970 or after 9999.
  case outOfRange = 3
  /// Who asks has not the right `clock`.
  case notPermitted = 4
}

/// Of the service `keyboard`. Word 0 of every reply is 0, or a `KeyboardFailure`.
public enum KeyboardOperation: UInt32, Sendable {
  /// Takes what was typed, as the bytes that a terminal sends and as many as the reply carries; waits for the first for up
  /// to word 0 milliseconds, at most a minute. The reply's word 1 says how many bytes were lost because nobody read. Takes the
  /// right `keyboard`.
  case read = 0
}

/// Why `keyboard` has nothing to read.
public enum KeyboardFailure: UInt32, Error {
  /// The machine has no keyboard controller, or somebody else drives it.
  case absent = 1
  /// Who asks has not the right `keyboard`.
  case notPermitted = 2
}

/// Why `disk` did not do what it was asked.
public enum DiskFailure: UInt32, Error {
  /// Sectors that the disk does not have, or none, or too many.
  case outOfRange = 1
  /// The disk failed or did not answer; the service has reset it.
  case failed = 2
  /// There is no disk, or its ports and its line belong to somebody else.
  case absent = 3
  /// Who asks has not the right `disk`.
  case notPermitted = 4
}
