// SPDX-License-Identifier: Apache-2.0

/// A source at another sample rate.
public final class ResampledSource: AudioSource {
  /// The source's channels at the new rate.
  public let format: AudioFormat
  /// The new length in frames, where the source knows its own.
  public let frameCount: Int?

  private let source: any AudioSource
  private var resampler: Resampler
  private let length: Int?
  /// Converted samples that nobody has read yet.
  private var waiting: [Float] = []
  private var sourceHasEnded = false
  private var position = 0

  /// Converts `source`, from where it stands.
  ///
  /// - Parameters:
  ///   - source: What to convert.
  ///   - sampleRate: The new rate in hertz.
  ///   - kernel: The filter's shape and the rule for the length.
  ///   - frames: The exact length wanted in frames, cut or filled with silence; nil for the rule.
  public init(
    _ source: any AudioSource, to sampleRate: Int, kernel: ResamplingKernel, frames: Int? = nil
  ) {
    self.source = source
    let format = source.format
    self.format = AudioFormat(sampleRate: sampleRate, channels: format.channels)
    resampler = Resampler(
      from: format.sampleRate, to: sampleRate, channels: format.channels, kernel: kernel)
    length = frames
    frameCount =
      frames
      ?? source.frameCount.map {
        kernel.frameCount($0, from: format.sampleRate, to: sampleRate)
      }
  }

  /// The next at most `frames` frames (> 0); nil at the end.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    let wanted = min(frames, length.map { $0 - position } ?? frames)
    guard wanted > 0 else { return nil }
    while waiting.count < wanted * format.channels && !sourceHasEnded {
      let missing = min(wanted - waiting.count / format.channels, 1 << 16)
      let (old, new) = (source.format.sampleRate, format.sampleRate)
      let block = try source.read(frames: max(1, missing * old / new))
      if let block {
        waiting += resampler.push(block).samples
      } else {
        sourceHasEnded = true
        waiting += resampler.finish(frames: length).samples
      }
    }
    let count = min(wanted * format.channels, waiting.count)
    guard count > 0 else { return nil }
    let samples = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    position += count / format.channels
    return AudioBlock(channels: format.channels, samples: samples)
  }
}
