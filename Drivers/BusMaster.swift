// The part of an ATA controller that moves data by itself (Programming Interface for Bus Master IDE Controller, 1.0), first
// channel. StorageSearch.swift finds it.
//
// Invariant: the controller is stopped before its memory is used for anything else: `stop` comes first of all, and after
// every transfer, whatever came of it.

import Primitives

/// Memory that a driver and its device both reach, in one piece.
public protocol TransferMemory {
  /// As the device names it, a multiple of 4,096.
  var physicalAddress: UInt32 { get }
  func write32(_ value: UInt32, at offset: Int)
  func read(_ offset: Int, into bytes: inout MutableSpan<UInt8>)
  func write(_ offset: Int, from bytes: Span<UInt8>)
}

public struct BusMaster<Ports: PortAccess, Memory: TransferMemory> {
  /// Its eight ports.
  public let base: UInt16
  private let memory: Memory

  /// What memory it needs: a page for the table, and 64 KiB of data.
  public static var memorySize: Int { 4096 + 65536 }
  private static var dataOffset: Int { 4096 }

  // 2.1: of the first channel.
  private var command: UInt16 { base }
  private var status: UInt16 { base &+ 2 }
  private var table: UInt16 { base &+ 4 }
  private static var start: UInt8 { 0x01 }
  /// From the disk to memory.
  private static var toMemory: UInt8 { 0x08 }
  private static var isError: UInt8 { 0x02 }
  /// Writing it clears error and interrupt.
  private static var clear: UInt8 { 0x06 }
  private static var lastEntry: UInt32 { 0x8000_0000 }

  public init(base: UInt16, memory: Memory) {
    self.base = base
    self.memory = memory
  }

  /// Stops whatever it does, also for a driver that is no more.
  public static func stop(base: UInt16) {
    Ports.write8(base, 0)
    // What the system says there about the disks stays.
    Ports.write8(base &+ 2, Ports.read8(base &+ 2) & 0x60 | clear)
  }

  public func read(into bytes: inout MutableSpan<UInt8>) { memory.read(Self.dataOffset, into: &bytes) }
  public func write(_ bytes: Span<UInt8>) { memory.write(Self.dataOffset, from: bytes) }

  /// Gets ready to move `count` bytes, at most 65,536 and even, before the disk gets its command.
  public func prepare(count: Int, toMemory: Bool) {
    Self.stop(base: base)
    // 1.2: an entry's data lie in one block of 64 KiB; a length of 0 stands for all of that.
    let first = memory.physicalAddress &+ UInt32(Self.dataOffset)
    let room = Int(0x1_0000 &- first & 0xffff)
    memory.write32(first, at: 0)
    if count <= room {
      memory.write32(UInt32(count) & 0xffff | Self.lastEntry, at: 4)
    } else {
      memory.write32(UInt32(room) & 0xffff, at: 4)
      memory.write32(first &+ UInt32(room), at: 8)
      memory.write32(UInt32(count - room) & 0xffff | Self.lastEntry, at: 12)
    }
    Ports.write32(table, memory.physicalAddress)
    Ports.write8(command, toMemory ? Self.toMemory : 0)
  }

  /// Begins, after the disk got its command.
  public func begin(toMemory: Bool) { Ports.write8(command, (toMemory ? Self.toMemory : 0) | Self.start) }

  /// Stops. Returns whether all was moved.
  public func end() -> Bool {
    let status = Ports.read8(status)
    Self.stop(base: base)
    return status & (Self.isError | Self.start) == 0
  }
}
