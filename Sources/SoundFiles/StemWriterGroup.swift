// SPDX-License-Identifier: Apache-2.0
internal import Files

/// What happens to samples beyond ±1 in files that can't hold them (integers, Vorbis, MP3).
public enum ClipPolicy: String, Sendable, Hashable, CaseIterable {
  /// One gain for all stems, so that they still sum to the mixture.
  case rescale
  /// A gain for each stem, as demucs does.
  case rescaleEach = "rescale-each"
  /// Each sample is limited to ±1.
  case clamp
  /// Samples are left: integers saturate, lossy encoders take them as they are.
  case none

  /// The gain that brings a peak below full scale; 1 where it is there already.
  ///
  /// Demucs divides by max(1.01 · peak, 1), which also makes peaks between 0.99 and 1 a little
  /// quieter; here what fits is left as it is.
  static func gain(forPeak peak: Float) -> Float { peak > 1 ? 1 / (1.01 * peak) : 1 }
}

/// The files of several stems, which appear all together or not at all.
///
/// Memory is bounded: where a gain may be needed, float32 samples wait in nameless files in the
/// outputs' folders until the peak is known. With a float32 encoding samples pass bit by bit.
public final class StemWriterGroup {
  /// What became of one stem.
  public struct Report: Sendable, Equatable {
    /// The largest magnitude that was written to the group.
    public let peak: Float
    /// What samples were multiplied by.
    public let gain: Float
  }

  private let paths: [SoundFilePath]
  private let channels: Int
  private let policy: ClipPolicy
  private let writers: [SoundFileWriter]
  /// One for each stem, where a gain may be needed; else empty.
  private var spools: [Descriptor] = []
  private var peaks: [Float]
  private var frames: [Int]
  private var dropped: Set<Int> = []

  /// Begins one file a stem.
  ///
  /// - Parameters:
  ///   - paths: The files, in the order of the stems; their folders must be there.
  ///   - format: The rate and channels of every block.
  ///   - encoding: How samples are stored.
  ///   - policy: What happens to samples beyond ±1.
  ///   - replacing: Whether files of these names may be there and are then replaced.
  ///   - dither: Noise added before rounding to integers, from another seed for each stem.
  /// - Throws: `.exists`, `.cannotWrite` or `.unsupportedEncoding`; then nothing is left behind.
  public init(
    paths: [SoundFilePath], format: AudioFormat, encoding: SoundFileEncoding, policy: ClipPolicy,
    replacing: Bool, dither: Dither? = nil
  ) throws(SoundFileError) {
    if let twice = paths.first(where: { path in paths.count(where: { $0 == path }) > 1 }) {
      throw .cannotWrite(path: twice.description, reason: "two stems would have this name")
    }
    self.paths = paths
    channels = format.channels
    self.policy = encoding.clips ? policy : .none
    peaks = Array(repeating: 0, count: paths.count)
    frames = Array(repeating: 0, count: paths.count)
    var writers: [SoundFileWriter] = []
    for (index, path) in paths.enumerated() {
      let noise = dither.map { Dither(seed: $0.seed &+ UInt64(index)) }
      writers.append(
        try SoundFileWriter(
          at: path, format: format, encoding: encoding, replacing: replacing, dither: noise))
    }
    self.writers = writers
    if self.policy == .rescale || self.policy == .rescaleEach {
      for path in paths {
        do {
          spools.append(try Descriptor.temporary(inFolder: path.folder))
        } catch { throw .cannotWrite(path: path.description, reason: error.reason) }
      }
    }
  }

  /// Adds a block to one stem.
  ///
  /// - Throws: `.notFinite`, `.cannotWrite`; the caller then cancels.
  public func write(_ block: AudioBlock, stem: Int) throws(SoundFileError) {
    let peak = block.samples.reduce(0) { max($0, abs($1)) }
    peaks[stem] = max(peaks[stem], peak)
    if spools.isEmpty {
      try writers[stem].write(policy == .clamp ? block.scaled { min(max($0, -1), 1) } : block)
      return
    }
    try block.checkFinite(paths[stem], firstFrame: frames[stem])
    frames[stem] += block.frames
    do {
      try block.samples.withUnsafeBufferPointer { (samples) throws(SystemFailure) in
        try spools[stem].write(UnsafeRawBufferPointer(samples))
      }
    } catch { throw .cannotWrite(path: paths[stem].description, reason: error.reason) }
  }

  /// Gives one stem up: it gets no file.
  public func drop(_ stem: Int) {
    dropped.insert(stem)
    peaks[stem] = 0
    writers[stem].cancel()
  }

  /// Completes all files and gives them their names; fails for all or for none.
  ///
  /// Where naming a later file fails, earlier ones are removed again, except those that had
  /// replaced a file.
  ///
  /// - Returns: What became of each stem, in order.
  /// - Throws: `.notFinite`, `.cannotWrite` or `.exists`; then nothing is left behind.
  @discardableResult public func finish() throws(SoundFileError) -> [Report] {
    let common = ClipPolicy.gain(forPeak: peaks.max() ?? 0)
    let reports = peaks.map { peak in
      switch policy {
      case .rescale: Report(peak: peak, gain: common)
      case .rescaleEach: Report(peak: peak, gain: ClipPolicy.gain(forPeak: peak))
      case .clamp, .none: Report(peak: peak, gain: 1)
      }
    }
    var named: [PartialFile] = []
    do {
      for (stem, spool) in spools.enumerated() where !dropped.contains(stem) {
        try copy(spool, to: stem, gain: reports[stem].gain)
      }
      let kept = writers.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
      for writer in kept { try writer.complete() }
      for writer in kept {
        if let file = try writer.commit() { named.append(file) }
      }
    } catch {
      for file in named { file.withdraw() }
      cancel()
      throw error
    }
    return reports
  }

  /// Gives all files up.
  ///
  /// Does nothing after `finish()`.
  public func cancel() {
    for writer in writers { writer.cancel() }
    spools = []
  }

  private func copy(_ spool: Descriptor, to stem: Int, gain: Float) throws(SoundFileError) {
    let source: PulseCodeStream
    do {
      try spool.seek(to: 0)
    } catch { throw .cannotWrite(path: paths[stem].description, reason: error.reason) }
    source = PulseCodeStream(
      spool, path: paths[stem], format: AudioFormat(sampleRate: 0, channels: channels),
      code: .float32, start: 0, frameCount: nil, isSeekable: true)
    while true {
      let samples = try source.read(frames: 1 << 14)
      if samples.isEmpty { return }
      let block = AudioBlock(channels: channels, samples: samples)
      try writers[stem].write(gain == 1 ? block : block.scaled { $0 * gain })
    }
  }
}

extension AudioBlock {
  fileprivate func scaled(_ change: (Float) -> Float) -> AudioBlock {
    AudioBlock(channels: channels, samples: samples.map(change))
  }
}
