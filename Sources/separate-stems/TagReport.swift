// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import UniversalSeparation

/// What is told of one recording.
struct TagReport {
  let path: PathBytes
  let model: String
  /// Where what was heard begins in the recording, in seconds.
  let offset: Double
  let duration: Double
  let heard: [TagSummary.Heard]
  let threshold: Float
  let isAudioSet: Bool
  let seconds: Double

  /// Spans that are written out for people.
  private static let mostSpans = 5

  /// Lines for people: the recording, then a line a class.
  var lines: [String] {
    let head = "\(path)  \(Self.time(duration))"
    if heard.isEmpty { return [head, "  nothing at \(threshold) or above"] }
    let width = heard.reduce(0) { max($0, name($1).count) }
    return [head]
      + heard.map { tag in
        let padding = String(repeating: " ", count: width - name(tag).count)
        var times = tag.spans.prefix(Self.mostSpans).map {
          "\(Self.time(offset + $0.start))–\(Self.time(offset + $0.end))"
        }
        if tag.spans.count > Self.mostSpans {
          times.append("and \(tag.spans.count - Self.mostSpans) more")
        }
        return "  \(Self.rounded(tag.probability))  \(name(tag))\(padding)  "
          + times.joined(separator: "  ")
      }
  }

  /// The members of a list's line.
  var members: [JSONValue.Member] {
    [
      .init("model", .string(model)), .init("duration", .number(duration)),
      .init("tags", .array(heard.map { .object(members($0)) })),
    ]
  }

  /// The members of a recording's own line.
  var json: [JSONValue.Member] {
    [.init("input", .string(path.description))] + members + [
      .init("seconds", .number(seconds)),
      .init("realTimeFactor", .number(seconds / duration)),
      .init("peakMemoryBytes", .integer(ResourceUsage.peakMemoryBytes)),
    ]
  }

  private func members(_ tag: TagSummary.Heard) -> [JSONValue.Member] {
    let known = isAudioSet ? AudioSetClasses.all[tag.classIndex] : nil
    return [
      .init("index", .integer(tag.classIndex)),
      .init("id", known.map { .string($0.identifier) } ?? .null),
      .init("name", known.map { .string($0.name) } ?? .null),
      .init("probability", Self.number(Double(tag.probability))),
      .init("mean", Self.number(Double(tag.mean))),
      .init(
        "spans",
        .array(
          tag.spans.map { span in
            [
              "start": Self.number(offset + span.start), "end": Self.number(offset + span.end),
              "probability": Self.number(Double(span.probability)),
            ]
          })),
    ]
  }

  private func name(_ tag: TagSummary.Heard) -> String {
    isAudioSet ? AudioSetClasses.all[tag.classIndex].name : "class \(tag.classIndex)"
  }

  /// A number to six decimals: probabilities and times say no more.
  private static func number(_ value: Double) -> JSONValue {
    .number((value * 1e6).rounded() / 1e6)
  }

  private static func rounded(_ probability: Float) -> String {
    let hundredths = Int((probability * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  /// Minutes and seconds to a tenth, with hours where there are any.
  private static func time(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    let (minutes, rest) = (tenths / 600, tenths % 600)
    let text = "\(rest < 100 ? "0" : "")\(rest / 10).\(rest % 10)"
    guard minutes >= 60 else { return "\(minutes):\(text)" }
    return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60):\(text)"
  }
}
