// The files that came with the kernel: the boot archives, read in place.
//
// Invariant: the archives' memory is never given back, so the address of a file's bytes holds for ever.

import ABI
import Files
import Platform
import Primitives
import VirtualMemory

package struct BootFiles {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The bytes of the file of this path, or nil where there is no file there.
  @inline(never)
  package func file(at path: Span<UInt8>) -> KernelBytes? {
    do throws(PathError) {
      guard case .entry(let file)? = try context.objects.archives.item(at: path), file.kind == .file else { return nil }
      return bytes(of: file)
    } catch { return nil }
  }

  private func bytes(of file: ArchivedEntry) -> KernelBytes {
    unsafe file.contents.withUnsafeBytes {
      KernelBytes(address: UInt32(UInt(bitPattern: $0.baseAddress)), length: UInt32($0.count))
    }
  }

  /// Makes the files of the archives that were added known by their paths.
  package func index() {
    let storage = KernelMemory(context).permanent(context.objects.archives.indexSize)
    unsafe context.objects.archives.makeIndex(in: UnsafeMutableRawPointer(bitPattern: UInt(storage)).unsafelyUnwrapped)
  }

  /// Describes the entry of this number, or nil after the last.
  @inline(never)
  package func entry(at index: UInt32) -> FileEntry? {
    guard index < UInt32(ArchiveSet.entryLimit), let found = context.objects.archives.entry(at: Int(index)) else {
      return nil
    }
    var entry = FileEntry()
    entry.size = UInt32(clamping: found.contents.count)
    entry.kind = found.kind == .file ? 0 : found.kind == .folder ? 1 : 2
    var path = TextBuffer()
    found.writePath(to: &path)
    let count = min(path.span.count, 128)
    for position in 0..<count { entry.path[position] = path.span[position] }
    entry.pathLength = UInt32(count)
    return entry
  }
}
