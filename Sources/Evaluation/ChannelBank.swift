// SPDX-License-Identifier: Apache-2.0

/// The channels of several sounds as one list, source by source, read in pieces.
struct ChannelBank {
  let sources: [InterleavedSignal]
  /// How many frames count: shorter sounds go on with zeros, of longer ones the rest is left out.
  let frames: Int

  /// The channels of one source.
  var channelsPerSource: Int { sources[0].channels }
  /// The channels of all sources.
  var count: Int { sources.count * channelsPerSource }

  /// The samples of `range` as rows of `length`, `[channels of all sources, length]`.
  ///
  /// A row begins with the sample at the range's beginning, which may lie before the sound's. What
  /// is outside `span` counts as zero.
  func rows(_ range: Range<Int>, within span: Range<Int>, length: Int) -> [Double] {
    let channels = channelsPerSource
    var rows = [Double](repeating: 0, count: count * length)
    rows.withUnsafeMutableBufferPointer { rows in
      for (index, source) in sources.enumerated() {
        let part = range.clamped(to: span).clamped(to: 0..<min(frames, source.frames))
        source.samples.withUnsafeBufferPointer { samples in
          for channel in 0..<channels {
            let offset = (index * channels + channel) * length - range.lowerBound
            for frame in part {
              rows[offset + frame] = Double(samples[frame * channels + channel])
            }
          }
        }
      }
    }
    return rows
  }

  /// Whether a source is zero throughout `span`: its channels' sum where `summed`, else each of them.
  func isSilent(source: Int, in span: Range<Int>, summed: Bool) -> Bool {
    let channels = channelsPerSource
    return sources[source].samples.withUnsafeBufferPointer { samples in
      span.clamped(to: 0..<min(frames, sources[source].frames)).allSatisfy { frame in
        var sum = 0.0
        for channel in 0..<channels {
          let sample = Double(samples[frame * channels + channel])
          sum += summed ? sample : abs(sample)
        }
        return sum == 0
      }
    }
  }
}
