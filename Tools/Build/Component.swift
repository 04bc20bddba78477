// What the i686 build is made of. The components themselves are declared in Components.swift.
//
// Invariant: a component is compiled once for each side that needs it, and never sees a module that it does
// not declare.

/// The two worlds that code is compiled for. They differ in the registers that code may use.
public enum Side: String, Sendable, CaseIterable {
  /// The kernel half: no x87, MMX or SSE register is touched, so that traps need not save them.
  case kernel
  /// Programs: the kernel saves all their registers when it switches between them.
  case user

  /// Where what is compiled for it goes, a folder for each module.
  func folder(isDebuggable: Bool) -> String { "build/\(rawValue)\(isDebuggable ? "-debuggable" : "")" }
}

/// A folder of sources that becomes one Swift module, or part of one image.
public struct Component: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Compiled on the host too, under strict memory safety.
    case portableLibrary
    /// The same, for the kernel alone: on the host it runs on a machine for tests. Its accesses to the machine are inlined in
    /// every build.
    case kernelLibrary
    /// Swift, C and assembly for i686 only.
    case machineLibrary
    /// Linked with everything it depends on into an image of its own.
    case image(linkerScript: String)
    /// Linked with everything it depends on into a shared object that the kernel links into itself.
    case module
  }

  /// The name of its Swift module.
  public let name: String
  /// Relative to the root of the tree; searched with all its subfolders.
  public let folder: String
  /// Further folders whose sources are compiled together with its own.
  public let sharedFolders: [String]
  /// Folders below its own that are components of their own.
  public let without: [String]
  public let kind: Kind
  public let side: Side?
  /// The modules that its sources may import.
  public let dependencies: [String]
  /// Folders with a `module.modulemap` whose C headers it may import.
  public let headers: [Headers]
  /// Assembly files of other components that it has its own copy of.
  public let sharedAssembly: [String]
  /// What its C sources are compiled with besides the flags of its side.
  public let cFlags: [String]

  public struct Headers: Sendable, Equatable {
    public let module: String
    public let folder: String
    public init(module: String, folder: String) {
      self.module = module
      self.folder = folder
    }
  }

  /// - Parameter side: where it may be used; nil: on both.
  public init(
    _ name: String, folder: String, sharedFolders: [String] = [], without: [String] = [], kind: Kind, side: Side? = nil,
    dependencies: [String] = [], headers: [Headers] = [], sharedAssembly: [String] = [],
    cFlags: [String] = []
  ) {
    self.name = name
    self.folder = folder
    self.sharedFolders = sharedFolders
    self.without = without
    self.kind = kind
    self.side = side
    self.dependencies = dependencies
    self.headers = headers
    self.sharedAssembly = sharedAssembly
    self.cFlags = cFlags
  }

  /// Where its objects go. What lies outside of the tree is built there, since its name may be one of the tree's.
  func objectFolder(_ side: Side) -> String {
    folder.hasPrefix("/") ? "\(folder)/build/\(side.rawValue)" : "build/\(side.rawValue)/\(name)"
  }
}

/// What is wrong with a set of components or with their sources.
public enum ComponentMistake: Error, Equatable, CustomStringConvertible {
  case unknownDependency(component: String, dependency: String)
  case circle([String])
  case undeclaredImport(component: String, file: String, module: String)

  public var description: String {
    switch self {
    case .unknownDependency(let component, let dependency):
      "\(component) depends on \(dependency), which is no component."
    case .circle(let names): "These components depend on each other: \(names.joined(separator: ", "))."
    case .undeclaredImport(let component, let file, let module):
      "\(file) imports \(module), which \(component) does not declare as a dependency."
    }
  }
}

/// A set of components that can be looked up and put in order.
public struct ComponentSet: Sendable {
  public let components: [Component]
  private let byName: [String: Component]

  public init(_ components: [Component]) {
    self.components = components
    byName = Dictionary(components.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(name: String) -> Component? { byName[name] }

  /// Everything that `component` needs, each after what it needs itself; without `component`.
  public func closure(of component: Component) throws(ComponentMistake) -> [Component] {
    var done: [Component] = []
    var path: [String] = [component.name]
    try visit(component, path: &path, done: &done)
    return done
  }

  private func visit(
    _ component: Component, path: inout [String], done: inout [Component]
  ) throws(ComponentMistake) {
    for name in component.dependencies {
      if path.contains(name) { throw .circle(path + [name]) }
      guard let dependency = byName[name] else {
        throw .unknownDependency(component: component.name, dependency: name)
      }
      if done.contains(dependency) { continue }
      path.append(name)
      try visit(dependency, path: &path, done: &done)
      path.removeLast()
      done.append(dependency)
    }
  }
}
