// SPDX-License-Identifier: Apache-2.0

/// Text that came from outside, made fit for one line of a terminal.
package enum Printable {
  /// `text` with its control characters replaced.
  ///
  /// File names and library messages may hold line breaks or escape sequences: neither may break
  /// the one-line promise or drive the user's terminal.
  package static func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(
        scalar == "\n" || scalar == "\t" ? " " : isControl(scalar) ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  /// The terminal columns that `text` takes, counted generously: the wide scripts as two, and with
  /// them whatever shares their part of Unicode.
  static func columns(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      sum + ((0x1100..<0x2000).contains(scalar.value) || scalar.value >= 0x2E80 ? 2 : 1)
    }
  }

  /// `text`, or its beginning and an ellipsis, within `limit` columns.
  static func truncated(_ text: String, columns limit: Int) -> String {
    guard columns(text) > limit else { return text }
    var result = text[...]
    while columns(result) > max(limit - 1, 0) { result.removeLast() }
    return result + "…"
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar == "\u{2028}"
      || scalar == "\u{2029}"
  }
}
