// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The hyper-parameters of a ResUNet30 (Kong and others, "Universal Source Separation with Weakly Labelled
/// Data", 2023).
///
/// All but rates come from the parameters' shapes.
public struct ResUNet30Configuration: Codable, Sendable, Hashable {
  /// Samples a second.
  public var sampleRate: Int
  /// Points of the Fourier transform.
  public var fftLength: Int
  /// Samples from one frame to the next; no file says it.
  public var hopLength: Int
  /// Channels of the six encoder blocks' and the middle block's outputs.
  public var channels: [Int]
  /// Numbers of a condition vector.
  public var conditionSize: Int

  /// Makes a description; the rates are those of all public models.
  public init(
    sampleRate: Int = 32000, fftLength: Int = 2048, hopLength: Int = 320,
    channels: [Int] = [32, 64, 128, 256, 384, 384, 384], conditionSize: Int
  ) {
    self.sampleRate = sampleRate
    self.fftLength = fftLength
    self.hopLength = hopLength
    self.channels = channels
    self.conditionSize = conditionSize
  }

  /// USS conditioned on the probabilities of AudioSet's classes.
  public static let classes = ResUNet30Configuration(conditionSize: 527)
  /// USS conditioned on Cnn14's embedding.
  public static let embeddings = ResUNet30Configuration(conditionSize: 2048)
  /// AudioSep's separator, conditioned on CLAP's embedding.
  public static let audioSep = ResUNet30Configuration(conditionSize: 512)

  /// Frames that the network needs a multiple of: what its encoder halves.
  static let frameMultiple = 32

  /// Samples of a segment of two seconds, which is what the networks are trained on.
  public var segmentSamples: Int { 2 * sampleRate }

  /// The configuration with what shapes don't say, `sampleRate` and `hopLength`, as far as a JSON object
  /// has it.
  ///
  /// - Throws: `DecodingError` for any other entry.
  public func replacing(with json: Data) throws -> ResUNet30Configuration {
    var result = self
    for (name, value) in try JSONDecoder().decode([String: Int].self, from: json) {
      switch name {
      case "sampleRate": result.sampleRate = value
      case "hopLength": result.hopLength = value
      default:
        throw DecodingError.dataCorrupted(
          .init(codingPath: [], debugDescription: "an entry that shapes say: \(name)"))
      }
    }
    return result
  }
}
