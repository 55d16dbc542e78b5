// SPDX-License-Identifier: Apache-2.0
internal import Evaluation
internal import SoundFiles

/// `source` with the rate and channels of `format`, waiting in a temporary file; itself where it has them.
///
/// - Throws: `Failure` where the folder for temporary files cannot be written to; what reading throws.
func convertedSound(
  _ source: any SignalSource, to format: AudioFormat
) throws -> any SignalSource {
  guard source.sampleRate != format.sampleRate || source.channels != format.channels else {
    return source
  }
  let sound = try SpooledSound(channels: format.channels, sampleRate: format.sampleRate)
  var resampler = Resampler(
    from: source.sampleRate, to: format.sampleRate, channels: format.channels, kernel: .scored)
  for start in stride(from: 0, to: source.frames, by: 1 << 16) {
    let samples = try source.samples(in: start..<min(start + 1 << 16, source.frames))
    let block = AudioBlock(channels: source.channels, samples: samples)
    try sound.append(resampler.push(block.mapped(toChannels: format.channels)).samples)
  }
  try sound.append(resampler.finish().samples)
  return sound
}

extension ResamplingKernel {
  /// Julius's filter, whose pass band is close to that of soxr's high quality, with soxr's silence beyond
  /// the ends and librosa's length.
  fileprivate static var scored: ResamplingKernel {
    var kernel = ResamplingKernel.julius
    (kernel.edge, kernel.length) = (.zero, .ceiling)
    return kernel
  }
}
