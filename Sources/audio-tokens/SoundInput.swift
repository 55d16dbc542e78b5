// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import SoundFiles

/// Which sound, and what of it.
struct SoundInputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Begin so many seconds into the input.", valueName: "seconds"))
  var start = 0.0

  @Option(help: ArgumentHelp("Take so many seconds.", valueName: "seconds"))
  var duration: Double?

  @Flag(help: "Inputs are samples without header: float32, interleaved, little-endian.")
  var rawSamples = false

  @Option(help: ArgumentHelp("The rate of raw samples (default: the model's).", valueName: "hertz"))
  var rawRate: Int?

  @Option(help: ArgumentHelp("The channels of raw samples.", valueName: "number"))
  var rawChannels = 1

  func validate() throws {
    try SoundSection(start: start, duration: duration).check()
    if let rawRate, !(1...768_000).contains(rawRate) {
      throw ValidationError("--raw-rate \(rawRate): expected 1 to 768000")
    }
    guard (1...64).contains(rawChannels) else {
      throw ValidationError("--raw-channels \(rawChannels): expected 1 to 64")
    }
  }

  var section: SoundSection { SoundSection(start: start, duration: duration) }
}

/// A part of a recording, in seconds.
struct SoundSection: Sendable {
  var start = 0.0
  var duration: Double?

  func check() throws {
    guard start >= 0 && start < 1e9 else {
      throw ValidationError("--start \(start): expected seconds from 0 on")
    }
    if let duration, !(duration > 0 && duration < 1e9) {
      throw ValidationError("--duration \(duration): expected seconds above 0")
    }
  }
}

/// A recording on its way to the codec: mixed down to one channel, then brought to the codec's rate.
///
/// In that order, and with torchaudio's filter, because the reference does it so: other filters give
/// other tokens.
struct SoundInput {
  let source: any AudioSource
  /// How long it is; nil where that shows only at its end.
  var seconds: Double? {
    source.frameCount.map { Double($0) / Double(source.format.sampleRate) }
  }
  private let reader: (any AudioSource)?
  private let path: PathBytes
  private let section: SoundSection

  init(
    _ path: PathBytes, section: SoundSection, sampleRate: Int, raw: SoundInputOptions? = nil
  ) throws {
    self.path = path
    self.section = section
    let reader: any AudioSource
    if let raw, raw.rawSamples {
      reader = try RawSampleReader(
        at: path.soundFile,
        format: AudioFormat(sampleRate: raw.rawRate ?? sampleRate, channels: raw.rawChannels))
    } else {
      reader = try openSound(at: path.soundFile)
    }
    self.reader = reader
    var source = reader
    let rate = Double(source.format.sampleRate)
    if section.start > 0 || section.duration != nil {
      source = TrimmedSource(
        source, startFrame: Int((section.start * rate).rounded()),
        duration: section.duration.map { max(1, Int(($0 * rate).rounded())) })
    }
    if source.format.channels != 1 { source = ChannelMappedSource(source, to: 1) }
    if source.format.sampleRate != sampleRate {
      source = ResampledSource(source, to: sampleRate, kernel: .torchaudio)
    }
    self.source = source
  }

  /// Says what should be known before the result is trusted; to be called at the end.
  func warn() {
    guard section.duration == nil, let truncation = (reader as? SoundFileReader)?.truncation else {
      return
    }
    Console.standard.warn(
      "\(path): is cut short, \(truncation.foundFrames) of \(truncation.expectedFrames) frames")
  }
}
