// What to say where a file includes a header that programs on Megha do not have.

public enum MissingHeader {
  /// What there is in place of headers of the C library.
  private static let substitutes = [
    "stdio.h": "megha_program.h has megha_print",
    "stdlib.h": "megha_program.h has megha_allocate and free",
    "string.h": "memcpy, memmove, memset and memcmp are there as __builtin_memcpy and so on",
    "assert.h": "__builtin_trap() ends the program, and its place is told",
    "time.h": "megha.h has the system calls of the clock", "unistd.h": "megha.h has the system calls",
    "errno.h": "megha.h has the codes of errors, which calls return as negative numbers",
  ]

  /// A sentence about the first header that a compiler did not find; nil where it found all.
  public static func sentence(in output: String) -> String? {
    for line in output.split(separator: "\n") {
      guard let match = line.firstMatch(of: /^(.+):\d+:\d+: fatal error: '(.+)' file not found/) else { continue }
      let (file, header) = (match.1, String(match.2))
      guard !file.hasSuffix(".swift") else { continue }
      if let substitute = substitutes[header] {
        return
          "\(file) includes <\(header)>, and there is no C library: \(substitute), and docs/c.md says what else there is."
      }
      return "\(file) includes \(header), which is neither in its folder nor one of the headers that docs/c.md lists."
    }
    return nil
  }
}
