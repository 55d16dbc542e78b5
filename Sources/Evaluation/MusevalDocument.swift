// SPDX-License-Identifier: Apache-2.0
internal import Foundation

extension TrackScores {
  /// The scores as museval writes them, byte for byte but for the version: JSON with an indent of two,
  /// decimals of five places, and `NaN` for whatever is not finite.
  ///
  /// - Parameter version: the text behind `museval_version`.
  public func musevalDocument(version: String) -> String {
    var lines = ["{"]
    if targets.isEmpty {
      lines.append("  \"targets\": [],")
    } else {
      lines.append("  \"targets\": [")
      for (index, target) in targets.enumerated() {
        lines += musevalLines(target, isLast: index == targets.count - 1)
      }
      lines.append("  ],")
    }
    lines += ["  \"museval_version\": \(Self.quoted(version))", "}"]
    return lines.joined(separator: "\n")
  }

  private func musevalLines(_ target: TargetScores, isLast: Bool) -> [String] {
    // museval's order within a frame.
    let metrics = [
      ("SDR", "bsseval-sdr"), ("SIR", "bsseval-sir"), ("SAR", "bsseval-sar"),
      ("ISR", "bsseval-isr"),
    ]
    let count = target.frames["bsseval-sdr"]?.count ?? 0
    var lines = ["    {", "      \"name\": \(Self.quoted(target.name)),"]
    guard count > 0 else { return lines + ["      \"frames\": []", isLast ? "    }" : "    },"] }
    lines.append("      \"frames\": [")
    for frame in 0..<count {
      lines += [
        "        {", "          \"time\": \(Double(frame) * hopSeconds),",
        "          \"duration\": \(windowSeconds),", "          \"metrics\": {",
      ]
      for (index, (name, metric)) in metrics.enumerated() {
        let value = target.frames[metric]?[frame].value ?? .nan
        // Like Decimal.quantize: the exact binary value, rounded half to even.
        let text = value.isFinite ? String(format: "%.5f", value) : "NaN"
        lines.append("            \"\(name)\": \(text)\(index < metrics.count - 1 ? "," : "")")
      }
      lines += ["          }", frame < count - 1 ? "        }," : "        }"]
    }
    return lines + ["      ]", isLast ? "    }" : "    },"]
  }

  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.reduce("\"") { quoted, scalar in
      switch scalar {
      case "\"", "\\": quoted + "\\" + String(scalar)
      case " "..<"\u{7F}": quoted + String(scalar)
      default: quoted + Character(scalar).utf16.map { String(format: "\\u%04x", $0) }.joined()
      }
    } + "\""
  }
}
