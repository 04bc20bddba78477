// The tools that the i686 build runs, and the flags it gives them.

import Foundation

/// A tool that the build needs and that is not there.
public struct MissingTool: Error, Equatable, CustomStringConvertible {
  public let name: String
  public let advice: String
  public var description: String { "\(name) was not found. \(advice)" }
}

/// Where the tools are.
public struct Toolchain: Sendable {
  /// The folder of swiftc, clang, ld.lld and the binary tools of one Swift toolchain.
  public let tools: String
  /// 64-bit arithmetic for i686: `__udivdi3` and its like.
  public let compilerLibrary: String
  /// Unicode tables for the programs that use String. The kernel does not link them: they contain SSE.
  public let unicodeTables: String

  public init(tools: String, compilerLibrary: String, unicodeTables: String) {
    self.tools = tools
    self.compilerLibrary = compilerLibrary
    self.unicodeTables = unicodeTables
  }

  public static func find(
    path: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
  ) throws -> Toolchain {
    let manager = FileManager.default
    guard
      let swiftc = path.split(separator: ":").map({ "\($0)/swiftc" })
        .first(where: { manager.isExecutableFile(atPath: $0) })
    else { throw MissingTool(name: "swiftc", advice: "Install Swift 6.3 from https://swift.org/install.") }
    let tools = URL(fileURLWithPath: swiftc).resolvingSymlinksInPath().deletingLastPathComponent()
    for tool in ["clang", "ld.lld", "llvm-objcopy", "llvm-objdump"]
    where !manager.isExecutableFile(atPath: tools.appending(path: tool).path) {
      throw MissingTool(name: tool, advice: "It is part of the Swift toolchain; expected in \(tools.path).")
    }
    let unicode = tools.deletingLastPathComponent()
      .appending(path: "lib/swift/embedded/i686-unknown-none-elf/libswiftUnicodeDataTables.a").path
    guard manager.fileExists(atPath: unicode) else {
      throw MissingTool(
        name: unicode, advice: "This Swift toolchain has no Embedded Swift for i686-unknown-none-elf.")
    }
    return Toolchain(
      tools: tools.path, compilerLibrary: try compilerLibrary(), unicodeTables: unicode)
  }

  /// libgcc.a for i386, which the package gcc-multilib brings; the highest version there is.
  private static func compilerLibrary() throws -> String {
    let folder = "/usr/lib/gcc/x86_64-linux-gnu"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let libraries = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(folder)/\($0)/32/libgcc.a" }
    guard let found = libraries.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw MissingTool(name: "libgcc.a for i386", advice: "Install the package gcc-multilib.")
    }
    return found
  }
}

/// The flags of the compilers and of the linker.
public enum Flags {
  static let target = "i686-unknown-none-elf"

  public static func swift(side: Side, kind: Component.Kind, isDebuggable: Bool = false) -> [String] {
    let portable = kind == .portableLibrary
    var flags = [
      "-target", target, "-enable-experimental-feature", "Embedded", "-enable-experimental-feature",
      "Lifetimes", "-wmo", "-g", "-parse-as-library", "-swift-version", "6", "-package-name", "megha",
      "-enforce-exclusivity=unchecked", "-warnings-as-errors", "-avoid-emit-module-source-info",
      "-lto=llvm-full",
    ]
    flags += frontend(["-function-sections", "-disable-stack-protector", "-no-clang-module-breadcrumbs"])
    // docs/decisions/0014-two-optimizer-passes-less.md
    flags += llvm(["-sil-disable-pass=early-codemotion", "-sil-disable-pass=late-codemotion"])
    flags += clang(["-ffreestanding"])
    switch side {
    case .kernel:
      // What touches the machine counts on being inlined; the rest need not be optimized at all to work.
      flags += isDebuggable && portable ? ["-Onone", "-assert-config", "Release"] : ["-O"]
      if isDebuggable { flags += frontend(["-disable-llvm-optzns"]) }
      flags += clang(["-mno-sse", "-mno-mmx", "-mno-implicit-float"])
      flags += clang(["-Xclang", "-target-feature", "-Xclang", "+soft-float"])
    case .user:
      flags += isDebuggable ? ["-Onone", "-assert-config", "Release"] : ["-Osize"]
      if isDebuggable { flags += frontend(["-disable-llvm-optzns"]) }
      flags += clang(["-msse2", "-mno-implicit-float"]) + separateChecks
    }
    if portable || kind == .kernelLibrary { flags.append("-strict-memory-safety") }
    return flags
  }

  /// Checks in a row become one otherwise, and a report then names the last one's line and sentence whichever failed. The
  /// kernel does without: its code stops with a panic, which has a sentence of its own.
  static let separateChecks = llvm(["-sil-disable-pass=merge-cond_fails"])

  public static func c(side: Side, isDebuggable: Bool = false) -> [String] {
    let common = [
      "-target", target, "-std=c17", "-ffreestanding", "-nostdlibinc", "-fno-stack-protector",
      "-fno-omit-frame-pointer",
      // The version that Swift writes. A later one comes with an index that GDB misreads.
      "-gdwarf-4", "-flto", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections", "-Xclang",
      "-fstack-clash-protection",
    ]
    switch side {
    // In the kernel half C is used in modules only, which are loaded anywhere.
    case .kernel: return common + ["-O2", "-fPIC", "-mno-sse", "-mno-mmx", "-msoft-float", "-mno-implicit-float"]
    case .user: return common + [isDebuggable ? "-O0" : "-Os", "-msse2", "-mno-implicit-float"]
    }
  }

  /// Gives every function of bitcode the attribute that makes the code generator touch each page of a large frame on its
  /// way down. The Swift compiler has no option for it, as the C compiler has, and its bitcode has no other way in than as
  /// text. Nothing is optimised here (docs/decisions/0024-stack-probes.md).
  static func probeStacks(_ tools: String) -> String {
    let convert = "\(tools)/clang -target \(target) -x ir -emit-llvm -Xclang -disable-llvm-passes"
    let attribute = #"s/^attributes #[0-9]* = {/& "probe-stack"="inline-asm"/"#
    return "\(convert) -S $object.new -o $object.ll && "
      + "sed -i \(NinjaFile.quoted(attribute)) $object.ll && "
      + "\(convert) -c $object.ll -o $object && rm $object.new $object.ll"
  }

  /// For code that QEMU loads into itself.
  static func plugin(headers: String) -> [String] {
    [
      "-enable-experimental-feature", "Embedded", "-wmo", "-O", "-parse-as-library", "-swift-version", "6",
      "-warnings-as-errors", "-module-cache-path", "build/module-cache", "-module-name", "ProfilerPlugin", "-I",
      headers,
    ] + clang(["-ffreestanding"])
  }

  static let assembly = ["-target", target, "-g", "-c", "-Wa,--fatal-warnings"]
  static let link = ["-m", "elf_i386", "--gc-sections", "--fatal-warnings", "-z", "noexecstack"]

  static let module = [
    "-shared", "-Bsymbolic", "-z", "noseparate-code", "-z", "now", "--hash-style=sysv", "--build-id=none",
    // How large each function's frame is, for `internal code`.
    "--mllvm=-stack-size-section",
  ]

  private static func frontend(_ flags: [String]) -> [String] { flags.flatMap { ["-Xfrontend", $0] } }
  private static func llvm(_ flags: [String]) -> [String] { flags.flatMap { ["-Xllvm", $0] } }
  private static func clang(_ flags: [String]) -> [String] { flags.flatMap { ["-Xcc", $0] } }
}
