// SPDX-License-Identifier: Apache-2.0

/// A source with another number of channels.
///
/// One channel is repeated; many become one by their average; otherwise the first ones are taken,
/// as demucs does, and channels that the source lacks are silent.
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
    guard let block = try source.read(frames: frames) else { return nil }
    let (old, new) = (block.channels, format.channels)
    if old == new { return block }
    var samples: [Float] = []
    samples.reserveCapacity(block.frames * new)
    for start in stride(from: 0, to: block.samples.count, by: old) {
      let frame = block.samples[start..<(start + old)]
      if old == 1 {
        samples += repeatElement(block.samples[start], count: new)
      } else if new == 1 {
        samples.append(frame.reduce(0, +) / Float(old))
      } else {
        samples += frame.prefix(new)
        samples += repeatElement(0, count: max(0, new - old))
      }
    }
    return AudioBlock(channels: new, samples: samples)
  }
}
