// What is known of a process, for the placement after this one.

import ServiceSupport

extension LinuxProcess {
  func save(to state: inout StateWriter) {
    state.write(name)
    for word in [
      identity, programBreak, creationMask, group, session, parent, beginsProgram ? 1 : 0,
    ] + signals.words + [UInt32(files.all.count)] {
      state.write(word)
    }
    for entry in files.all {
      state.write(entry == nil ? 0 : entry?.closesOnExec == true ? 2 : 1)
      guard let entry else { continue }
      for word in [entry.handle, entry.flags] { state.write(word) }
      state.write(UInt32(truncatingIfNeeded: entry.directoryPosition))
      state.write(UInt32(truncatingIfNeeded: entry.directoryPosition >> 32))
    }
    state.write(UInt32(actions.count))
    for action in actions { state.write(action) }
    let saved = pending.saved
    for word in [saved.kind, UInt32(saved.words.count)] + saved.words { state.write(word) }
    state.write(saved.bytes)
  }

  init?(from state: inout StateReader) {
    guard let name = state.text(), name.count <= 16, let identity = state.number(), let programBreak = state.number(),
      let creationMask = state.number(),
      let group = state.number(), let session = state.number(), let parent = state.number(),
      let beginsProgram = state.number(), beginsProgram <= 1, let signals = SignalState(from: &state),
      let count = state.number(), count <= UInt32(FileTable.capacity)
    else { return nil }
    self.init(identity: identity)
    self.name = name
    self.programBreak = programBreak
    self.creationMask = creationMask & 0o777
    self.group = group
    self.session = session
    self.parent = parent
    self.signals = signals
    self.beginsProgram = beginsProgram == 1
    var entries: [Descriptor?] = []
    for _ in 0..<count {
      guard let form = state.number(), form <= 2 else { return nil }
      guard form > 0 else {
        entries.append(nil)
        continue
      }
      guard let handle = state.number(), let flags = state.number(), let low = state.number(), let high = state.number()
      else { return nil }
      entries.append(
        Descriptor(
          handle: handle, closesOnExec: form == 2, flags: flags, directoryPosition: UInt64(high) << 32 | UInt64(low)))
    }
    files = FileTable(restoring: entries)
    guard let actionCount = state.number(), actionCount <= Signal.count else { return nil }
    for _ in 0..<actionCount {
      guard let action = state.text(), action.isEmpty || action.count == 20 else { return nil }
      actions.append(action)
    }
    guard let kind = state.number(), let wordCount = state.number(), wordCount <= 4096 else { return nil }
    var saved = SavedPending(kind: kind)
    for _ in 0..<wordCount {
      guard let word = state.number() else { return nil }
      saved.words.append(word)
    }
    guard let bytes = state.text() else { return nil }
    saved.bytes = bytes
    guard let pending = Pending(saved: saved) else { return nil }
    self.pending = pending
  }
}

extension SignalState {
  fileprivate init?(from state: inout StateReader) {
    var words: [UInt32] = []
    for _ in 0..<Self.wordCount {
      guard let word = state.number() else { return nil }
      words.append(word)
    }
    self.init(words: words)
  }
}
