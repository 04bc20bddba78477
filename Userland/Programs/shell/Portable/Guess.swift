// Which names somebody may have meant who typed another one.

enum Guess {
  /// What is here for a name that other systems have.
  static func instead(of word: [UInt8]) -> StaticString? {
    let names: [(elsewhere: StaticString, here: StaticString)] = [
      ("man", "help"), ("vi", "edit"), ("vim", "edit"), ("nano", "edit"), ("emacs", "edit"), ("ll", "ls -l"),
      ("dir", "ls"),
      ("more", "less"), ("reboot", "exit"), ("poweroff", "exit"), ("halt", "exit"), ("shutdown", "exit"),
      ("logout", "exit"),
      ("killall", "kill"), ("xxd", "hexdump"), ("od", "hexdump"), ("printf", "echo"), ("diff", "cmp"),
      ("tree", "ls -R"),
      ("htop", "top"), ("systemctl", "service"), ("modprobe", "insmod"), ("unlink", "rm"), ("[[", "["),
    ]
    return names.first { StaticText($0.elsewhere).isSame(as: word) }?.here
  }

  /// Up to three names that are the fewest mistakes away, and few.
  static func names(like word: [UInt8], among names: [[UInt8]]) -> [[UInt8]] {
    let most = word.count < 3 ? 1 : word.count < 7 ? 2 : 3
    var found: [(distance: Int, name: [UInt8])] = []
    for name in names {
      // The difference of their lengths alone is as many mistakes.
      guard abs(name.count - word.count) <= most else { continue }
      let distance = distance(word, name)
      // A name of which nothing is left is none that was meant.
      guard distance <= most, distance < max(word.count, name.count) else { continue }
      if !found.contains(where: { $0.name == name }) { found.append((distance, name)) }
    }
    let least = found.reduce(most) { min($0, $1.distance) }
    var nearest = found.filter { $0.distance == least }.map { $0.name }
    nearest.sort { $0.lexicographicallyPrecedes($1) }
    return [[UInt8]](nearest.prefix(3))
  }

  /// How many letters are to be added, left out, changed or swapped with their neighbour to come from one to the other.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        var best = min(last[column + 1] + 1, current[column] + 1)
        best = min(best, last[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      before = last
      last = current
    }
    return last[right.count]
  }
}
