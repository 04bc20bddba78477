// `megha new`: the beginnings of something of one's own, outside of the tree.

import ArgumentParser
import Foundation
import MeghaBuild

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Begins a program, a service or a kernel module of your own.")

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case program, service, module
  }

  @Argument(help: "What it is: \(Kind.allCases.map { $0.rawValue }.joined(separator: ", ")).")
  var kind: Kind

  @Argument(help: "Its name: lower-case letters and digits. A folder of this name is made here.")
  var name: String

  @Option(help: "The language of a program: swift or c.")
  var language = Language.swift

  /// What fits wherever the guest keeps names of programs, services and modules.
  private static let longestName = 24

  func run() throws {
    let isName =
      name.first?.isLetter == true && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) }
    guard isName else {
      throw Failure("\(name) is not a name: lower-case letters and digits, a letter first.")
    }
    guard name.count <= Self.longestName else {
      throw Failure("\(name) is too long for a name: at most \(Self.longestName) letters and digits.")
    }
    guard language == .swift || kind == .program else {
      throw Failure("--language c is for programs; a \(kind.rawValue) is begun in Swift.")
    }
    // Also a link that leads nowhere is in the way.
    let exists = (try? FileManager.default.attributesOfItem(atPath: name)) != nil
    guard !exists else { throw Failure("\(name) exists already.") }
    let project = try Project.current()
    let command = NinjaFile.shellQuoted(project.file("megha").path)
    let folder = URL(fileURLWithPath: name, isDirectory: true)
    let component =
      switch kind {
      case .program: Components.program(folder: folder.path)
      case .service: Components.serviceProgram(folder: folder.path)
      case .module: Components.module(folder: folder.path, root: project.root)
      }
    let type = try TypeNames.type(
      for: name, kind: kind.rawValue.capitalized, component: component, root: project.root)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files =
      switch kind {
      case .program where language == .c: programInC(command)
      case .program: ["\(type).swift": program(type), "README.md": readme(command)]
      case .service:
        ["\(type).swift": service(type), "load": load, "README.md": serviceReadme(command)]
      case .module: ["\(type).swift": module(type), "Manifest.c": manifest(), "README.md": moduleReadme(command)]
      }
    for (file, text) in files { try Data(text.utf8).write(to: folder.appending(path: file)) }
    let source = language == .c ? "\(name).c" : "\(type).swift"
    print("made \(name)/\(source); next: \(command) build \(name)")
  }

  private func program(_ type: String) -> String {
    """
    import SDK

    @main
    struct \(type): Program {
      static func run() -> Int32 {
        Console.write("\(name.capitalized) runs.\\n")
        return 0
      }
    }

    """
  }

  private func service(_ type: String) -> String {
    """
    import ServiceSupport

    /// Adds up the numbers that it is sent.
    struct \(type): Service {
      static var name: StaticString { "\(name)" }
      private var sum: UInt32 = 0

      /// Any operation: adds word 0, and replies with the sum.
      mutating func handle(_ request: inout Request) {
        sum &+= request.words[0]
        request.reply[0] = sum
      }

      func save(to state: inout StateWriter) { state.write(sum) }

      mutating func restore(from state: inout StateReader) -> Bool {
        guard let sum = state.number() else { return false }
        self.sum = sum
        return true
      }
    }

    typealias PlacedService = \(type)

    """
  }

  /// What `megha bench --service` asks.
  private var load: String {
    """
    # What clients ask when the service is measured: NAME: OPERATION [WORD...] [data=BYTES] [reply=BYTES]
    # `before` is sent once, ahead of the others, and not measured.
    before: 0 5
    add: 0 1

    """
  }

  private func readme(_ command: String) -> String {
    """
    # \(name)

    A program for Megha. Build it, and run it in either ring:

        \(command) build \(name)
        \(command) run --add \(name)/build/\(name) --script "/extra/\(name); run --ring0 /extra/\(name); exit 0"

    """
  }

  private func serviceReadme(_ command: String) -> String {
    """
    # \(name)

    A service for Megha. Build it, which makes a program and a module of the same source, start it, and move it:

        \(command) build \(name)
        \(command) run --add \(name)/build/\(name) --add \(name)/build/\(name).so --script \\
          "service start \(name) --as server; service move \(name) --as linked; service list; exit 0"

    The file `load` says what it is asked when it is measured in every placement:

        \(command) bench --service \(name)

    """
  }

  private func module(_ type: String) -> String {
    """
    // The module \(name): a service that adds two numbers.

    import ModuleInterface
    import ModuleSupport
    import ServiceSupport

    @c(\(name)_start) public func start() -> Int32 {
      Log.write("ready")
      return 0
    }

    @c(\(name)_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
      answer(message) { request in
        request.reply[0] = request.words[0] &+ request.words[1]
        return 0
      }
    }

    """
  }

  private func manifest() -> String {
    """
    // What the module says about itself: its name, its functions, the services that it offers.

    #include "megha_module.h"

    int32_t \(name)_start(void);
    int32_t \(name)_handle(struct service_request *request);

    static const struct megha_service services[] = {{"\(name)", \(name)_handle}, {0}};

    MEGHA_MODULE(.name = "\(name)", .version = "1", .start = \(name)_start, .services = services);

    """
  }

  private func moduleReadme(_ command: String) -> String {
    """
    # \(name)

    A kernel module for Megha. Build it, and link it into a running kernel:

        \(command) build \(name)
        \(command) run --add \(name)/build/\(name).so --script "insmod /extra/\(name).so; lsmod; rmmod \(name); exit 0"

    """
  }
}
