// Names of types for what `megha new` begins: never one that its sources would take for something else.

import Foundation

public enum TypeNames {
  /// What the templates use of Swift itself, and what no type may be called.
  private static let ofSwift: Set<String> = [
    "Any", "Bool", "Int32", "Never", "Protocol", "Self", "StaticString", "Swift", "Type", "UInt32", "Void",
  ]

  /// A type for a thing of this name: the name with a capital letter, and with the kind behind it where that is taken.
  /// - Parameters:
  ///   - kind: what the thing is, such as `Program`.
  ///   - component: what it will be compiled as; the types of what it may import are taken.
  public static func type(for name: String, kind: String, component: Component, root: URL) throws -> String {
    let folders = component.dependencies.compactMap { components[$0]?.folder } + component.sharedFolders
    var taken = ofSwift.union(component.dependencies)
    for folder in folders {
      for file in Sources.find(in: folder, root: root).swift {
        taken.formUnion(declared(in: try String(contentsOf: root.appending(path: file), encoding: .utf8)))
      }
    }
    var type = name.prefix(1).uppercased() + name.dropFirst()
    while taken.contains(type) { type += kind }
    return type
  }

  private static let components = ComponentSet(Components.portable + Components.modules + Components.userland)

  /// The types that a Swift file declares, nested ones included.
  static func declared(in text: String) -> Set<String> {
    let declaration = /\b(?:actor|class|enum|protocol|struct|typealias)\s+([A-Za-z_][A-Za-z0-9_]*)/
    return Set(text.matches(of: declaration).map { String($0.output.1) })
  }
}
