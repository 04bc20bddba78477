// Writes what comes from the declared module interface: the C header, the kernel's table of exports, the reference
// page.

import ABIDefinition

enum ModuleFiles {
  static let notice = "Written by `megha generate` from ABI/Definition/ModuleInterface.swift; edit that."

  // MARK: The C header

  static func header() -> String {
    let identity = ModuleInterface.buildIdentity
    var text = """
      // \(notice)
      //
      // What kernel and modules are both compiled against.

      #pragma once
      #include <stdint.h>

      // The build identity: a module is linked only into a kernel that was compiled against the same names and types.
      #define MEGHA_BUILD_LOW 0x\(hexadecimal(UInt32(truncatingIfNeeded: identity)))u
      #define MEGHA_BUILD_HIGH 0x\(hexadecimal(UInt32(truncatingIfNeeded: identity >> 32)))u

      """
    for structure in ModuleInterface.structures {
      text += "\n" + TextShaping.wrapped(structure.text, prefix: "/// ")
      text += "struct \(structure.name) {\n"
      for field in structure.fields {
        text += TextShaping.wrapped(TextShaping.capitalized(field.text) + ".", prefix: "  /// ")
        text += "  \(declaration(field));\n"
      }
      text += "};\n"
    }
    for export in ModuleInterface.exports {
      text += "\n" + TextShaping.wrapped(export.text, prefix: "/// ")
      for parameter in export.parameters {
        text += TextShaping.wrapped(
          "- Parameter \(parameter.name): \(parameter.text).", prefix: "/// ", continuation: "///   ")
      }
      let parameters =
        export.parameters.isEmpty ? "void" : export.parameters.map(declaration).joined(separator: ", ")
      // A number of this type may be an error, also that the calling task is to end: whoever does not look goes on wrongly.
      if export.result == "int32_t" { text += "__attribute__((warn_unused_result))\n" }
      text += "\(joined(export.result, "\(export.name)(\(parameters))"));\n"
    }
    return text
  }

  private static func declaration(_ value: ModuleValue) -> String {
    joined(value.type, value.name) + (value.count.map { "[\($0)]" } ?? "")
  }

  /// A type and a name, without a space behind a star.
  private static func joined(_ type: ModuleType, _ name: String) -> String {
    type.spelling.hasSuffix("*") ? type.spelling + name : "\(type.spelling) \(name)"
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  // MARK: The kernel's table

  /// The names in their order, and for each place of the registry a row of entries. Being assembly, it keeps the functions
  /// alive through the linker's optimizer, and knows the caller's registers for certain.
  static func table() -> String {
    var text = """
      // \(notice)

      // The functions that modules may call: the addresses of their names, in the order of the names. A module in place P of
      // the registry is linked to the entries of row P, so an entry knows who calls, whatever lies on the stack.
      .section .rodata.module_exports, "a"
      .globl module_exports, module_exports_end
      .align 4
      module_exports:

      """
    for index in ModuleInterface.exports.indices { text += "  .long name\(index)\n" }
    text += "module_exports_end:\n"
    for (index, export) in ModuleInterface.exports.enumerated() {
      text += "name\(index): .asciz \"\(export.name)\"\n"
    }
    text += """

      // An entry is `movb $place, %dl` and `jmp`, of 7 bytes whatever the distance.
      .section .text.module_exports, "ax"
      .globl module_export_rows, module_export_rows_end, module_export_entry_size
      .set module_export_entry_size, 7
      module_export_rows:
      .set place, 0
      .rept 64

      """
    for (index, export) in ModuleInterface.exports.enumerated() {
      text += "  .byte 0xb2, place, 0xe9\n  .long \(export.inPlace ?? "export\(index)") - . - 4\n"
    }
    text += """
        .set place, place + 1
      .endr
      module_export_rows_end:

      // How many words of arguments and of the result there are, for CALL_EXPORT (Machine/module_call.S).

      """
    for (index, export) in ModuleInterface.exports.enumerated() where export.inPlace == nil {
      let words = export.parameters.reduce(0) { $0 + $1.type.words }
      text += "export\(index):\n  movl $\(export.name), %eax\n  movl $\(words), %ecx\n"
      text += "  jmp \(entry(for: export.result))\n"
    }
    return text
  }

  /// What a module gets back is the result and nothing that happens to be in a register.
  private static func entry(for result: ModuleType) -> String {
    if result.spelling == "void" { return "call_export_void" }
    return result.words == 2 ? "call_export_two_words" : "call_export_word"
  }

  // MARK: The reference page

  static func page() -> String {
    var text = """
      <!-- \(notice) -->

      # What the kernel exports to modules

      A linked module may call these functions and nothing else of the kernel's; whatever else it imports must be
      exported by another module. The functions and structures are declared in C (`Modules/include/megha_module.h`);
      Swift modules use them through the library `ModuleSupport`. The build identity of this list is
      `\(hexadecimal(UInt32(truncatingIfNeeded: ModuleInterface.buildIdentity >> 32)))\(hexadecimal(UInt32(truncatingIfNeeded: ModuleInterface.buildIdentity)))`:
      it changes with any name or type here, and a module made for another is refused.

      | function | what it does |
      | --- | --- |

      """
    for export in ModuleInterface.exports { text += "| [`\(export.name)`](#\(export.name)) | \(export.text) |\n" }
    for export in ModuleInterface.exports {
      let parameters =
        export.parameters.isEmpty ? "void" : export.parameters.map(declaration).joined(separator: ", ")
      text += "\n## `\(export.name)`\n\n```c\n\(joined(export.result, "\(export.name)(\(parameters))"));\n```\n\n"
      text += export.text + "\n"
      if !export.parameters.isEmpty {
        text += "\n"
        for parameter in export.parameters { text += "- `\(parameter.name)`: \(parameter.text)\n" }
      }
    }
    for structure in ModuleInterface.structures {
      text += "\n## `struct \(structure.name)`\n\n\(structure.text)\n\n"
      text += "| field | type | what it is |\n| --- | --- | --- |\n"
      for field in structure.fields {
        let count = field.count.map { "[\($0)]" } ?? ""
        text += "| `\(field.name)` | `\(field.type.spelling)\(count)` | \(field.text) |\n"
      }
    }
    return text
  }
}
