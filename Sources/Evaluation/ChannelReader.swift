// SPDX-License-Identifier: Apache-2.0

/// The channels of several sounds as one list, source by source, read in windows.
struct ChannelReader {
  private let sources: [any SignalSource]
  /// How many frames count: shorter sounds go on with zeros, of longer ones the rest is left out.
  let frames: Int

  init(_ sources: [any SignalSource], frames: Int) {
    self.sources = sources
    self.frames = frames
  }

  /// The channels of one source.
  var channelsPerSource: Int { sources[0].channels }
  /// The channels of all sources.
  var count: Int { sources.count * channelsPerSource }

  /// The samples of `range`, which may reach beyond the sounds on both sides: zeros are there.
  ///
  /// - Throws: `MetricError.sourceNotFinite`, and what reading a source throws.
  func window(_ range: Range<Int>) throws -> ChannelWindow {
    let channels = channelsPerSource
    var samples = [Double](repeating: 0, count: count * range.count)
    for (index, source) in sources.enumerated() {
      let part = range.clamped(to: 0..<min(frames, source.frames))
      guard !part.isEmpty else { continue }
      let interleaved = try source.samples(in: part)
      let isFinite = interleaved.withUnsafeBufferPointer { interleaved in
        var sum: Float = 0
        for channel in 0..<channels {
          let row = (index * channels + channel) * range.count
          let offset = row + part.lowerBound - range.lowerBound
          for frame in 0..<part.count {
            let sample = interleaved[frame * channels + channel]
            sum += sample * 0  // NaN for what is not finite
            samples[offset + frame] = Double(sample)
          }
        }
        return sum == 0
      }
      guard isFinite else { throw MetricError.sourceNotFinite(index) }
    }
    return ChannelWindow(range: range, channelsPerSource: channels, samples: samples)
  }
}

/// What a `ChannelReader` read.
struct ChannelWindow {
  /// The frames that are here, counted from the sounds' beginning.
  let range: Range<Int>
  let channelsPerSource: Int
  /// What was read, `[channels of all sources, range.count]`.
  private let samples: [Double]

  init(range: Range<Int>, channelsPerSource: Int, samples: [Double]) {
    self.range = range
    self.channelsPerSource = channelsPerSource
    self.samples = samples
  }

  /// The samples of one channel from the beginning of `part` on, `length` of them.
  ///
  /// What is outside `part` and `span` counts as zero. `part` must be here, as far as it is within
  /// `span`.
  func row(_ channel: Int, _ part: Range<Int>, within span: Range<Int>, length: Int) -> [Double] {
    let kept = part.clamped(to: span)
    let start = channel * range.count + kept.lowerBound - range.lowerBound
    let before = kept.isEmpty ? 0 : kept.lowerBound - part.lowerBound
    return [Double](unsafeUninitializedCapacity: length) { row, count in
      row.initialize(repeating: 0)
      for index in 0..<kept.count { row[before + index] = samples[start + index] }
      count = length
    }
  }

  /// Whether a source is zero throughout `part`: its channels' sum where `summed`, else each of them.
  func isSilent(source: Int, in part: Range<Int>, summed: Bool) -> Bool {
    let first = source * channelsPerSource * range.count - range.lowerBound
    return samples.withUnsafeBufferPointer { samples in
      part.allSatisfy { frame in
        var sum = 0.0
        for channel in 0..<channelsPerSource {
          let sample = samples[first + channel * range.count + frame]
          sum += summed ? sample : abs(sample)
        }
        return sum == 0
      }
    }
  }
}
