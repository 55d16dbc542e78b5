// SPDX-License-Identifier: Apache-2.0
public import SoundFiles
internal import Tensors

/// Why a separation can't go on.
public enum SeparationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The network computed a NaN or an infinity. Frames count from 0.
  case notFinite(stem: String, frame: Int)

  /// One line: what is wrong and what to do.
  public var description: String {
    switch self {
    case .notFinite(let stem, let frame):
      "the model's \(stem) is not a finite number at frame \(frame); "
        + "its weights may be damaged or of another model"
    }
  }
}

/// One signal on its way through a separator: any rate and channel count in, stems of the same rate
/// and length out, in bounded memory.
///
///     blocks ─ channels ─ resampler ─ stage ─┬─ stem ─ resampler ─ channels ─ blocks
///        └──────────── wait for the stems ───┴─ residual
public final class Separation {
  /// Receives the next samples of a stem.
  public typealias Emit = (_ stem: Int, _ block: AudioBlock) throws -> Void

  /// The rate and channels of every stem.
  public let format: AudioFormat
  /// Frames taken so far.
  public private(set) var framesIn = 0
  /// Frames of each stem emitted so far.
  public private(set) var framesOut = 0

  private let separator: any Separator
  private let stems: [Stem]
  private let run: Run
  private let stage: any SeparationStage
  private var toModel: Resampler
  private var fromModel: [Resampler]  // one a source
  // Sources at the output's rate and channels, as far as they have come, and the mixture that waits
  // for them where a residual is wanted.
  private let mixture: SampleSpool?

  /// Begins a separation.
  ///
  /// - Parameters:
  ///   - separator: The network.
  ///   - format: The mixture's rate and channels. Stems have the same rate, and its channels or the
  ///     network's, whichever are fewer.
  ///   - stems: What is wanted.
  ///   - settings: How the signal is cut.
  ///   - threads: How many threads work.
  public init(
    _ separator: any Separator, format: AudioFormat, stems: [Stem],
    settings: SeparationSettings = SeparationSettings(), threads: Int
  ) {
    self.separator = separator
    self.stems = stems
    run = Run(threads: threads)
    stage = separator.makeStage(settings, wanted: separator.sources(of: stems))
    let channels = min(format.channels, separator.channels)
    self.format = AudioFormat(sampleRate: format.sampleRate, channels: channels)
    toModel = Resampler(
      from: format.sampleRate, to: separator.sampleRate, channels: separator.channels,
      kernel: .julius)
    fromModel = separator.sources.map { _ in
      Resampler(
        from: separator.sampleRate, to: format.sampleRate, channels: channels, kernel: .julius)
    }
    mixture = stems.contains { $0.content == .residual } ? SampleSpool() : nil
  }

  /// Takes the mixture's next block and emits what it completes.
  ///
  /// - Throws: `SeparationError`, `SoundFileError` for temporary files, and what `emit` throws.
  public func push(_ block: AudioBlock, emit: Emit) throws {
    framesIn += block.frames
    try mixture?.append(block.mapped(toChannels: format.channels).samples)
    let samples = toModel.push(block.mapped(toChannels: separator.channels)).samples
    guard !samples.isEmpty else { return }
    try stage.push(samples, run) { sources in try deliver(sources, emit) }
  }

  /// Takes the mixture's end and emits the rest: every stem then has as many frames as the mixture.
  public func finish(emit: Emit) throws {
    let samples = toModel.finish().samples
    if !samples.isEmpty { try stage.push(samples, run) { sources in try deliver(sources, emit) } }
    try stage.finish(run) { sources in try deliver(sources, emit) }
    try self.emit(fromModel.indices.map { fromModel[$0].finish(frames: framesIn) }, emit)
  }

  private func deliver(_ sources: [[Float]], _ emit: Emit) throws {
    let blocks = sources.enumerated().map { index, samples in
      let block = AudioBlock(channels: separator.channels, samples: samples)
      return fromModel[index].push(block.mapped(toChannels: format.channels))
    }
    try self.emit(blocks, emit)
  }

  private func emit(_ sources: [AudioBlock], _ emit: Emit) throws {
    // Rounded rates can yield a frame too many.
    let frames = min(sources.first?.frames ?? 0, framesIn - framesOut)
    guard frames > 0 else { return }
    defer { framesOut += frames }
    let count = frames * format.channels
    let waited = try mixture?.removeFirst(count)
    for (index, stem) in stems.enumerated() {
      var samples: [Float]
      switch stem.content {
      case .sources(let parts):
        samples = Array(sources[parts.first ?? 0].samples.prefix(count))
        for part in parts.dropFirst() { samples.add(sources[part].samples, times: 1) }
      case .residual:
        samples = waited ?? []
        for source in sources { samples.add(source.samples, times: -1) }
      }
      if let wrong = samples.firstIndex(where: { !$0.isFinite }) {
        throw SeparationError.notFinite(stem: stem.name, frame: framesOut + wrong / format.channels)
      }
      try emit(index, AudioBlock(channels: format.channels, samples: samples))
    }
  }
}

extension [Float] {
  fileprivate mutating func add(_ other: [Float], times factor: Float) {
    for index in indices { self[index] += factor * other[index] }
  }
}
