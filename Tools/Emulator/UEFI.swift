// The firmware of machines without a BIOS, from Debian's packages.
//
// Invariant: the installed files are only read; a machine writes to a copy of the variables.

import Foundation

/// What starts a machine's boot loader.
public enum Firmware: String, Sendable, CaseIterable {
  /// QEMU's BIOS.
  case bios
  /// A UEFI for 32-bit processors.
  case uefi32 = "uefi-ia32"
  /// A UEFI for 64-bit processors, whose loader has to leave long mode for the kernel.
  case uefi64 = "uefi-x64"

  /// What must be installed, and the package that brings it: code and variables of the firmware, and GRUB's modules for it.
  fileprivate var files: [(path: String, package: String)] {
    switch self {
    case .bios: []
    case .uefi32:
      [
        ("/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", "ovmf-ia32"), ("/usr/share/OVMF/OVMF32_VARS_4M.fd", "ovmf-ia32"),
        ("/usr/lib/grub/i386-efi/multiboot2.mod", "grub-efi-ia32-bin"),
      ]
    case .uefi64:
      [
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf"), ("/usr/share/OVMF/OVMF_VARS_4M.fd", "ovmf"),
        ("/usr/lib/grub/x86_64-efi/multiboot2.mod", "grub-efi-amd64-bin"),
      ]
    }
  }

  /// Why no machine can boot by this firmware here, in one sentence; nil: one can.
  public var obstacle: String? {
    files.first { !FileManager.default.isReadableFile(atPath: $0.path) }
      .map { "there is no \($0.path), which the package \($0.package) brings" }
  }

  /// As people call it.
  public var title: String {
    switch self {
    case .bios: "BIOS"
    case .uefi32: "UEFI for 32-bit processors"
    case .uefi64: "UEFI for 64-bit processors"
    }
  }

  /// Why no image made here boots by this firmware, in one sentence; nil: each does.
  public var loaderObstacle: String? {
    guard let loader = files.last, !FileManager.default.isReadableFile(atPath: loader.path) else { return nil }
    return "there is no \(loader.path), which the package \(loader.package) brings"
  }

  /// The emulator of a machine that can run it. Both start the kernel in 32-bit protected mode.
  var emulator: String { self == .uefi64 ? "qemu-system-x86_64" : "qemu-system-i386" }
}

/// An installed UEFI, with the variables of one machine.
public struct UEFI: Sendable, Equatable {
  public let firmware: Firmware
  /// The file of its code.
  let code: String
  /// The file of its variables in the folder of the run; the machine writes to it.
  let variables: String

  /// Debian's UEFI for 32-bit processors has code that runs in System Management Mode, which QEMU's other boards do not have.
  var needsManagementMode: Bool { firmware == .uefi32 }

  /// The installed firmware with variables of its own in `folder`; nil: a BIOS has none.
  public init?(_ firmware: Firmware, folder: RunFolder) throws {
    let files = firmware.files
    guard files.count > 1 else { return nil }
    self.firmware = firmware
    code = files[0].path
    variables = "variables"
    try FileManager.default.copyItem(atPath: files[1].path, toPath: folder.path(variables))
  }
}
