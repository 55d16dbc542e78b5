// SPDX-License-Identifier: Apache-2.0

/// A model that can be asked for by name: its files, and what is known of it.
public struct PublishedModel: Sendable, Hashable {
  /// The name.
  public let name: String
  /// Other names that it goes by.
  public let aliases: [String]
  /// What kind of network it is; of a bag with several kinds, the one that needs most.
  public let family: ModelFamily
  /// What it does, in a few words.
  public let summary: String
  /// What it takes recordings apart into; empty where that isn't fixed.
  public let sources: [String]
  /// Samples a second.
  public let sampleRate: Int
  /// Its checkpoint; several make a bag, whose estimates are averaged.
  public let files: [PublishedFile]
  /// For each file of a bag the weight of each source; `nil`: all count the same.
  public let weights: [[Double]]?
  /// Seconds of a segment that a bag prescribes.
  public let segmentSeconds: Double?
  /// The licence of the weights, as far as it is known.
  public let licence: String
  /// How good its publishers measured it to be.
  public let quality: PublishedQuality?
  /// Whether its file comes with the programs.
  public let isBundled: Bool

  package init(
    _ name: String, aliases: [String] = [], _ family: ModelFamily, _ summary: String,
    sources: [String] = [], sampleRate: Int = 44100, files: [PublishedFile],
    weights: [[Double]]? = nil, segmentSeconds: Double? = nil, licence: String,
    quality: PublishedQuality? = nil, isBundled: Bool = false
  ) {
    self.name = name
    self.aliases = aliases
    self.family = family
    self.summary = summary
    self.sources = sources
    self.sampleRate = sampleRate
    self.files = files
    self.weights = weights
    self.segmentSeconds = segmentSeconds
    self.licence = licence
    self.quality = quality
    self.isBundled = isBundled
  }

  /// The bytes of all files, as far as they are known; rounded where one is.
  public var bytes: Int? {
    files.reduce(0) { sum, file in
      guard let sum, let bytes = file.size?.bytes else { return nil }
      return sum + bytes
    }
  }
}

/// A file that can be fetched.
public struct PublishedFile: Sendable, Hashable {
  /// How many bytes a file has.
  public enum Size: Sendable, Hashable {
    /// So many.
    case exactly(Int)
    /// About so many: publishers that round, or sizes that follow from the parameters.
    case about(Int)

    /// The number.
    public var bytes: Int {
      switch self {
      case .exactly(let bytes), .about(let bytes): bytes
      }
    }
  }

  /// What the file is called on this machine; no two files have the same name.
  public let name: String
  /// Where its publisher keeps it.
  public let url: String
  /// How large it is, where that is known.
  public let size: Size?
  /// Its SHA-256 in hexadecimal digits, or their beginning; `nil` where nobody published it.
  public let digest: String?

  package init(
    _ name: String, url: String, size: Size? = nil, digest: String? = nil
  ) {
    self.name = name
    self.url = url
    self.size = size
    self.digest = digest
  }

  /// What identifies a file of Demucs' publishers in bags: its name as far as the dash.
  var signature: String? { LocalRepository.signature(ofFile: name)?.signature }
}

/// How good a model is, as published; never measured here.
public struct PublishedQuality: Sendable, Hashable {
  /// One figure.
  public struct Value: Sendable, Hashable {
    /// A source, or "all": the mean of all sources.
    public let name: String
    /// The figure.
    public let decibels: Double
  }

  /// The recordings.
  public let dataSet: String
  /// What was measured, in dB.
  public let metric: String
  /// The figures.
  public let values: [Value]
  /// Where it is published, and what should be known about it.
  public let source: String
}
