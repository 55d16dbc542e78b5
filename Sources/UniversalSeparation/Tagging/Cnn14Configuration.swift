// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of a Cnn14; all come from the parameters' shapes.
public struct Cnn14Configuration: Codable, Sendable, Hashable {
  /// Channels of each block's output.
  public var channels: [Int]
  /// Numbers of an embedding.
  public var embedding: Int
  /// How many classes it knows.
  public var classes: Int
  /// Points of the Fourier transform.
  public var fftLength: Int
  /// Mel bands of the spectrogram.
  public var bands: Int

  /// A description.
  public init(channels: [Int], embedding: Int, classes: Int, fftLength: Int, bands: Int) {
    self.channels = channels
    self.embedding = embedding
    self.classes = classes
    self.fftLength = fftLength
    self.bands = bands
  }

  /// The public models, and the taggers in those of USS.
  public static let audioSet = Cnn14Configuration(
    channels: [64, 128, 256, 512, 1024, 2048], embedding: 2048, classes: 527, fftLength: 1024,
    bands: 64)
}
