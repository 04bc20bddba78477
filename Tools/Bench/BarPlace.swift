// Where a row stands in a chart: in which group of bars, under which label, in which colors. All is read from its name,
// which says who takes part.

/// A ring of a task, or a placement of a service: what bars are colored by.
public struct BarColor: Sendable, Equatable {
  public let name: String
  public let color: String

  static let rings = [
    BarColor(name: "Ring 3", color: "#2e6f9e"), BarColor(name: "Ring 0 separate", color: "#d9822b"),
    BarColor(name: "Ring 0 shared", color: "#a33b3b"), BarColor(name: "Ring 0 guarded", color: "#7b5aa6"),
  ]
  static let placements = [
    BarColor(name: "server", color: "#7fb2d6"), BarColor(name: "ring0-server", color: "#e3b23c"),
    BarColor(name: "linked", color: "#3b8f5a"),
  ]
  static let other = BarColor(name: "work of the kernel itself", color: "#777777")
}

public struct BarPlace: Sendable, Equatable {
  /// What the bars of a group have in common: the operation, or what a service is asked.
  public let group: String
  public let label: String
  /// One for each side that takes part, in their order.
  public let colors: [BarColor]

  public init(name: String) {
    if let place = Self.inPlacement(name) {
      self = place
      return
    }
    var rings: [(at: String.Index, color: BarColor)] = []
    for color in BarColor.rings {
      var rest = name[...]
      while let range = rest.firstRange(of: color.name) {
        rings.append((range.lowerBound, color))
        rest = rest[range.upperBound...]
      }
    }
    rings.sort { $0.at < $1.at }
    guard let first = rings.first else {
      self.init(group: "", label: name, colors: [.other])
      return
    }
    // "null call, Ring 3", "thread of Ring 0 shared, from Ring 3".
    var group = String(name[..<first.at])
    for ending in [" of ", " in ", ", "] where group.hasSuffix(ending) { group.removeLast(ending.count) }
    self.init(group: group, label: String(name[first.at...]), colors: rings.map { $0.color })
  }

  /// "Ring 3 to server, empty".
  private static func inPlacement(_ name: String) -> BarPlace? {
    for ring in BarColor.rings {
      for placement in BarColor.placements {
        let start = "\(ring.name) to \(placement.name), "
        guard name.hasPrefix(start) else { continue }
        return BarPlace(
          group: String(name.dropFirst(start.count)), label: "\(ring.name) to \(placement.name)",
          colors: [ring, placement])
      }
    }
    return nil
  }

  init(group: String, label: String, colors: [BarColor]) {
    self.group = group
    self.label = label
    self.colors = colors
  }
}
