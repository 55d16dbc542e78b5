// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
internal import CommandSupport
internal import Separation
public import SoundFiles

extension ClipPolicy: ExpressibleByArgument {}

/// What is separated with what.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.short, .customShort("n"), .long],
    help: "A model's name ('models list' shows them), a checkpoint file or a bag's .yaml file.")
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A JSON file that says what the checkpoint doesn't, such as {\"maskActivation\": \"sigmoid\"}.",
      valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Seconds the model hears at a time (default: all, where it fits into memory).",
      valueName: "seconds"))
  var segment: Double?

  @Option(
    help: ArgumentHelp(
      "The share of a segment that overlaps the next (default: 0.25 for most models).",
      valueName: "ratio"))
  var overlap: Double?

  @Option(
    help: ArgumentHelp(
      "Segments worked on at a time, each by its share of the threads; memory grows with it.",
      valueName: "number"))
  var jobs = 1

  @Option(help: ArgumentHelp("Average so many randomly shifted passes.", valueName: "number"))
  var shifts = 0

  @Option(help: ArgumentHelp("What the random shifts follow from.", valueName: "number"))
  var seed: UInt64 = 0

  func validate() throws {
    guard (0...100).contains(shifts) else {
      throw ValidationError("--shifts \(shifts): expected a number from 0 to 100")
    }
    if let segment, !(segment > 0 && segment < 86400) {
      throw ValidationError("--segment \(segment): expected seconds above 0")
    }
    guard (1...1024).contains(jobs) else {
      throw ValidationError("--jobs \(jobs): expected a number from 1 to 1024")
    }
    if let overlap, !(overlap >= 0 && overlap < 1) {
      throw ValidationError("--overlap \(overlap): expected a ratio from 0 to below 1")
    }
  }

  /// The separator as these options want it.
  func shifted(_ separator: any Separator) throws(Failure) -> any Separator {
    if let segment, case .windows(let samples) = separator.passage {
      let longest = Double(samples) / Double(separator.sampleRate)
      guard segment <= longest else {
        throw Failure(
          .usage, "--segment \(segment): this model hears no more than \(longest) s at a time")
      }
    }
    if shifts == 0 { return separator }
    guard let shifted = separator.shifted(shifts, seed: seed) else {
      throw Failure(
        .usage, "--shifts is for models that hear whole segments; this one's output does not change"
      )
    }
    return shifted
  }

  var settings: SeparationSettings {
    SeparationSettings(segmentSeconds: segment, overlap: overlap, jobs: jobs)
  }
}

/// What is written where.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write to, or - for standard output.", valueName: "dir"))
  var output = PathBytes("separated")

  @Option(
    help: ArgumentHelp(
      "File names inside the folder; fields {model} {track} {folder} {stem} {ext}.",
      valueName: "template"),
    transform: { text throws(Failure) in try OutputTemplate(text) })
  var filename = OutputTemplate.stems

  @Option(
    help: ArgumentHelp("Write only these stems, separated by commas.", valueName: "a,b"))
  var stems: String?

  @Option(
    help: ArgumentHelp(
      "Write NAME and the sum of the others, no_NAME. All stems are computed all the same.",
      valueName: "name"))
  var twoStems: String?

  @Flag(help: "Also write what is left of the mixture when all stems are taken out.")
  var residual = false

  @Option(help: "The container: wav, flac, ogg, mp3, aiff or caf.")
  var format = SoundFileEncoding.Container.wav

  @Option(help: "How samples are stored: int16, int24 or float32.")
  var sampleFormat = SoundFileEncoding.SampleFormat.int16

  @Option(
    help: ArgumentHelp(
      "Samples beyond full scale: rescale (one gain for all stems), rescale-each, clamp or none.",
      discussion: "With --sample-format float32 nothing is changed."))
  var clip = ClipPolicy.rescale

  @Flag(help: "Leave inputs out whose outputs are there.")
  var skipExisting = false

  @Flag(help: "Replace outputs that are there.")
  var overwrite = false

  @Flag(help: "With -o -: samples without header, float32, interleaved, little-endian.")
  var rawSamples = false

  func validate() throws {
    if skipExisting && overwrite {
      throw ValidationError("--skip-existing and --overwrite exclude each other")
    }
    if rawSamples && !output.isStandardStream {
      throw ValidationError("--raw-samples goes with '-o -'")
    }
  }

  var encoding: SoundFileEncoding {
    SoundFileEncoding(container: format, sampleFormat: sampleFormat)
  }

  /// The stems to write, of those the separator can make.
  func chosenStems(of separator: any Separator) throws(Failure) -> [Stem] {
    let known = separator.sources.joined(separator: ", ")
    var all = separator.stems
    if let twoStems {
      guard let pair = separator.twoStems(twoStems) else {
        throw Failure(.usage, "--two-stems \(twoStems): this model's stems are \(known)")
      }
      all = pair
    }
    if residual { all.append(Stem(name: "residual", content: .residual)) }
    guard let stems else { return all }
    var chosen: [Stem] = []
    for name in stems.split(separator: ",").map({ $0.trimmingPrefix { $0 == " " } }) {
      guard let stem = all.first(where: { $0.name == name }) else {
        let names = all.map(\.name).joined(separator: ", ")
        throw Failure(.usage, "--stems \(name): there are \(names)")
      }
      if !chosen.contains(stem) { chosen.append(stem) }
    }
    return chosen
  }
}
