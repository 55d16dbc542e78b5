// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of a hybrid Demucs (Défossez, "Hybrid Spectral and Waveform Source Separation",
/// 2021), besides those that its parameters' shapes say.
public struct HybridConfiguration: Sendable, Hashable {
  /// Samples a second.
  public var sampleRate: Int
  /// Channels of the mixture and of each source.
  public var audioChannels: Int
  /// The sources' names, in the order of the network's outputs.
  public var sources: [String]
  /// Samples of the segments that long signals are cut into.
  public var segmentSamples: Int
  /// Points of the Fourier transform; frames are a quarter of that apart.
  public var fftLength: Int
  /// Whether the spectral branch hears and gives magnitudes, and not complex numbers.
  public var usesMagnitudes: Bool
  /// Whether the spectral branch's estimates come 3/2 frames late, as in the first networks.
  public var isDelayed: Bool
  /// Layers of the spectral branch.
  public var depth: Int
  /// Frequencies, or frames, of one layer for each of the next.
  public var stride: Int
  /// The same for layers behind the one that leaves a single frequency.
  public var timeStride: Int
  /// Groups of the norms within layers.
  public var normGroups: Int
  /// What the frequency embedding is multiplied by, in all.
  public var embeddingGain: Float
  /// Where bands with parameters of their own end, as shares of all frequencies; the last one ends
  /// with them.
  public var bandRatios: [Double]
  /// How many of the outermost layers have such bands.
  public var bandedLayers: Int
  /// Whether a residual branch's layers reach twice as far each.
  public var hasDilatedResiduals: Bool

  /// Why these hyper-parameters can't be run, if so.
  ///
  /// Checkpoints are not trusted: the sizes that no tensor's shape vouches for are looked at here.
  var problem: String? {
    if !(1000...768_000).contains(sampleRate) { return "a sample rate of \(sampleRate) Hz" }
    if !(1...64).contains(audioChannels) { return "\(audioChannels) audio channels" }
    if !(1...64).contains(sources.count) { return "\(sources.count) sources" }
    if !(1...600 * sampleRate).contains(segmentSamples) {
      return "segments of \(segmentSamples) samples"
    }
    if !(16...65536).contains(fftLength) || fftLength % 8 != 0 {
      return "a Fourier transform of \(fftLength) points"
    }
    if !(1...12).contains(depth) { return "\(depth) layers" }
    if !(2...32).contains(stride) { return "a stride of \(stride)" }
    if !(2...32).contains(timeStride) { return "a stride of \(timeStride) frames" }
    if !(1...4096).contains(normGroups) { return "norms of \(normGroups) groups" }
    if !embeddingGain.isFinite { return "a frequency embedding times \(embeddingGain)" }
    if bandRatios.contains(where: { !($0 > 0 && $0 < 1) }) || bandRatios != bandRatios.sorted() {
      return "bands that end at \(bandRatios) of all frequencies"
    }
    if !bandRatios.isEmpty && !(0...depth).contains(bandedLayers) {
      return "\(bandedLayers) layers with bands"
    }
    return nil
  }
}
