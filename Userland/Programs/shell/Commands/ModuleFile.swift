// `modinfo` on a file: judges it as the kernel would and shows what its manifest says.

import ABI
import Modules
import Primitives
import SDK

extension Builtin {
  /// Describes the module in a file, or says why it is none.
  func describeModuleFile(_ path: Bytes) -> Int32 {
    do throws(SystemError) {
      let file = try File(path).contents()
      return describeModule(file.span)
    } catch { return report(path, error.sentence) }
  }

  private func describeModule(_ file: Span<UInt8>) -> Int32 {
    do throws(ModuleError) {
      let image = try ModuleImage(file: file, build: nil)
      let manifest = image.plan.manifest
      Console.write {
        $0.write("name        ")
        $0.write(manifest.name.bytes)
        $0.write("\nversion     ")
        $0.write(manifest.version.bytes)
        $0.write("\nbuild       ")
        manifest.build.write(to: &$0)
        $0.write("\npages       ")
        $0.write(decimal: image.plan.pageCount)
        $0.write("\n")
      }
      for index in 0..<manifest.needCount { if let need = image.need(index) { write("needs       ", need.bytes) } }
      for index in 0..<manifest.parameterCount {
        guard let parameter = image.parameter(index) else { continue }
        write(parameter.kind == .integer ? "integer     " : "text        ", parameter.name.bytes)
      }
      for index in 0..<manifest.serviceCount {
        if let service = image.service(index) { write("service     ", service.name.bytes) }
      }
      return 0
    } catch {
      var nobody = NoExports()
      Console.write {
        error.describe(to: &$0, file: file, resolver: &nobody)
        $0.write("\n")
      }
      return 1
    }
  }

  private func write(_ label: StaticString, _ text: Span<UInt8>) {
    Console.write {
      $0.write(label)
      $0.write(text)
      $0.write("\n")
    }
  }
}

/// Knows nobody: a file is looked at, not linked.
private struct NoExports: SymbolResolver {
  mutating func resolve(_ name: Span<UInt8>) -> SymbolBinding? { nil }
  mutating func owner(of name: Span<UInt8>) -> ModuleText? { nil }
  mutating func provider(of name: Span<UInt8>) -> ModuleText? { nil }
}
