// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of a Demucs (Défossez et al., "Music Source Separation in the Waveform Domain",
/// 2019).
public struct DemucsConfiguration: Sendable, Hashable {
  /// Samples a second.
  public var sampleRate: Int
  /// Channels of the mixture and of each source.
  public var audioChannels: Int
  /// The sources' names, in the order of the network's outputs.
  public var sources: [String]
  /// Channels of each encoder layer, the outermost first.
  public var channels: [Int]
  /// Taps of the strided convolutions.
  public var kernelSize: Int
  /// Frames of one layer for each frame of the next.
  public var stride: Int
  /// Taps of the decoder's convolutions, which reach as many frames less one beyond what they keep.
  public var context: Int
  /// Layers of the long short-term memory in the middle.
  public var memoryLayers: Int
  /// Whether the network works at twice the sample rate.
  public var doublesRate: Bool
  /// Whether each segment's mean and deviation are taken out and put back.
  public var normalizesSegments: Bool
  /// Samples of the segments that long signals are cut into.
  public var segmentSamples: Int

  /// Why these hyper-parameters can't be run, if so.
  ///
  /// Checkpoints are not trusted: the sizes that no tensor's shape vouches for are looked at here.
  var problem: String? {
    if !(1000...768_000).contains(sampleRate) { return "a sample rate of \(sampleRate) Hz" }
    if !(1...64).contains(audioChannels) { return "\(audioChannels) audio channels" }
    if !(1...64).contains(sources.count) { return "\(sources.count) sources" }
    if !(1...12).contains(channels.count) { return "\(channels.count) layers" }
    if !(2...64).contains(kernelSize) { return "kernels of \(kernelSize) taps" }
    if !(2...kernelSize).contains(stride) {
      return "a stride of \(stride) frames between kernels of \(kernelSize)"
    }
    if !(1...63).contains(context) { return "a context of \(context) frames" }
    if !(2...600 * sampleRate).contains(segmentSamples) {
      return "segments of \(segmentSamples) samples"
    }
    // A frame of the deepest layer must not span more than minutes.
    if channels.reduce(1.0, { span, _ in span * Double(stride) }) > 1e7 {
      return "\(channels.count) layers of stride \(stride)"
    }
    return nil
  }

  /// How many samples the network needs to hear for an output of at least `samples`: as many as fill
  /// every layer's frames.
  public func validLength(_ samples: Int) -> Int {
    var length = doublesRate ? 2 * samples : samples
    for _ in channels {
      // Rounded up to whole frames, and what the decoder's convolution on this level cuts off.
      let frames = length <= kernelSize ? 1 : (length - kernelSize + stride - 1) / stride + 1
      length = frames + context - 1
    }
    for _ in channels { length = (length - 1) * stride + kernelSize }
    return doublesRate ? (length + 1) / 2 : length
  }

  /// The most samples on either side of a segment that the network hears with it.
  public var contextSamples: Int {
    var (reach, step) = (0, 1)
    for _ in channels {
      reach += step * (stride - 1 + stride * (context - 1))
      step *= stride
    }
    return max(reach, validLength(1)) / 2 + 1
  }
}
