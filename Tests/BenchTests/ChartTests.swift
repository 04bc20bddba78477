import Foundation
import Reports
import Testing

@testable import Benchmarks

@Suite struct ChartTests {
  @Test(arguments: [
    ("null call, Ring 0 guarded", "null call", "Ring 0 guarded", ["Ring 0 guarded"]),
    ("thread of Ring 0 shared, from Ring 3", "thread", "Ring 0 shared, from Ring 3", ["Ring 0 shared", "Ring 3"]),
    (
      "yield round trip, processes, Ring 3 and Ring 3", "yield round trip, processes", "Ring 3 and Ring 3",
      ["Ring 3", "Ring 3"]
    ),
    ("Ring 3 to ring0-server, 64 bytes", "64 bytes", "Ring 3 to ring0-server", ["Ring 3", "ring0-server"]),
    ("Ring 0 separate to linked, empty", "empty", "Ring 0 separate to linked", ["Ring 0 separate", "linked"]),
    ("unload the module lab", "", "unload the module lab", ["work of the kernel itself"]),
  ])
  func namesSayWhereABarStands(name: String, group: String, label: String, colors: [String]) {
    let place = BarPlace(name: name)
    #expect(place.group == group && place.label == label)
    #expect(place.colors.map { $0.name } == colors)
  }

  private func chart() -> BarChart {
    BarChart(
      title: "a & b",
      rows: [
        BenchmarkRow(group: "g", name: "null, Ring 3", median: 30),
        BenchmarkRow(group: "g", name: "null, Ring 0 shared", median: 90),
        BenchmarkRow(group: "g", name: "write, Ring 3", median: 60), BenchmarkRow(group: "g", name: "absent, Ring 3"),
      ], budgets: Budgets(["g/null*": 40]))
  }

  @Test func aChartHoldsItsBarsLegendAndAxis() {
    let svg = chart().svg
    for text in ["a &amp; b", ">null<", ">write<", ">30<", ">90<", ">60<", "instructions, median", "over it"] {
      #expect(svg.contains(text), "\(text)")
    }
    // In the legend once, and once for each bar.
    #expect(svg.components(separatedBy: ">Ring 3<").count == 4)
    #expect(svg.components(separatedBy: ">Ring 0 shared<").count == 3)
    #expect(!svg.contains("guarded") && !svg.contains("absent"))
  }

  /// Every element lies inside the picture, with texts as wide as the widest font draws them.
  @Test func nothingIsCut() throws {
    let long = String(repeating: "long ", count: 40)
    let rows = [
      BenchmarkRow(group: "g", name: "\(long), Ring 3", median: 5), BenchmarkRow(group: "g", name: long, median: 7),
    ]
    let growth = GrowthChart.charts(of: [BenchmarkRow(group: "growth", name: "\(long) among 10 tasks", median: 5)])
    for svg in [chart().svg, BarChart(title: long, rows: rows).svg] + growth.map(\.svg) {
      let width = try #require(svg.firstMatch(of: /<svg [^>]*width="(\d+)"/).flatMap { Int($0.1) })
      for match in svg.matches(of: /<text x="(\d+)" y="\d+" text-anchor="(\w+)"[^>]*>([^<]*)</)
      where !match.0.contains("rotate") {
        let (x, length) = (try #require(Int(match.1)), Drawing.width(of: String(match.3)))
        let ends =
          match.2 == "start" ? (x, x + length) : match.2 == "end" ? (x - length, x) : (x - length / 2, x + length / 2)
        #expect(ends.0 >= 0 && ends.1 <= width, "\(match.3)")
      }
    }
  }

  @Test func barsThatAreComparedWithNoneHaveTheirWholeNames() {
    let rows = ["seek, Ring 3", "read, Ring 3"].map { BenchmarkRow(group: "files", name: $0, median: 5) }
    let svg = BarChart(title: "files", rows: rows).svg
    #expect(svg.contains(">seek, Ring 3<") && svg.contains(">read, Ring 3<") && !svg.contains(">seek<"))
    // The legend has the ring once.
    #expect(svg.components(separatedBy: ">Ring 3<").count == 2)
  }

  @Test func eachColorIsInTheLegend() {
    let rows = ["load", "unload"].map { BenchmarkRow(group: "module", name: $0, median: 5) }
    #expect(BarChart(title: "module", rows: rows).svg.components(separatedBy: ">work of the kernel itself<").count == 2)
    let placements = ["ring0-server", "linked", "server"].map {
      BenchmarkRow(group: "placement", name: "Ring 3 to \($0), empty", median: 5)
    }
    let svg = BarChart(title: "placement", rows: placements).svg
    let order = ["server", "ring0-server", "linked"].compactMap { svg.firstRange(of: ">\($0)<")?.lowerBound }
    #expect(order.count == 3 && order == order.sorted())
  }

  @Test func aNumberStandsBesideItsBarWhereThereIsRoom() throws {
    func place(_ value: Int, limit: Int) throws -> Int {
      let svg = BarChart(title: "t", bars: [BarChart.Bar(name: "a", value: value, limit: limit)]).svg
      let pattern = try Regex("<text x=\"(\\d+)\"[^>]*>\(value)<")
      return try #require(svg.firstMatch(of: pattern)?.output[1].substring.flatMap { Int($0) })
    }
    let mark = try place(997, limit: 1000)
    #expect(try place(301, limit: 1000) < mark - 200)
    #expect(try place(983, limit: 1000) == mark)
  }

  @Test func aScaleIsAsWideAsWhatItShows() {
    #expect(GrowthChart.Scale([10, 25]).marks == [10, 20, 50])
    #expect(GrowthChart.Scale([5, 5]).marks == [5, 10, 20])
    #expect(GrowthChart.Scale([100, 50_000]).marks == [100, 1000, 10_000, 50_000])
    let scale = GrowthChart.Scale([300, 4000])
    #expect(scale.place(200, in: 100) == 0 && scale.place(5000, in: 100) == 100)
  }

  @Test func growthIsAChartForEachThing() throws {
    let rows = [("yield among 1,000 tasks", 7), ("yield among 10 tasks", 5), ("map among 10 free pages", 9)].map {
      BenchmarkRow(group: "growth", name: $0.0, median: $0.1)
    }
    let charts = GrowthChart.charts(of: rows + [BenchmarkRow(group: "growth", name: "odd", median: 1)])
    #expect(charts.map { $0.fileName } == ["growth-tasks", "growth-free-pages"])
    #expect(charts[0].lines.map { $0.label } == ["yield"])
    #expect(charts[0].lines[0].points.map { $0.amount } == [10, 1000])
    #expect(charts[0].lines[0].points.map { $0.cost } == [5, 7])
    #expect(charts[1].svg.contains("number of free pages") && charts[1].svg.contains("instructions, median"))
  }

  @Test(arguments: [
    (1, [0, 1]), (8, [0, 1, 2, 3, 4, 5, 6, 7, 8]), (9, [0, 2, 4, 6, 8]), (23_000, [0, 5000, 10000, 15000, 20000]),
  ])
  func anAxisHasAFewRoundMarks(largest: Int, marks: [Int]) { #expect(axisMarks(upTo: largest) == marks) }
}
