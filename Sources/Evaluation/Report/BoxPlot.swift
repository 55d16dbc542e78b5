// SPDX-License-Identifier: Apache-2.0

/// How a metric is spread over recordings, a box a source.
struct BoxPlot {
  struct Box {
    let name: String
    /// Which of the page's colours.
    let color: Int
    let points: [(name: String, value: Double)]
  }

  let boxes: [Box]

  private static let (width, height) = (440.0, 300.0)
  private static let (left, top, bottom) = (48.0, 10.0, 268.0)

  /// The picture.
  var svg: String {
    let values = boxes.flatMap { $0.points.map(\.value) }
    guard !values.isEmpty else { return "<p>No values.</p>" }
    let axis = PlotAxis(values, top: Self.top, bottom: Self.bottom)
    let step = (Self.width - Self.left) / Double(boxes.count)
    let shapes = boxes.enumerated().map { index, box in
      shape(box, axis, middle: Self.left + (Double(index) + 0.5) * step, half: min(26, 0.3 * step))
    }
    return "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\">"
      + axis.grid(left: Self.left, width: Self.width) + shapes.joined() + "</svg>"
  }

  private func shape(_ box: Box, _ axis: PlotAxis, middle: Double, half: Double) -> String {
    let label =
      "<text class=\"name\" x=\"\(Markup.place(middle))\" y=\"\(Markup.place(Self.bottom + 20))\">"
      + "\(Markup.text(shortened(box.name)))</text>"
    let sorted = box.points.map(\.value).sorted()
    guard let least = sorted.first, let most = sorted.last else { return label }
    let (low, median, high) = (sorted.quantile(0.25), sorted.quantile(0.5), sorted.quantile(0.75))
    let reach = 1.5 * (high - low)
    let inner = sorted.filter { $0 >= low - reach && $0 <= high + reach }
    let (whiskerLow, whiskerHigh) = (inner.first ?? least, inner.last ?? most)
    func y(_ value: Double) -> String { Markup.place(axis.place(value)) }
    func x(_ offset: Double) -> String { Markup.place(middle + offset) }
    func horizontal(_ value: Double, _ half: Double, _ kind: String) -> String {
      "<line class=\"\(kind)\" x1=\"\(x(-half))\" x2=\"\(x(half))\" y1=\"\(y(value))\" y2=\"\(y(value))\"/>"
    }
    func vertical(_ from: Double, _ to: Double) -> String {
      "<line class=\"whisker\" x1=\"\(x(0))\" x2=\"\(x(0))\" y1=\"\(y(from))\" y2=\"\(y(to))\"/>"
    }
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    let diamond = axis.place(mean)
    let outliers = box.points.filter { $0.value < whiskerLow || $0.value > whiskerHigh }.map {
      "<circle class=\"outlier\" cx=\"\(x(0))\" cy=\"\(y($0.value))\" r=\"3\"><title>"
        + "\(Markup.text($0.name)): \(Markup.number($0.value))</title></circle>"
    }
    let summary =
      "\(box.name): median \(Markup.number(median)), quartiles \(Markup.number(low)) and "
      + "\(Markup.number(high)), mean \(Markup.number(mean)), \(sorted.count) recordings"
    return "<g class=\"c\(box.color % ReportStyle.colors)\"><title>\(Markup.text(summary))</title>"
      + vertical(whiskerLow, low) + vertical(high, whiskerHigh)
      + horizontal(whiskerLow, half / 2, "whisker") + horizontal(whiskerHigh, half / 2, "whisker")
      + "<rect class=\"box\" x=\"\(x(-half))\" y=\"\(y(high))\" width=\"\(Markup.place(2 * half))\" "
      + "height=\"\(Markup.place(max(axis.place(low) - axis.place(high), 0.5)))\"/>"
      + horizontal(median, half, "median")
      + "<path class=\"mean\" d=\"M\(x(0)) \(Markup.place(diamond - 4.5))L\(x(4.5)) "
      + "\(Markup.place(diamond))L\(x(0)) \(Markup.place(diamond + 4.5))L\(x(-4.5)) "
      + "\(Markup.place(diamond))Z\"/>" + outliers.joined() + "</g>" + label
  }

  /// A name that does not run into its neighbour's.
  private func shortened(_ name: String) -> String {
    let room = max(4, Int((Self.width - Self.left) / Double(boxes.count) / 7))
    return name.count <= room ? name : name.prefix(room - 1) + "…"
  }
}

extension [Double] {
  /// The value below which a share of these sorted values lies, interpolated.
  fileprivate func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1)
    let (below, above) = (self[Int(place)], self[Swift.min(Int(place) + 1, count - 1)])
    return below + (above - below) * (place - place.rounded(.down))
  }
}
