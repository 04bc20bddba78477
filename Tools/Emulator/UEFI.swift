// The firmware of machines without a BIOS, from Debian's packages.
//
// Invariant: the installed files are only read; a machine writes to a copy of the variables.

import Foundation

/// A UEFI for 32-bit processors.
public struct UEFI: Sendable, Equatable {
  /// The file of its code.
  let code: String
  /// The file of its variables in the folder of the run; the machine writes to it.
  let variables: String

  /// What must be installed, and the package that brings it: the firmware, and GRUB's modules for it.
  private static let files = [
    (path: "/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", package: "ovmf-ia32"),
    (path: "/usr/share/OVMF/OVMF32_VARS_4M.fd", package: "ovmf-ia32"),
    (path: "/usr/lib/grub/i386-efi/multiboot2.mod", package: "grub-efi-ia32-bin"),
  ]

  /// Why no machine can boot by UEFI here, in one sentence; nil: one can.
  public static var obstacle: String? {
    files.first { !FileManager.default.isReadableFile(atPath: $0.path) }
      .map { "there is no \($0.path), which the package \($0.package) brings" }
  }

  /// The installed firmware with variables of its own in `folder`.
  public init(folder: RunFolder) throws {
    code = Self.files[0].path
    variables = "variables"
    try FileManager.default.copyItem(atPath: Self.files[1].path, toPath: folder.path(variables))
  }
}
