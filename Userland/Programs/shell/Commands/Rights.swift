// The command `rights`: what programs and services ask for, and what they are granted.

import ABI
import Primitives
import SDK

extension Builtin {
  func rightsCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    let own = (try? TaskIdentity.current.information().rights) ?? []
    guard words.count > 1 else {
      Console.write {
        RightsFile.write(own, to: &$0)
        $0.write("\n")
      }
      return 0
    }
    var status: Int32 = 0
    for index in 1..<words.count {
      let name = words[index].copied
      let path = MeghaSystem.programPath(name, from: state.folder)
      var isKnown = false
      for (subject, file, least) in [
        (path, path, [] as Rights), (Self.serviceText + name, Self.serviceFolder + name, .services),
        (Self.serviceText + name, Self.addedFolder + name, .services),
      ] where isProgram(file, asService: !least.isEmpty, knownSoFar: isKnown, path) {
        isKnown = true
        if !writeRights(subject, file, least, of: own) { status = 1 }
      }
      if !isKnown { status = report(name, "there is no such program or service") }
    }
    return status
  }

  private static var serviceText: [UInt8] { StaticText("service ").bytes }
  private static var serviceFolder: [UInt8] { StaticText("/lib/services/").bytes }
  private static var addedFolder: [UInt8] { StaticText("/extra/").bytes }

  /// Whether there is a program, or the server of a service, to speak of: one that was added only where nothing else has the name.
  private func isProgram(_ file: [UInt8], asService: Bool, knownSoFar: Bool, _ path: [UInt8]) -> Bool {
    guard ShellFiles.kind(of: file) == .file else { return false }
    return !asService || file.starts(with: Self.serviceFolder) || !knownSoFar && file != path
  }

  /// Returns whether its file of rights can be read.
  private func writeRights(_ subject: [UInt8], _ file: [UInt8], _ least: Rights, of own: Rights) -> Bool {
    do throws(UnknownRight) {
      let needs = try ProgramRights(file)
      let granted = RightsFile.granted(
        needs.wanted?.union(least) ?? (needs.isOwn ? least : nil), isOwn: needs.isOwn, of: own)
      let missing = (needs.wanted ?? []).subtracting(own)
      Console.write {
        $0.write(subject)
        $0.write(": ")
        RightsFile.write(granted, to: &$0)
        if needs.wanted == nil && !needs.isOwn { $0.write(" (it has no file of rights)") }
        if !missing.isEmpty {
          $0.write("; the shell has not ")
          RightsFile.write(missing, to: &$0)
        }
        $0.write("\n")
      }
      return true
    } catch {
      Console.complain {
        $0.write("shell: ")
        $0.write(subject)
        $0.write(": ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return false
    }
  }
}
