// SPDX-License-Identifier: Apache-2.0

/// A source with another number of channels, mapped as `AudioBlock.mapped(toChannels:)` says.
public final class ChannelMappedSource: AudioSource {
  /// The source's rate with the new channels.
  public let format: AudioFormat
  private let source: any AudioSource

  /// Maps `source` to `channels` channels (> 0).
  public init(_ source: any AudioSource, to channels: Int) {
    precondition(channels > 0, "\(channels) channels")
    self.source = source
    format = AudioFormat(sampleRate: source.format.sampleRate, channels: channels)
  }

  /// The source's length in frames.
  public var frameCount: Int? { source.frameCount }

  /// The next at most `frames` frames (> 0); nil at the end.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    try source.read(frames: frames)?.mapped(toChannels: format.channels)
  }
}

extension AudioBlock {
  /// The block with `new` channels (> 0): one channel is repeated; many become one by their average;
  /// otherwise the first ones are taken, as demucs does, and channels that are lacking are silent.
  public func mapped(toChannels new: Int) -> AudioBlock {
    let old = channels
    if old == new { return self }
    var mapped: [Float] = []
    mapped.reserveCapacity(frames * new)
    for start in stride(from: 0, to: samples.count, by: old) {
      let frame = samples[start..<(start + old)]
      if old == 1 {
        mapped += repeatElement(samples[start], count: new)
      } else if new == 1 {
        mapped.append(frame.reduce(0, +) / Float(old))
      } else {
        mapped += frame.prefix(new)
        mapped += repeatElement(0, count: max(0, new - old))
      }
    }
    return AudioBlock(channels: new, samples: mapped)
  }
}
