// SPDX-License-Identifier: Apache-2.0

/// A metric over the frames of a recording, a line a source.
struct TimePlot {
  struct Line {
    /// Which of the page's colours.
    let color: Int
    /// The frames' values; gaps where they are not finite.
    let values: [Double]
  }

  let lines: [Line]
  let hopSeconds: Double

  private static let (width, height) = (480.0, 200.0)
  private static let (left, top, bottom) = (48.0, 10.0, 172.0)

  /// The picture.
  var svg: String {
    let values = lines.flatMap(\.values).filter(\.isFinite)
    let count = lines.map(\.values.count).max() ?? 0
    guard !values.isEmpty else { return "<p>No values.</p>" }
    let axis = PlotAxis(values, top: Self.top, bottom: Self.bottom)
    let step = (Self.width - Self.left - 24) / Double(max(count - 1, 1))
    func x(_ frame: Int) -> Double { Self.left + 4 + Double(frame) * step }
    let curves = lines.map { line in
      "<g class=\"c\(line.color % ReportStyle.colors)\">"
        + Self.runs(of: line.values).map { run -> String in
          let points = run.map {
            "\(Markup.place(x($0))) \(Markup.place(axis.place(line.values[$0])))"
          }
          // A frame between two gaps would be a line of no length.
          return run.count == 1
            ? "<circle class=\"dot\" cx=\"\(Markup.place(x(run.lowerBound)))\" "
              + "cy=\"\(Markup.place(axis.place(line.values[run.lowerBound])))\" r=\"2\"/>"
            : "<polyline class=\"curve\" points=\"\(points.joined(separator: ","))\"/>"
        }.joined() + "</g>"
    }
    let times = Set((0...4).map { (count - 1) * $0 / 4 }).sorted().map { frame in
      "<text class=\"name\" x=\"\(Markup.place(x(frame)))\" y=\"\(Markup.place(Self.bottom + 20))\">"
        + "\(clock(Double(frame) * hopSeconds))</text>"
    }
    return "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\">"
      + axis.grid(left: Self.left, width: Self.width) + times.joined() + curves.joined() + "</svg>"
  }

  /// The stretches of frames that have values.
  private static func runs(of values: [Double]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, value) in values.enumerated() where value.isFinite {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }

  private func clock(_ seconds: Double) -> String {
    let whole = Int(seconds)
    return "\(whole / 60):\(whole % 60 < 10 ? "0" : "")\(whole % 60)"
  }
}
