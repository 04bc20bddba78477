import ABI
import Files
struct ArchiveSet { var items = InlineArray<4, UInt64>(repeating: 0); var count = 0
 mutating func add(_ b: KernelBytes) { if count < 4 { items[count] = UInt64(b.address) << 32 | UInt64(b.length); count += 1 } }
 func file(at path: Span<UInt8>) -> KernelBytes? {
   for i in 0..<count { let base = UInt32(items[i] >> 32), len = UInt32(truncatingIfNeeded: items[i]); var p: UInt32 = 0
     let b = KernelBytes(address: base, length: len).span
     func hex(_ at: UInt32) -> UInt32 { var v: UInt32 = 0; for k in 0..<8 { let c = b[Int(at)+k]; v = v*16 + UInt32(c <= 0x39 ? c-0x30 : (c|0x20)-0x57) }; return v }
     while p + 110 <= len, b[Int(p)] == 0x30 { let ns = hex(p+94), fs = hex(p+54); let name = p+110; let data = (name + ns + 3) & ~3
       // compare path without leading slash
       if Int(ns) - 1 == path.count - 1 { var same = true; for k in 0..<Int(ns)-1 where b[Int(name)+k] != path[k+1] { same = false }; if same { return KernelBytes(address: base + data, length: fs) } }
       p = (data + fs + 3) & ~3 } }
   return nil }
 func entry(at i: UInt32) -> FileEntry? { nil } }
