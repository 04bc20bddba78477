// `megha shape`: how the parts of the kernel's sources depend on each other, and how large they are.

import ArgumentParser
import Checks
import Foundation
import MeghaBuild

struct Shape: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints how the parts of the kernel depend on each other.",
    discussion: """
      Lines of code, imports between the libraries of Kernel, references between the folders of Image, and the numbers \
      that `megha test sources` does not let grow.
      """)

  func run() throws { print(try Project.current().sourceShape().text) }
}

extension Project {
  func sourceShape() throws -> SourceShape {
    func files(in folder: String) throws -> [SourceFile] {
      try Sources.find(in: folder, root: root).swift.map {
        SourceFile(path: $0, text: try String(contentsOf: file($0), encoding: .utf8))
      }
    }
    return SourceShape(image: try files(in: "Image"), libraries: try files(in: "Kernel"))
  }
}
