// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Pieces of HTML and SVG.
enum Markup {
  /// `text` as content or attribute value.
  static func text(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // Control characters have no place in a page, and lone private-use ones stand for odd bytes.
      case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{10FE00}"..."\u{10FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A score with two decimals.
  static func number(_ record: ScoreRecord) -> String {
    record.reason == nil ? number(record.value) : "–"
  }

  /// A number with two decimals.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return value > 0 ? "∞" : "−∞" }
    return String(format: "%.2f", value).replacing("-", with: "−")
  }

  /// A coordinate.
  static func place(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// The vertical axis of a plot: what values lie where, and round numbers to write beside it.
struct PlotAxis {
  let range: ClosedRange<Double>
  let ticks: [Double]
  private let top: Double
  private let bottom: Double

  /// An axis from `bottom` up to `top`, in the picture's coordinates, that holds `values`.
  init(_ values: [Double], top: Double, bottom: Double) {
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    let spread = max(most - least, 1e-3 * max(abs(most), 1), 1e-9)
    let rough = spread / 5
    let power = pow(10, floor(log10(rough)))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
    let low = (least / step).rounded(.down)
    let high = max((most / step).rounded(.up), low + 1)
    range = low * step...high * step
    ticks = (0...Int(high - low)).map { (low + Double($0)) * step }
    self.top = top
    self.bottom = bottom
  }

  /// Where `value` lies.
  func place(_ value: Double) -> Double {
    bottom - (value - range.lowerBound) / (range.upperBound - range.lowerBound) * (bottom - top)
  }

  /// Lines across a picture of `width` with their numbers, which end at `left`.
  func grid(left: Double, width: Double) -> String {
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
    let decimals = max(0, Int((-log10(step)).rounded(.up)))
    return ticks.map { tick in
      let y = Markup.place(place(tick))
      let number = String(format: "%.\(min(decimals, 6))f", tick == 0 ? 0 : tick)
        .replacing("-", with: "−")
      return "<line class=\"grid\" x1=\"\(Markup.place(left))\" x2=\"\(Markup.place(width))\" "
        + "y1=\"\(y)\" y2=\"\(y)\"/><text class=\"tick\" x=\"\(Markup.place(left - 6))\" y=\"\(y)\" "
        + "dy=\".32em\">\(number)</text>"
    }.joined()
  }
}
