// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import SoundFiles

/// Which sound, and what of it.
struct SoundInputOptions: ParsableArguments {
  @OptionGroup var range: RangeOptions

  @Flag(help: "Inputs are samples without header: float32, interleaved, little-endian.")
  var rawSamples = false

  @Option(help: ArgumentHelp("The rate of raw samples (default: the model's).", valueName: "hertz"))
  var rawRate: Int?

  @Option(help: ArgumentHelp("The channels of raw samples.", valueName: "number"))
  var rawChannels = 1

  func validate() throws {
    if let rawRate, !(1...768_000).contains(rawRate) {
      throw ValidationError("--raw-rate \(rawRate): expected 1 to 768000")
    }
    guard (1...64).contains(rawChannels) else {
      throw ValidationError("--raw-channels \(rawChannels): expected 1 to 64")
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
  private let reader: any AudioSource
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
    var source = section.trimmed(reader)
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
