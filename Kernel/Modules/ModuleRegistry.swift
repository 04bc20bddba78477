// Which modules there are, what state each is in, and who uses whom. How a module comes and goes is decided by
// `ModuleErrand`; mapping memory and calling functions is the kernel's.
//
// Invariants:
// - No two modules have one name.
// - A module that is being loaded uses live ones only, and one that is used is not taken out. So nothing uses what may go
//   away, and no module uses itself by way of others.
// - The number of threads inside a module is that of `enter` less that of `leave`.
// - A module that is loading, starting, draining or stopping is so for exactly one errand.

import Primitives

/// A module's identity: its place and how often the place was used before, so that a stale number never
/// means another module.
public struct ModuleNumber: Equatable, Sendable {
  /// 0 to 63.
  public let slot: Int
  public let generation: UInt32
}

/// A set of the registry's places.
public struct ModuleSet: Equatable, Sendable {
  var bits: UInt64 = 0

  public init() {}

  public mutating func insert(_ module: ModuleNumber) { insert(slot: module.slot) }
  mutating func insert(slot: Int) { bits |= 1 &<< UInt64(slot) }
  mutating func remove(slot: Int) { bits &= ~(1 &<< UInt64(slot)) }
  public func contains(slot: Int) -> Bool { bits & 1 &<< UInt64(slot) != 0 }
  public var isEmpty: Bool { bits == 0 }
  /// The lowest place in the set.
  var first: Int? { bits == 0 ? nil : bits.trailingZeroBitCount }
}

/// Where a module is in its life. The numbers are those of the ABI.
public enum ModuleState: UInt8, Sendable {
  /// Being linked.
  case loading = 0
  /// Ready for calls.
  case live = 1
  /// Its stop function runs, and what it held is given back.
  case stopping = 2
  /// A call of it failed; no new one enters, and it can be removed.
  case failed = 3
  /// Its start function runs.
  case starting = 4
  /// Calls in flight are finishing; no new one enters.
  case draining = 5

  public var name: StaticString {
    switch self {
    case .loading: "loading"
    case .live: "live"
    case .stopping: "stopping"
    case .failed: "failed"
    case .starting: "starting"
    case .draining: "draining"
    }
  }
}

/// The calls inside a module, in a word that the kernel's fast way into modules counts too.
public struct ModuleInside: Equatable, Sendable {
  /// The highest bit says that somebody waits for the number to become 0: the count is below zero then, and whoever
  /// leaves looks closer.
  @usableFromInline var word: UInt32 = 0

  public init() {}

  @inlinable public var count: UInt32 { word & 0x7fff_ffff }

  /// Asks the last call to leave to wake those who wait for that.
  public mutating func watch() { word |= 0x8000_0000 }

  @inlinable @inline(__always)
  mutating func enter() { word &+= 1 }

  @inlinable @inline(__always)
  mutating func leave() { word &-= 1 }

  /// Whether those who wait are to be told now. They are told once.
  public mutating func takeDrained() -> Bool {
    guard word == 0x8000_0000 else { return false }
    word = 0
    return true
  }
}

/// One module.
public struct ModuleEntry: Sendable {
  public fileprivate(set) var name: ModuleText
  public fileprivate(set) var version: ModuleText
  public fileprivate(set) var state: ModuleState
  /// The modules whose names or services it uses.
  public fileprivate(set) var uses: ModuleSet
  /// The calls that failed.
  public fileprivate(set) var faults: UInt32
  /// A call of it was cut short: it is not asked to do anything more.
  public var hasFailed: Bool { faults > 0 }
}

/// A place for a module.
public struct ModuleSlot: ~Copyable {
  fileprivate var inside = ModuleInside()
  fileprivate var entry: ModuleEntry?
  fileprivate var generation: UInt32 = 0
  public init() {}
}

/// All modules, up to 64.
@safe
public struct ModuleRegistry: ~Copyable {
  public static var capacity: Int { 64 }

  private let storage: UnsafeMutablePointer<ModuleSlot>

  /// - Safety: `storage` must hold `capacity` initialized places, which nobody else touches and which stay for as long
  ///   as the registry.
  @unsafe
  public init(storage: UnsafeMutablePointer<ModuleSlot>) { unsafe self.storage = storage }

  /// A place, below `capacity`.
  @inline(__always)
  private func place(_ slot: Int) -> Reference<ModuleSlot> {
    precondition(slot >= 0 && slot < Self.capacity)
    return unsafe Reference(storage + slot)
  }

  /// The module of this number, or nil where it is gone.
  public func entry(_ module: ModuleNumber) -> ModuleEntry? {
    let place = place(module.slot)
    return place.value.generation == module.generation ? place.value.entry : nil
  }

  /// The state of a module, or nil where it is gone.
  public func state(of module: ModuleNumber) -> ModuleState? {
    let place = place(module.slot)
    return place.value.generation == module.generation ? place.value.entry?.state : nil
  }

  /// The calls inside the module in a place; it stays where it is.
  public func inside(slot: Int) -> Reference<ModuleInside> {
    unsafe withUnsafeMutablePointer(to: &place(slot).value.inside) { unsafe Reference($0) }
  }

  /// The module in a place, or nil.
  public func module(inSlot slot: Int) -> ModuleNumber? {
    guard slot >= 0, slot < Self.capacity, place(slot).value.entry != nil else { return nil }
    return ModuleNumber(slot: slot, generation: place(slot).value.generation)
  }

  /// The module of this name.
  public func find(_ name: Span<UInt8>) -> ModuleNumber? {
    for slot in 0..<Self.capacity {
      guard let entry = place(slot).value.entry, entry.name.bytes.hasSameBytes(as: name) else { continue }
      return module(inSlot: slot)
    }
    return nil
  }

  /// The modules that use `module`.
  public func users(of module: ModuleNumber) -> ModuleSet {
    var users = ModuleSet()
    for slot in 0..<Self.capacity {
      if let entry = place(slot).value.entry, entry.uses.contains(slot: module.slot) { users.insert(slot: slot) }
    }
    return users
  }

  /// Takes a place for a module that is about to be linked.
  ///
  /// - Throws: `alreadyLoaded` or `full`.
  mutating func begin(name: ModuleText, version: ModuleText) throws(RegistryError) -> ModuleNumber {
    if let other = find(name.bytes) { throw .alreadyLoaded(other) }
    for slot in 0..<Self.capacity where place(slot).value.entry == nil {
      place(slot).value.generation &+= 1
      place(slot).value.inside = ModuleInside()
      place(slot).value.entry = ModuleEntry(
        name: name, version: version, state: .loading, uses: ModuleSet(), faults: 0)
      return ModuleNumber(slot: slot, generation: place(slot).value.generation)
    }
    throw .full
  }

  /// Notes that `user`, which is loading, uses `used`, which is live.
  ///
  /// - Throws: `gone`, or `notReady` where `used` is not live (any more, or yet: its start may fail).
  public mutating func addUse(by user: ModuleNumber, of used: ModuleNumber) throws(RegistryError) {
    guard state(of: user) == .loading, let state = state(of: used) else { throw .gone }
    guard state == .live else { throw .notReady(used, state) }
    place(user.slot).value.entry?.uses.insert(used)
  }

  /// The errand that has the module brings it to the next state of its life.
  mutating func change(_ module: ModuleNumber, from old: ModuleState, to new: ModuleState) {
    precondition(state(of: module) == old)
    place(module.slot).value.entry?.state = new
  }

  /// The errand that had the module has given all of it back: the place is free.
  mutating func remove(_ module: ModuleNumber) {
    precondition(state(of: module) != nil && obstacle(module) == nil)
    place(module.slot).value.entry = nil
  }

  /// A thread is about to call into the module.
  ///
  /// - Throws: `gone`, or `notReady` where the module is not live.
  @inline(__always)
  public mutating func enter(_ module: ModuleNumber) throws(RegistryError) {
    let place = place(module.slot)
    guard place.value.generation == module.generation, let state = place.value.entry?.state else { throw .gone }
    guard state == .live else { throw .notReady(module, state) }
    place.value.inside.enter()
  }

  /// A thread has come back from the module, in whatever way. Returns whether those who wait for the last one are to be
  /// told.
  @inline(__always)
  public mutating func leave(_ module: ModuleNumber) -> Bool {
    let place = place(module.slot)
    guard place.value.generation == module.generation, place.value.inside.count > 0 else { return false }
    place.value.inside.leave()
    return place.value.inside.takeDrained()
  }

  /// A call of the module faulted: no new call enters it from now on. The thread still has to leave. An errand that has
  /// the module goes on with it.
  public mutating func fail(_ module: ModuleNumber) {
    guard let state = state(of: module) else { return }
    // At the highest number it stays: it means more than how often.
    if place(module.slot).value.entry!.faults < .max { place(module.slot).value.entry!.faults += 1 }
    if state == .live { place(module.slot).value.entry!.state = .failed }
  }

  /// How many calls are inside.
  public func threadsInside(_ module: ModuleNumber) -> UInt32 {
    state(of: module) == nil ? 0 : place(module.slot).value.inside.count
  }

  /// Why `module` must stay, or nil.
  func obstacle(_ module: ModuleNumber) -> RegistryError? {
    let users = users(of: module)
    if !users.isEmpty { return .usedBy(module, users) }
    let threads = threadsInside(module)
    return threads > 0 ? .threadsInside(module, count: threads) : nil
  }
}
