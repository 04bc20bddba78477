import ABI
import Memory
import Machine
import MachineSupport
import Primitives
struct RegionNodes {}
struct TempRegion { var start: UInt32; var length: UInt32; var permissions: MemoryPermissions; var purpose: ABI.RegionPurpose; var end: UInt32 { start &+ length } }
struct RegionMap<N> {
  var items: UnsafeMutablePointer<TempRegion>; var count = 0
  init(nodes: N) { items = DirectMap.pointer(UInt32(UInt(bitPattern: KernelHeapMemory.allocateBytes(32*16, alignment: 16, tag: .task)!))) }
  mutating func removeAll() { count = 0; KernelHeapMemory.free(items) }
  mutating func insert(_ r: TempRegion) -> Bool {
    guard count < 32 else { return false }
    var i = 0
    while i < count, items[i].start < r.start { i += 1 }
    if i > 0, items[i-1].end > r.start { return false }
    if i < count, items[i].start < r.end { return false }
    var j = count; while j > i { items[j] = items[j-1]; j -= 1 }
    items[i] = r; count += 1; return true
  }
  mutating func remove(start: UInt32) { 
    guard let i = (0..<count).first(where: { items[$0].start == start }) else { return }
    for j in i..<count-1 { items[j] = items[j+1] }; count -= 1 }
}
extension Reference where Value == AddressSpace {
  func addRegion(start: UInt32, length: UInt32, _ p: MemoryPermissions, _ purpose: ABI.RegionPurpose) throws(SystemError) {
    guard value.regions.insert(TempRegion(start: start, length: length, permissions: p, purpose: purpose)) else { throw .alreadyExists } }
  func region(containing a: UInt32) -> TempRegion? { for i in 0..<value.regions.count { let r = value.regions.items[i]; if a >= r.start && a < r.end { return r } }; return nil }
  func region(before a: UInt32) -> TempRegion? { var b: TempRegion?; for i in 0..<value.regions.count { let r = value.regions.items[i]; if r.end <= a { b = r } }; return b }
  func region(endingAbove a: UInt32) -> TempRegion? { for i in 0..<value.regions.count { let r = value.regions.items[i]; if r.end > a { return r } }; return nil }
  func findGap(_ length: UInt32) -> UInt32? { var at = AddressLayout.dynamicStart
    for i in 0..<value.regions.count { let r = value.regions.items[i]; if r.end <= at { continue }; if r.start >= at + length { break }; at = r.end }
    return at + length <= AddressLayout.dynamicEnd ? at : nil }
  func addStack(start: UInt32, end: UInt32, purpose: ABI.RegionPurpose, isCommitted: Bool) throws(SystemError) {
    try addRegion(start: start - pageSize, length: pageSize, [], .guardPage)
    try addRegion(start: start, length: end - start, [.read, .write], purpose)
    try addRegion(start: end, length: pageSize, [], .guardPage)
    if isCommitted { var p = start; while p < end { _ = try populate(page: p, [.read, .write]); p += pageSize } }
  }
  func addThreadStack(size: UInt32, isCommitted: Bool) throws(SystemError) -> UInt32 {
    guard let gap = findGap(size + 2 * pageSize) else { throw .outOfMemory }
    try addStack(start: gap + pageSize, end: gap + pageSize + size, purpose: .threadStack, isCommitted: isCommitted)
    return gap + pageSize }
  func removeThreadStack(start: UInt32, end: UInt32) { drop(start: start, length: end - start); value.regions.remove(start: start - pageSize); value.regions.remove(start: start); value.regions.remove(start: end) }
  func drop(start: UInt32, length: UInt32) {
    var p = start; while p < start + length { if let c = try? value.tables.unmap(VirtualAddress(p)) { let e = c.settle(SpaceTranslationCache(space: self)); if !e.isForeign { Frames.release(e.frame); value.residentPages -= 1 } }; p += pageSize } }
  func addMapping(length: UInt32, _ p: MemoryPermissions) throws(SystemError) -> UInt32 { guard let g = findGap(length) else { throw .outOfMemory }; try addRegion(start: g, length: length, p, .mapping); return g }
  func removeMappings(start: UInt32, length: UInt32) throws(SystemError) { drop(start: start, length: length); value.regions.remove(start: start) }
  func protectMappings(start: UInt32, length: UInt32, _ p: MemoryPermissions) throws(SystemError) {}
  func isWritable(start: UInt32, length: UInt32) -> Bool { region(containing: start)?.permissions.contains(.write) ?? false }
  func residentPages(of r: TempRegion) -> UInt32 { value.tables.countMapped(in: VirtualRange(start: r.start, length: r.length)!) }
  func countOwnedPages() -> UInt32 { value.tables.countMapped(in: VirtualRange(start: 0, length: 0xbfff0000)!) }
}
struct TempHeap { var lists = InlineArray<10, UInt>(repeating: 0); var idlePages: UInt32 { 0 }; func isConsistent(to: inout KernelOutput) -> Bool { true } }
enum KernelHeapMemory {
  static func allocateBytes(_ n: Int, alignment: Int, tag: HeapTag) -> UnsafeMutableRawPointer? {
    var size = 16, c = 0; while size < n + 16 { size *= 2; c += 1 }
    if c > 7 { let pages = pagesNeeded(UInt32(n)); let order = pages <= 1 ? 0 : 32 - (pages - 1).leadingZeroBitCount
      guard let f = kernel.memory.frames.allocate(order: order, zone: .low, owner: .kernelHeap) else { return nil }
      return UnsafeMutableRawPointer(bitPattern: UInt(DirectMap.address(of: f))) }
    size = max(size, 32); 
    if kernel.memory.heap.lists[c] == 0 {
      guard let f = kernel.memory.frames.allocate(zone: .low, owner: .kernelHeap) else { return nil }
      let base = UInt(DirectMap.address(of: f)); var o = 0
      while o + size <= 4096 { let p = base + UInt(o); UnsafeMutablePointer<UInt>(bitPattern: p)!.pointee = kernel.memory.heap.lists[c]; kernel.memory.heap.lists[c] = p; o += size } }
    let p = kernel.memory.heap.lists[c]; kernel.memory.heap.lists[c] = UnsafeMutablePointer<UInt>(bitPattern: p)!.pointee
    UnsafeMutablePointer<UInt>(bitPattern: p + UInt(size) - 4)!.pointee = UInt(c)
    return UnsafeMutableRawPointer(bitPattern: p) }
  static func allocate<T: ~Copyable>(tag: HeapTag) throws(SystemError) -> UnsafeMutablePointer<T> { guard let p = allocateBytes(MemoryLayout<T>.size, alignment: 16, tag: tag) else { throw .outOfMemory }; return p.assumingMemoryBound(to: T.self) }
  static func free(_ p: UnsafeMutableRawPointer?) {}
  static func free<T: ~Copyable>(_ p: UnsafeMutablePointer<T>?) {}
  struct Copy { var pointer: UnsafeMutableRawPointer; var bytes: KernelBytes }
  static func copy(of b: UserBuffer, limit: UInt32) throws(SystemError) -> Copy { throw .unsupported }
}
struct ArchiveSet0 {}
