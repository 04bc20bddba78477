// Programs that run more than once share the memory of what none of them can write: text and constants. Where these lie in
// the boot archive as they have to lie in memory, all processes map them there (SpaceLoading.swift). Else the first process
// copies them, and every further one of the same file maps the same frames.
//
// Invariants:
// - A space is in the list of its file from when it is wholly loaded until it is destroyed.
// - A frame that several spaces map belongs to `shared` and counts its mappings; the last one that goes frees it.

import ABI
import Jobs
import Memory
import Platform
import Primitives

/// Spaces by the address of the file they run.
struct TextCache {
  fileprivate var heads = InlineArray<32, Reference<AddressSpace>?>(repeating: nil)

  fileprivate static func bucket(of image: UInt32) -> Int { Int((image &>> 4) ^ (image &>> 12)) & 31 }
}

extension Reference where Value == AddressSpace {
  /// A space that runs the file at `image`.
  package static func running(image: UInt32, _ context: Context) -> Reference<AddressSpace>? {
    var candidate = context.memory.images.heads[TextCache.bucket(of: image)]
    while let space = candidate, space.value.image != image { candidate = space.value.nextOfImage }
    return candidate
  }

  /// Lets later processes of the same file share this space's frames.
  package func publish(image: UInt32) {
    let bucket = TextCache.bucket(of: image)
    value.image = image
    value.nextOfImage = context.memory.images.heads[bucket]
    value.nextOfImage?.value.previousOfImage = self
    context.memory.images.heads[bucket] = self
  }

  /// The opposite of `publish`; nothing for a space that was not offered.
  func unpublish() {
    guard value.image != 0 else { return }
    value.nextOfImage?.value.previousOfImage = value.previousOfImage
    if let previous = value.previousOfImage {
      previous.value.nextOfImage = value.nextOfImage
    } else {
      context.memory.images.heads[TextCache.bucket(of: value.image)] = value.nextOfImage
    }
    value.image = 0
  }

  /// Maps the frames of another space's pages here too, at `start` upward. When it throws, nothing is mapped.
  func share(
    _ range: VirtualRange, of source: Reference<AddressSpace>, at start: UInt32, _ permissions: PagePermissions
  ) throws(SystemError) {
    let pages = range.length / pageSize
    try JobRecords(context).charge(value.job, .pages, pages)
    var count: UInt32 = 0
    do throws(PageTableError) {
      try source.value.tables.share(
        range, into: value.tables, at: VirtualAddress(start), permissions,
        cache: SpaceTranslationCache(space: self),
        retain: {
          guard Frames(context).share($0) else { return false }
          count &+= 1
          return true
        },
        undo: { Frames(context).release($0) })
    } catch {
      JobRecords(context).discharge(value.job, .pages, pages)
      throw error.systemError(self)
    }
    JobRecords(context).discharge(value.job, .pages, pages &- count)
    value.residentPages &+= count
  }
}

extension Frames {
  /// Adds a holder to a frame, which from now on belongs to all that map it. Returns false where no more can be counted:
  /// callers can map a page as often as they like.
  package func share(_ frame: FrameNumber) -> Bool {
    guard context.memory.frames.references(of: frame) < FrameAllocator.holderLimit else { return false }
    retain(frame)
    if context.memory.frames.owner(of: frame) == .processMemory { setOwner(of: frame, .shared) }
    return true
  }

  /// The only holder of a frame that was shared has it for itself again.
  func endSharing(_ frame: FrameNumber) { setOwner(of: frame, .processMemory) }

  private func setOwner(of frame: FrameNumber, _ owner: FrameOwner) {
    do throws(FrameFault) { try context.memory.frames.changeOwner(of: frame, to: owner) } catch { report(error) }
  }
}
