// SPDX-License-Identifier: Apache-2.0

/// How samples are stored in a file that is written.
public struct SoundFileEncoding: Sendable, Hashable {
  /// The kind of file.
  public enum Container: String, Sendable, Hashable, CaseIterable {
    /// RIFF WAVE; RF64 once it passes 4 GiB.
    case wav
    /// FLAC: lossless, at most 8 channels.
    case flac
    /// Ogg Vorbis, at the encoder's quality 6 of 10.
    case ogg
    /// MPEG layer III at the highest constant bit rate, 1 or 2 channels.
    ///
    /// Without samples it is a file without bytes.
    case mp3
    /// AIFF, or AIFF-C for float32; at most 4 GiB.
    case aiff
    /// Apple's Core Audio Format.
    case caf

    /// The container of that name, in any case; `aif` and `wave` count too.
    public init?(name: String) {
      switch name.lowercased() {
      case "aif": self = .aiff
      case "wave": self = .wav
      case let name: self.init(rawValue: name)
      }
    }

    /// What a file name ends in, without the dot.
    public var fileExtension: String { rawValue }
  }

  /// The type of a stored sample.
  ///
  /// Vorbis and MP3 have none: they ignore it.
  public enum SampleFormat: String, Sendable, Hashable, CaseIterable {
    /// 16-bit integers: sample × 32768, rounded to the nearest, saturated.
    case int16
    /// 24-bit integers: sample × 8388608, rounded to the nearest, saturated.
    case int24
    /// 32-bit floating point, bit by bit as given.
    case float32

    /// How many bytes a sample takes.
    public var bytes: Int {
      switch self {
      case .int16: 2
      case .int24: 3
      case .float32: 4
      }
    }
  }

  /// The kind of file.
  public var container: Container
  /// The type of a stored sample.
  public var sampleFormat: SampleFormat

  /// Makes an encoding; whether the container has that sample type shows when it is used.
  public init(container: Container, sampleFormat: SampleFormat) {
    self.container = container
    self.sampleFormat = sampleFormat
  }

  /// Whether the container compresses with loss and so has no sample type.
  var isLossy: Bool { container == .ogg || container == .mp3 }

  /// Whether samples beyond ±1 get lost: in all but floating point.
  public var clips: Bool { isLossy || sampleFormat != .float32 }
}
