// A screen of text with its colours, in a form that can be read, kept and compared.

public enum ScreenText {
  /// The lines of a screen of 80 columns; where the colour changes, its name in braces, and empty braces for the usual one.
  public static func marked(_ cells: [(character: UInt8, colours: UInt8)]) -> String {
    var lines: [String] = []
    for start in stride(from: 0, to: cells.count, by: 80) {
      var line = ""
      var colour = ""
      for cell in cells[start..<min(start + 80, cells.count)] {
        let next = name(of: cell.colours)
        if next != colour, cell.character != 0x20 {
          line += "{\(next)}"
          colour = next
        }
        line.append(Character(Unicode.Scalar(cell.character)))
      }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    while lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The text without what differs from one kernel to the next.
  public static func withoutNumbers(_ text: String) -> String {
    text.replacing(/0x[0-9a-f]+/, with: "#").replacing(/[0-9]+ pages/, with: "# pages").replacing(
      /(task|space) +[0-9]+/, with: { "\($0.1) #" })
  }

  /// The colour of a VGA's text on black (IBM VGA, palette).
  private static func name(of colours: UInt8) -> String {
    switch colours {
    case 0x07: ""
    case 0x0a: "green"
    case 0x0c: "red"
    default: "colour \(colours)"
    }
  }
}
