// SPDX-License-Identifier: Apache-2.0

/// A signal's sample rate and channel count.
public struct AudioFormat: Sendable, Hashable {
  /// Frames a second, in hertz.
  public var sampleRate: Int
  /// How many samples a frame has.
  public var channels: Int

  /// Makes a format.
  public init(sampleRate: Int, channels: Int) {
    self.sampleRate = sampleRate
    self.channels = channels
  }
}

/// Interleaved samples `[frames, channels]`; full scale is ±1.
public struct AudioBlock: Sendable, Equatable {
  /// How many samples a frame has.
  public let channels: Int
  /// The samples: frame 0's channels, frame 1's channels, and so on.
  public var samples: [Float]

  /// How many frames there are.
  public var frames: Int { samples.count / channels }

  /// Makes a block; the number of samples must be a multiple of `channels`.
  public init(channels: Int, samples: [Float]) {
    precondition(
      channels > 0 && samples.count % channels == 0,
      "\(samples.count) samples are not whole frames of \(channels) channels")
    self.channels = channels
    self.samples = samples
  }
}
