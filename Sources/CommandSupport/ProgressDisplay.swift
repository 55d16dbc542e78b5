// SPDX-License-Identifier: Apache-2.0
internal import ModelLibrary

/// The text that shows one piece of work going on; it knows neither clock nor terminal.
///
/// Each call returns what is to be written now, which is mostly nothing.
package struct ProgressDisplay: Sendable {
  /// What progress looks like.
  package enum Style: Sendable {
    case none
    case bar
    /// A line every 5 %, or every few seconds where the total is unknown; none before
    /// `quietSeconds` have passed.
    case lines(quietSeconds: Double)
    case json
  }

  /// What work is counted in.
  package enum Unit: Sendable {
    /// Seconds of sound, whose speed is a multiple of real time.
    case soundSeconds
    case bytes
  }

  private static let barInterval = 0.1  // seconds between redraws
  private static let jsonInterval = 0.1
  private static let lineInterval = 5.0  // seconds between lines when the total is unknown
  private static let linesPerTotal = 20.0

  private let style: Style
  private let program: String
  private let track: String
  private let unit: Unit

  private var total: Double?
  private var done = 0.0
  private var doneBefore: Double?  // what a resumed download found
  private var lastWrite = -Double.infinity
  private var lastStep = 0.0
  private var isDrawn = false

  package init(
    style: Style, program: String, track: String, total: Double?, unit: Unit = .soundSeconds
  ) {
    self.style = style
    self.program = program
    self.track = Printable.oneLine(track)
    self.unit = unit
    set(total: total)
  }

  /// Says how much there is to do, where that wasn't known, or only roughly, at the beginning.
  package mutating func set(total: Double?) {
    self.total = total.flatMap { $0 > 0 ? $0 : nil }
  }

  /// What to write when so much is done after `elapsed` seconds, on a terminal of `columns`.
  ///
  /// Segments end out of order; the display never goes back.
  package mutating func update(done: Double, elapsed: Double, columns: Int) -> String {
    self.done = max(self.done, min(done, total ?? .infinity))
    doneBefore = doneBefore ?? (unit == .bytes ? done : 0)
    return text(elapsed: elapsed, columns: columns)
  }

  private mutating func text(elapsed: Double, columns: Int) -> String {
    let isComplete = done == total
    switch style {
    case .none: return ""
    case .bar:
      guard elapsed - lastWrite >= Self.barInterval else { return "" }
      lastWrite = elapsed
      isDrawn = true
      return "\r" + bar(elapsed: elapsed, columns: columns) + Self.eraseToEnd
    case .lines(let quietSeconds):
      guard elapsed >= quietSeconds else { return "" }
      if let total {
        let step = (done / total * Self.linesPerTotal).rounded(.down)
        guard step > lastStep else { return "" }
        lastStep = step
      } else {
        guard elapsed - lastWrite >= Self.lineInterval else { return "" }
        lastWrite = elapsed
      }
      return "\(program): \(track): \(status(elapsed: elapsed))\n"
    case .json:
      guard isComplete || elapsed - lastWrite >= Self.jsonInterval else { return "" }
      lastWrite = elapsed
      let event: JSONValue = [
        "event": "progress", "track": .string(track), "done": .number(done),
        "total": total.map { .number($0) } ?? .null, "seconds": .number(elapsed),
      ]
      guard unit == .bytes, case .object(let members) = event else { return event.line + "\n" }
      return JSONValue.object(members + [.init("unit", "bytes")]).line + "\n"
    }
  }

  /// What removes the bar, so that something else can be written; the next update draws it anew.
  package mutating func erase() -> String {
    guard isDrawn else { return "" }
    isDrawn = false
    lastWrite = -.infinity
    return "\r" + Self.eraseToEnd
  }

  private static let eraseToEnd = "\u{1B}[K"

  /// "42 %, 12.3× real time, 0:41 left", or how far a pipe of unknown length has come.
  private func status(elapsed: Double) -> String {
    let speed = elapsed > 0 ? (done - (doneBefore ?? 0)) / elapsed : 0
    let amount: String
    let rate: String
    switch unit {
    case .soundSeconds: (amount, rate) = (Self.clock(done), "\(Self.decimal(speed))× real time")
    case .bytes: (amount, rate) = ("\(ByteCount(Int(done)))", "\(ByteCount(Int(speed)))/s")
    }
    guard let total else { return "\(amount) done, \(rate)" }
    let percent = "\(Int(done / total * 100)) %"
    guard speed > 0 else { return percent }
    return "\(percent), \(rate), \(Self.clock((total - done) / speed)) left"
  }

  private func bar(elapsed: Double, columns: Int) -> String {
    let status = status(elapsed: elapsed)
    // The last column stays free: writing there makes some terminals wrap.
    let room = columns - 1 - Printable.columns(status)
    guard room > 1 else { return Printable.truncated(status, columns: columns - 1) }
    let name = Printable.truncated(track, columns: min(room - 1, max(columns / 3, 8)))
    let width = min(room - Printable.columns(name) - 4, 40)
    guard let total, width >= 5 else { return "\(name) \(status)" }
    let filled = Int(done / total * Double(width))
    let blocks = String(repeating: "#", count: filled)
    return "\(name) [\(blocks)\(String(repeating: ".", count: width - filled))] \(status)"
  }

  /// `seconds` as minutes and seconds, with hours where there are some.
  private static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let whole = Int(seconds.rounded())
    let pad = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return whole < 3600
      ? "\(whole / 60):\(pad(whole % 60))"
      : "\(whole / 3600):\(pad(whole / 60 % 60)):\(pad(whole % 60))"
  }

  /// `value` with one digit behind the point.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int((min(value, 1e9) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
