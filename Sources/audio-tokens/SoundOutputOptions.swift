// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import SoundFiles

/// Where decoded sound is written, and how.
struct SoundOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write to, or - for standard output.", valueName: "dir"))
  var output: PathBytes?

  @Option(
    help: ArgumentHelp(
      "File names inside the folder; fields {track} {folder} {model} {ext}.", valueName: "template"),
    transform: { text throws(Failure) in try OutputTemplate(text) })
  var filename = OutputTemplate.tracks

  @Option(help: "The container: wav, flac, ogg, mp3, aiff or caf.")
  var format = SoundFileEncoding.Container.wav

  @Option(help: "How samples are stored: int16, int24 or float32.")
  var sampleFormat = SoundFileEncoding.SampleFormat.int16

  @Flag(help: "Leave inputs out whose outputs are there.")
  var skipExisting = false

  @Flag(help: "Replace outputs that are there.")
  var overwrite = false

  func validate() throws {
    if skipExisting && overwrite {
      throw ValidationError("--skip-existing and --overwrite exclude each other")
    }
  }

  var encoding: SoundFileEncoding {
    SoundFileEncoding(container: format, sampleFormat: sampleFormat)
  }

  /// The path of a recording inside `folder`.
  func path(in output: PathBytes, folder: PathBytes, track: PathBytes, model: String) -> PathBytes {
    output.appending(
      filename.path([
        .model: PathBytes(model), .track: track, .folder: folder,
        .ext: PathBytes(format.fileExtension),
      ]))
  }
}

/// Decoded sound on its way to a file or a pipe.
final class SoundOutput {
  private let writer: SoundFileWriter
  private let path: PathBytes
  private let encoding: SoundFileEncoding
  private let limit: Int?
  /// How many samples were written.
  private(set) var samples = 0
  /// How many of them were beyond full scale.
  private var beyondFullScale = 0

  /// Begins mono sound.
  ///
  /// - Parameter limit: How many samples are written at most.
  init(
    _ path: PathBytes, sampleRate: Int, options: SoundOutputOptions, rawSamples: Bool = false,
    limit: Int? = nil
  ) throws {
    self.path = path
    self.limit = limit
    encoding = options.encoding
    let format = AudioFormat(sampleRate: sampleRate, channels: 1)
    if !path.isStandardStream { try OutputFolder.prepare(path.parent) }
    let replacing = options.overwrite || options.skipExisting
    writer =
      rawSamples
      ? try SoundFileWriter(rawSamplesAt: path.soundFile, format: format, replacing: replacing)
      : try SoundFileWriter(
        at: path.soundFile, format: format, encoding: encoding, replacing: replacing)
  }

  func write(_ block: [Float]) throws {
    let block = Array(block.prefix(limit.map { $0 - samples } ?? block.count))
    if block.isEmpty { return }
    samples += block.count
    beyondFullScale += block.count { abs($0) > 1 }
    try writer.write(AudioBlock(channels: 1, samples: block))
  }

  func finish() throws {
    try writer.finish()
    if encoding.clips && beyondFullScale > 0 {
      Console.standard.info(
        "\(path): \(beyondFullScale) of \(samples) samples were beyond full scale and are cut off "
          + "(--sample-format float32 leaves them as they are)")
    }
  }

  func cancel() { writer.cancel() }
}
