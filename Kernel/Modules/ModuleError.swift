// Why a module is refused: one line each, with the field, symbol or relocation at fault.

import Executables
import Primitives

/// One reason to refuse a module.
public enum ModuleError: Error, Equatable, Sendable {
  /// A rule that every ELF file keeps to.
  case file(ElfError)
  /// A rule of the dynamic section.
  case dynamic(DynamicRule, DynamicField, value: UInt32, limit: UInt32)
  /// A symbol of the dynamic symbol table, by its index.
  case symbol(SymbolRule, NameLocation?, index: UInt32, value: UInt32, limit: UInt32)
  /// A relocation: its kind, its symbol, its place relative to the module's base.
  case relocation(RelocationRule, kind: UInt8, NameLocation?, symbol: UInt32, place: UInt32)
  /// A field of the manifest.
  case manifest(ManifestRule, ManifestField, value: UInt32)
  /// An instruction of the code, at its address relative to the module's base.
  case code(CodeRule, address: UInt32)
  /// The module was made for another kernel.
  case otherBuild(expected: BuildIdentity, found: BuildIdentity)
  /// Names that nobody exports.
  case missingNames(MissingNames)
  /// A name that somebody exports already.
  case nameTaken(NameLocation)

  /// Writes one sentence, without a line end.
  ///
  /// - Parameters:
  ///   - output: where to write.
  ///   - file: the module's file, which holds the names.
  ///   - resolver: who knows the owners of names, and who could provide the missing ones.
  public func describe<Resolver: SymbolResolver & ~Copyable & ~Escapable>(
    to output: inout some TextOutput, file: Span<UInt8>, resolver: inout Resolver
  ) {
    switch self {
    case .file(let error):
      error.describe(to: &output)
    case .dynamic(let rule, let field, let value, let limit):
      output.write(field.name)
      output.write(" is ")
      output.write(hexadecimal: value, digits: 1)
      output.write(" (")
      output.write(rule.limitName)
      output.write(" ")
      output.write(hexadecimal: limit, digits: 1)
      output.write("): ")
      output.write(rule.sentence)
    case .symbol(let rule, let name, let index, let value, let limit):
      Self.writeSymbol(index, name, to: &output, file: file)
      output.write(" has ")
      output.write(rule.field)
      output.write(" ")
      output.write(hexadecimal: value, digits: 1)
      output.write(", must be at most ")
      output.write(hexadecimal: limit, digits: 1)
      output.write(": ")
      output.write(rule.sentence)
    case .relocation(let rule, let kind, let name, let symbol, let place):
      output.write("the relocation ")
      if let kindName = relocationName(kind) {
        output.write(kindName)
      } else {
        output.write("of kind ")
        output.write(hexadecimal: UInt32(kind), digits: 2)
      }
      output.write(" against ")
      Self.writeSymbol(symbol, name, to: &output, file: file)
      output.write(" at ")
      output.write(hexadecimal: place, digits: 1)
      output.write(": ")
      output.write(rule.sentence)
    case .manifest(let rule, let field, let value):
      output.write(field.text)
      output.write(" is ")
      output.write(hexadecimal: value, digits: 1)
      output.write(": ")
      output.write(rule.sentence)
    case .code(let rule, let address):
      output.write("the instruction at ")
      output.write(hexadecimal: address, digits: 1)
      output.write(" ")
      output.write(rule.sentence)
    case .otherBuild(let expected, let found):
      output.write("the module was built for ")
      found.write(to: &output)
      output.write(", this kernel is ")
      expected.write(to: &output)
      output.write(": build the module again")
    case .missingNames(let missing):
      Self.describe(missing, to: &output, file: file, resolver: &resolver)
    case .nameTaken(let name):
      output.write("the module exports ")
      name.write(to: &output, from: file)
      output.write(", which belongs to ")
      if let owner = resolver.owner(of: name.bytes(in: file)) {
        output.write(owner.bytes)
      } else {
        output.write("somebody else")
      }
    }
  }

  private static func writeSymbol(
    _ index: UInt32, _ name: NameLocation?, to output: inout some TextOutput, file: Span<UInt8>
  ) {
    output.write("symbol ")
    output.write(decimal: index)
    guard let name, name.length > 0 else { return }
    output.write(" (")
    name.write(to: &output, from: file)
    output.write(")")
  }

  private static func describe<Resolver: SymbolResolver & ~Copyable & ~Escapable>(
    _ missing: MissingNames, to output: inout some TextOutput, file: Span<UInt8>, resolver: inout Resolver
  ) {
    output.write(decimal: missing.count)
    output.write(missing.count == 1 ? " name is exported by nobody: " : " names are exported by nobody: ")
    let names = missing.locations
    for index in names.indices {
      if index > 0 { output.write(", ") }
      names[index].write(to: &output, from: file)
      if let provider = resolver.provider(of: names[index].bytes(in: file)) {
        output.write(" (module ")
        output.write(provider.bytes)
        output.write(" has it)")
      }
    }
    if missing.count > UInt32(names.count) { output.write(", ...") }
  }
}
