// SPDX-License-Identifier: Apache-2.0

/// A sound that can be read piece by piece, more than once.
///
/// Reading mostly moves forward; a source may make that cheap and the rest dear.
public protocol SignalSource {
  /// How many channels there are, at least 1.
  var channels: Int { get }
  /// Frames a second.
  var sampleRate: Int { get }
  /// How many frames there are.
  var frames: Int { get }

  /// The samples of `range`, which lies within `0..<frames`: `[range.count, channels]`.
  func samples(in range: Range<Int>) throws -> [Float]
}

extension InterleavedSignal: SignalSource {
  /// The samples of `range`, `[range.count, channels]`.
  public func samples(in range: Range<Int>) -> [Float] {
    Array(samples[range.lowerBound * channels..<range.upperBound * channels])
  }

  /// All of `source`.
  ///
  /// - Throws: what reading throws.
  public init(_ source: any SignalSource) throws {
    if let signal = source as? InterleavedSignal {
      self = signal
    } else {
      self.init(
        try source.samples(in: 0..<source.frames), channels: source.channels,
        sampleRate: source.sampleRate)
    }
  }
}

/// The sum of sounds of one format; shorter ones go on with zeros.
public struct SummedSource: SignalSource {
  private let parts: [any SignalSource]

  /// The sum of `parts`, at least one.
  ///
  /// - Throws: `MetricError` where they differ in rate or channels.
  public init(_ parts: [any SignalSource]) throws(MetricError) {
    precondition(!parts.isEmpty, "a sum of no sounds")
    for part in parts { try parts[0].checkFormat(of: part) }
    self.parts = parts
  }

  /// The channels of each part.
  public var channels: Int { parts[0].channels }
  /// Frames a second.
  public var sampleRate: Int { parts[0].sampleRate }
  /// The frames of the longest part.
  public var frames: Int { parts.map(\.frames).max() ?? 0 }

  /// The samples of `range`, `[range.count, channels]`.
  ///
  /// - Throws: what reading a part throws.
  public func samples(in range: Range<Int>) throws -> [Float] {
    var sum = [Float](repeating: 0, count: range.count * channels)
    for part in parts {
      let samples = try part.samples(in: range.clamped(to: 0..<part.frames))
      for index in samples.indices { sum[index] += samples[index] }
    }
    return sum
  }
}

/// A sound made as long as another: cut, or continued with zeros.
public struct FittedSource: SignalSource {
  private let source: any SignalSource
  /// How many frames there are.
  public let frames: Int

  /// `source` with `frames` frames.
  public init(_ source: any SignalSource, frames: Int) {
    self.source = source
    self.frames = frames
  }

  /// The channels of the sound.
  public var channels: Int { source.channels }
  /// Frames a second.
  public var sampleRate: Int { source.sampleRate }

  /// The samples of `range`, `[range.count, channels]`.
  ///
  /// - Throws: what reading the sound throws.
  public func samples(in range: Range<Int>) throws -> [Float] {
    let samples = try source.samples(in: range.clamped(to: 0..<source.frames))
    let missing = range.count * channels - samples.count
    return missing == 0 ? samples : samples + [Float](repeating: 0, count: missing)
  }
}

/// A sound as 16-bit integers would hold it: what musdb makes of every reference.
public struct SixteenBitSource: SignalSource {
  private let source: any SignalSource

  /// `source` rounded to multiples of 2⁻¹⁵ and clipped to full scale.
  public init(_ source: any SignalSource) { self.source = source }

  /// The channels of the sound.
  public var channels: Int { source.channels }
  /// Frames a second.
  public var sampleRate: Int { source.sampleRate }
  /// How many frames there are.
  public var frames: Int { source.frames }

  /// The samples of `range`, `[range.count, channels]`.
  ///
  /// - Throws: what reading the sound throws.
  public func samples(in range: Range<Int>) throws -> [Float] {
    try source.samples(in: range).map { sample in
      min(max((sample * 32768).rounded(.toNearestOrEven), -32768), 32767) / 32768
    }
  }
}

extension SignalSource {
  func checkFormat(of estimate: any SignalSource) throws(MetricError) {
    guard sampleRate == estimate.sampleRate else {
      throw .sampleRatesDiffer(reference: sampleRate, estimate: estimate.sampleRate)
    }
    guard channels == estimate.channels else {
      throw .channelsDiffer(reference: channels, estimate: estimate.channels)
    }
  }

  func checkShape(of estimate: any SignalSource) throws(MetricError) {
    try checkFormat(of: estimate)
    guard frames == estimate.frames else {
      throw .lengthsDiffer(referenceFrames: frames, estimateFrames: estimate.frames)
    }
  }
}
