// A run on a disk that records what is written, and the images that a cut of the power at any moment may leave.
//
// What was written before the last flush is on the disk. Of what was written after it, any part may be.

import ABI
import FileSystems
import TestSupport
import Testing

/// What was there when a `sync` returned, and what was changed after it, up to the next one.
struct Epoch {
  struct Item {
    let path: String
    let kind: NodeKind
    let bytes: [UInt8]
    let key: UInt64
    /// The names that lead to it from the root.
    let names: [ModelName]
  }

  /// The number of the first event after the `sync`.
  let start: Int
  let items: [Item]
  var changedNames: Set<ModelName> = []
  var changedContents: Set<UInt64> = []

  init(start: Int, _ model: FileModel) {
    self.start = start
    var items: [Item] = []
    func add(_ directory: ModelNode, _ path: String, _ names: [ModelName]) {
      for (name, node) in directory.entries {
        let childPath = path + "/" + String(decoding: name, as: UTF8.self)
        let childNames = names + [ModelName(directory, name)]
        items.append(Item(path: childPath, kind: node.kind, bytes: node.bytes, key: node.key, names: childNames))
        add(node, childPath, childNames)
      }
    }
    add(model.root, "", [])
    self.items = items
  }
}

/// A run that can be cut anywhere.
final class RecordedRun {
  let image: [UInt8]
  private(set) var epochs: [Epoch] = []
  private(set) var events: [DiskEvent] = []
  private(set) var model: FileModel?

  init(
    _ image: [UInt8], seed: UInt64, steps: Int, cacheSize: Int, prepare: (Conformance) -> Void = { _ in }
  ) throws {
    let contents = DiskContents(image)
    var files = try Ext2(on: MemoryDisk(contents), cacheSize: cacheSize)
    try files.sync()
    self.image = contents.bytes
    contents.isRecording = true
    let run = try Conformance(&files, seed: seed)
    run.sizeLimit = 60_000
    run.nameCount = 14
    run.ownName = Array("lost+found".utf8)
    prepare(run)
    epochs = [Epoch(start: 0, run.model)]
    func end() {
      epochs[epochs.count - 1].changedNames = run.model.changedNames
      epochs[epochs.count - 1].changedContents = run.model.changedContents
      (run.model.changedNames, run.model.changedContents) = ([], [])
      epochs.append(Epoch(start: contents.events.count, run.model))
    }
    run.synced = end
    for _ in 0..<steps { try run.step(&files) }
    try files.sync()
    end()
    events = contents.events
    #expect(run.successes > steps / 3)
  }

  /// The image after a cut before event `cut`.
  ///
  /// - Parameter unit: how many bytes the disk writes as a whole.
  func image(cutAt cut: Int, unit: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    var image = image
    let lastFlush = events[..<cut].lastIndex { if case .flush = $0 { true } else { false } } ?? -1
    // Either is likely that nearly all is there, or hardly anything.
    let share = [0, 10, 50, 90, 100].randomElement(using: &generator) ?? 50
    for index in 0..<cut {
      guard case .write(let sector, let bytes) = events[index] else { continue }
      var offset = 0
      while offset < bytes.count {
        let count = min(unit, bytes.count - offset)
        if index < lastFlush || Int.random(in: 0..<100, using: &generator) < share {
          image.replaceSubrange(
            sector * 512 + offset..<sector * 512 + offset + count, with: bytes[offset..<offset + count])
        }
        offset += count
      }
    }
    return image
  }

  func epoch(at cut: Int) -> Epoch { epochs.last { $0.start <= cut } ?? epochs[0] }

  /// Whether everything is there that was synced before the cut and not touched since. What was given another name since is
  /// there under one of the two.
  func check(_ files: inout Ext2, cutAt cut: Int) throws {
    let epoch = epoch(at: cut)
    let found = try snapshot(of: &files)
    let elsewhere = Set(found.filter { !$0.key.hasPrefix("/lost+found/") }.values)
    for item in epoch.items {
      let expected = [UInt8(item.kind.rawValue)] + item.bytes
      let keepsContents = !epoch.changedContents.contains(item.key)
      if epoch.changedNames.isDisjoint(with: item.names) {
        guard let bytes = found[item.path] else {
          Issue.record("cut at \(cut): \(item.path) is gone")
          continue
        }
        if keepsContents, bytes != expected { Issue.record("cut at \(cut): \(item.path) has other contents") }
      } else if keepsContents, item.bytes.count >= 16, isStillNamed(item, in: epoch) {
        #expect(elsewhere.contains(expected), "cut at \(cut): what was \(item.path) is gone")
      }
    }
  }

  /// Whether a node that was there at the beginning of an epoch is there at its end as well.
  private func isStillNamed(_ item: Epoch.Item, in epoch: Epoch) -> Bool {
    guard let next = epochs.first(where: { $0.start > epoch.start }) else { return true }
    return next.items.contains { $0.key == item.key }
  }
}
