// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import SoundFiles

extension SoundFileEncoding.Container: ExpressibleByArgument {}
extension SoundFileEncoding.SampleFormat: ExpressibleByArgument {}

/// Which part of the inputs is taken.
package struct RangeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Begin so many seconds into the input.", valueName: "seconds"))
  package var start = 0.0

  @Option(help: ArgumentHelp("Take so many seconds.", valueName: "seconds"))
  package var duration: Double?

  package init() {}

  package func validate() throws {
    if let problem = section.problem { throw ValidationError("--\(problem)") }
  }

  /// The part.
  package var section: SoundSection { SoundSection(start: start, duration: duration) }
}

/// A part of a recording, in seconds.
package struct SoundSection: Sendable {
  /// Where it begins.
  package let start: Double
  /// How long it is; nil for all that follows.
  package let duration: Double?

  package init(start: Double, duration: Double?) {
    self.start = start
    self.duration = duration
  }

  /// Why there is no such part of any recording, if so.
  package var problem: String? {
    guard start >= 0 && start < 1e9 else { return "start \(start): expected seconds from 0 on" }
    if let duration, !(duration > 0 && duration < 1e9) {
      return "duration \(duration): expected seconds above 0"
    }
    return nil
  }

  /// The part of a source that nothing was read from yet.
  package func trimmed(_ source: any AudioSource) -> any AudioSource {
    guard start > 0 || duration != nil else { return source }
    let rate = Double(source.format.sampleRate)
    return TrimmedSource(
      source, startFrame: Int((start * rate).rounded()),
      duration: duration.map { max(1, Int(($0 * rate).rounded())) })
  }
}
