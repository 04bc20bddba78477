// Why an ELF file is refused: the rule it breaks, the field, the value found and the value allowed.
//
// Invariant: an error says everything by itself in one line; only the file's name is the caller's.

import Primitives

/// One reason to refuse a file.
public struct ElfError: Error, Equatable, Sendable {
  public var rule: Rule
  public var field: Field
  /// What the field holds; a sum of two fields may pass 2^32.
  public var value: UInt64
  /// What the rule allows at most, at least or only, as `rule.relation` says.
  public var limit: UInt64
  /// The program header or section header at fault, counted from 0.
  public var index: UInt16?
  /// The program header that it is in conflict with.
  public var neighbour: UInt16?

  package init(
    _ rule: Rule, _ field: Field, value: UInt64, limit: UInt64, index: UInt16? = nil, neighbour: UInt16? = nil
  ) {
    self.rule = rule
    self.field = field
    self.value = value
    self.limit = limit
    self.index = index
    self.neighbour = neighbour
  }

  package init(_ rule: Rule, _ field: Field, value: UInt32, limit: UInt32, index: UInt16? = nil) {
    self.init(rule, field, value: UInt64(value), limit: UInt64(limit), index: index)
  }

  /// Writes one sentence that names the field, its value, the limit and the reason, without a line end.
  public func describe(to output: inout some TextOutput) {
    output.write(field.name)
    if let index {
      output.write(field.isSectionField ? " of section header " : " of program header ")
      output.write(decimal: UInt32(index))
    }
    output.write(" is ")
    write(value, to: &output)
    if field == .machine, let machine = Self.machineName(value) {
      output.write(" (")
      output.write(machine)
      output.write(")")
    }
    switch rule.relation {
    case .exactly: output.write(", must be ")
    case .atMost: output.write(", must be at most ")
    case .atLeast: output.write(", must be at least ")
    case .conflictsWith: output.write(", against ")
    }
    write(limit, to: &output)
    output.write(": ")
    output.write(rule.sentence)
    guard let neighbour else { return }
    output.write(": program header ")
    output.write(decimal: UInt32(neighbour))
    guard rule == .pageSharedWithOtherPermissions else { return }
    output.write(", page ")
    output.write(hexadecimal: value & ~UInt64(pageSize &- 1), digits: 1)
  }

  private func write(_ number: UInt64, to output: inout some TextOutput) {
    if field.isCount { output.write(decimal: number) } else { output.write(hexadecimal: number, digits: 1) }
  }

  private static func machineName(_ value: UInt64) -> StaticString? {
    switch value {
    case 8: "MIPS"
    case 20: "PowerPC"
    case 40: "ARM"
    case 62: "x86-64"
    case 183: "AArch64"
    case 243: "RISC-V"
    default: nil
    }
  }
}

extension ElfError {
  /// A field of the file, or a sum of two.
  public enum Field: UInt8, Sendable {
    case fileSize, fileOffset
    case magic, fileClass, byteOrder, identificationVersion
    case type, machine, version, entry
    case programHeaderOffset, programHeaderSize, programHeaderCount
    case sectionHeaderOffset, sectionHeaderSize, sectionHeaderCount
    case segmentFileSize, fileEnd
    case segmentAddress, segmentMemorySize, memoryEnd
    case flags, alignment, loadableSegments, dynamicSegments
    case sectionEnd

    /// As the ELF specification writes it.
    public var name: StaticString {
      switch self {
      case .fileSize: "the file's size"
      case .fileOffset: "the file offset"
      case .magic: "EI_MAG"
      case .fileClass: "EI_CLASS"
      case .byteOrder: "EI_DATA"
      case .identificationVersion: "EI_VERSION"
      case .type: "e_type"
      case .machine: "e_machine"
      case .version: "e_version"
      case .entry: "e_entry"
      case .programHeaderOffset: "e_phoff"
      case .programHeaderSize: "e_phentsize"
      case .programHeaderCount: "e_phnum"
      case .sectionHeaderOffset: "e_shoff"
      case .sectionHeaderSize: "e_shentsize"
      case .sectionHeaderCount: "e_shnum"
      case .segmentFileSize: "p_filesz"
      case .fileEnd: "p_offset + p_filesz"
      case .segmentAddress: "p_vaddr"
      case .segmentMemorySize: "p_memsz"
      case .memoryEnd: "p_vaddr + p_memsz"
      case .flags: "p_flags"
      case .alignment: "p_align"
      case .loadableSegments: "the number of loadable segments"
      case .dynamicSegments: "the number of dynamic segments"
      case .sectionEnd: "sh_offset + sh_size"
      }
    }

    /// True for what people count in base ten.
    var isCount: Bool {
      switch self {
      case .fileSize, .fileClass, .byteOrder, .identificationVersion, .type, .machine, .version,
        .programHeaderSize, .programHeaderCount, .sectionHeaderSize, .sectionHeaderCount,
        .loadableSegments, .dynamicSegments:
        true
      default: false
      }
    }

    var isSectionField: Bool { self == .sectionEnd }
  }

  /// How the value must stand to the limit.
  public enum Relation: Sendable {
    case exactly, atMost, atLeast, conflictsWith
  }

  /// What a file must keep to.
  public enum Rule: UInt8, Sendable {
    case fileTooShort, unreadable
    case notElf, wrongClass, wrongByteOrder, wrongVersion, wrongMachine
    case positionIndependentProgram, notProgram, relocatableObject, notSharedObject
    case noProgramHeaders, wrongProgramHeaderSize, programHeadersOutsideFile
    case wrongSectionHeaderSize, sectionHeadersOutsideFile, noSectionHeaders, sectionOutsideFile
    case fileLargerThanMemory, segmentOutsideFile, segmentWraps, segmentBelowWindow, segmentAboveWindow
    case alignmentNotPowerOfTwo, writableAndExecutable, tooManySegments
    case segmentsOverlap, pageSharedWithOtherPermissions
    case interpreterSize, interpreterUnterminated, interpreterUnsupported
    case entryNotExecutable
    case threadLocalUnsupported, noDynamicSegment, protectedRangeOutsideSegment

    public var relation: Relation {
      switch self {
      case .fileTooShort, .segmentBelowWindow, .noProgramHeaders, .noSectionHeaders,
        .noDynamicSegment:
        .atLeast
      case .notElf, .wrongClass, .wrongByteOrder, .wrongVersion, .wrongMachine,
        .positionIndependentProgram, .notProgram, .relocatableObject, .notSharedObject,
        .wrongProgramHeaderSize, .wrongSectionHeaderSize:
        .exactly
      case .unreadable, .programHeadersOutsideFile, .sectionHeadersOutsideFile, .sectionOutsideFile,
        .fileLargerThanMemory, .segmentOutsideFile, .segmentWraps, .segmentAboveWindow, .tooManySegments,
        .interpreterSize, .threadLocalUnsupported, .protectedRangeOutsideSegment:
        .atMost
      case .alignmentNotPowerOfTwo, .writableAndExecutable, .segmentsOverlap,
        .pageSharedWithOtherPermissions, .interpreterUnterminated, .interpreterUnsupported,
        .entryNotExecutable:
        .conflictsWith
      }
    }

    /// The reason, as the end of a sentence.
    public var sentence: StaticString {
      switch self {
      case .fileTooShort: "the file is cut short of its ELF header"
      case .unreadable: "the file ended or could not be read there"
      case .notElf: "this is not an ELF file"
      case .wrongClass: "this is not a 32-bit file"
      case .wrongByteOrder: "this file is not little-endian"
      case .wrongVersion: "there is only ELF version 1"
      case .wrongMachine: "this file is not for the i386"
      case .positionIndependentProgram:
        "this is a shared object; link the program to a fixed address, without -pie and -shared"
      case .notProgram: "this is not a linked program"
      case .relocatableObject:
        """
        this is a plain object file; link it with \
        ld.lld -m elf_i386 -shared -Bsymbolic --gc-sections -z separate-code
        """
      case .notSharedObject: "this is not a shared object"
      case .noProgramHeaders: "the file has nothing to load"
      case .wrongProgramHeaderSize: "a program header has this size in every 32-bit file"
      case .programHeadersOutsideFile: "the program headers run past the end of the file"
      case .wrongSectionHeaderSize: "a section header has this size in every 32-bit file"
      case .sectionHeadersOutsideFile: "the section headers run past the end of the file"
      case .noSectionHeaders: "there is a section header table without an entry"
      case .sectionOutsideFile: "the section runs past the end of the file"
      case .fileLargerThanMemory: "a segment has more bytes in the file than in memory"
      case .segmentOutsideFile: "the segment runs past the end of the file"
      case .segmentWraps: "the segment runs past the top of the address space"
      case .segmentBelowWindow: "nothing may be loaded below that"
      case .segmentAboveWindow: "nothing may be loaded above that"
      case .alignmentNotPowerOfTwo: "an alignment is 0 or a power of two"
      case .writableAndExecutable: "a segment must not be writable and executable at once"
      case .tooManySegments: "the loader takes no more"
      case .segmentsOverlap: "the segment begins before the one in front of it ends"
      case .pageSharedWithOtherPermissions:
        "the segment shares a page with another one, and the page would be writable and executable"
      case .interpreterSize: "the name of an interpreter has 1 to 4096 bytes"
      case .interpreterUnterminated: "the name of the interpreter does not end with a zero byte"
      case .interpreterUnsupported: "the program asks for a dynamic linker; link it statically"
      case .entryNotExecutable: "the entry is in no executable segment"
      case .threadLocalUnsupported: "a module cannot have thread-local data"
      case .noDynamicSegment: "the file has no dynamic segment; link it with -shared"
      case .protectedRangeOutsideSegment:
        "the part that is read-only after relocation is not inside one writable segment"
      }
    }
  }
}
