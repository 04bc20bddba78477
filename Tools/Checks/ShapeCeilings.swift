// What the shape of the sources may cost at most today, and the table that `megha shape` prints. Whoever lowers a number
// lowers its ceiling here; none is ever raised.

extension SourceShape {
  public var rows: [Row] {
    [
      Row(name: "lines of code in Image", value: linesByPart.reduce(0) { $0 + $1.lines }, ceiling: 1138),
      Row(name: "references upward between folders of Image", value: upward.count, ceiling: 0),
      Row(name: "folders and libraries in circles", value: circle.count, ceiling: 0),
      Row(name: "contexts that libraries make from nothing", value: contextsMade, ceiling: 3),
      Row(name: "accesses to the CPU's area", value: accesses(of: "cpu"), ceiling: 26),
      Row(name: "imports upward between libraries of Kernel", value: upwardImports.count, ceiling: 0),
    ]
  }

  /// All of it as text.
  public var text: String {
    var lines = ["lines of code, without comments and blanks:"]
    lines += linesByPart.map { "  Image/\($0.part)  \($0.lines)" }
    lines += libraryLines.map { "  Kernel/\($0.part)  \($0.lines)" }
    lines.append("imports between libraries:")
    lines += imports.map { library, imported in
      "  \(library) -> \(imported.isEmpty ? "nothing" : imported.joined(separator: ", "))"
    }
    lines.append("references between folders of Image (* upward):")
    let pairs = Dictionary(grouping: references) { "\($0.from) -> \($0.to)" }
    let above = Set(upward.map { "\($0.from) -> \($0.to)" })
    for (pair, all) in pairs.sorted(by: { $0.key < $1.key }) {
      let names = above.contains(pair) ? ": " + Set(all.map { $0.name }).sorted().joined(separator: ", ") : ""
      lines.append("\(above.contains(pair) ? "*" : " ") \(pair)  \(all.count)\(names)")
    }
    lines.append("what may not grow:")
    lines += rows.map { "  \($0.name)  \($0.value) of \($0.ceiling)" }
    return lines.joined(separator: "\n")
  }
}
