// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import SoundFiles

/// Where the stems of one input go: files that appear together, or one stem on standard output.
final class StemSink {
  private enum Target {
    case files(StemWriterGroup)
    case stream(SoundFileWriter)
  }

  private let target: Target
  /// Each stem's highest sample so far.
  private var highest: [Float]
  /// The stems that aren't dropped.
  private(set) var kept: [Int]
  /// What all stems were multiplied by, once finished, where it was the same for all.
  private(set) var commonGain: Float?

  init(_ paths: [PathBytes], format: AudioFormat, options: OutputOptions) throws {
    highest = paths.map { _ in -.infinity }
    kept = Array(paths.indices)
    let files = paths.map { SoundFilePath(bytes: $0.bytes) }
    if options.output.isStandardStream, let path = files.first {
      target = .stream(
        options.rawSamples
          ? try SoundFileWriter(rawSamplesAt: path, format: format, replacing: false)
          : try SoundFileWriter(
            at: path, format: format, encoding: options.encoding, replacing: false))
      return
    }
    for path in paths {
      let folder = path.parent
      try OutputFolder.prepare(folder.bytes.isEmpty ? PathBytes(".") : folder)
    }
    target = .files(
      try StemWriterGroup(
        paths: files, format: format, encoding: options.encoding, policy: options.clip,
        replacing: options.overwrite || options.skipExisting))
  }

  func write(_ stem: Int, _ block: AudioBlock) throws {
    highest[stem] = max(highest[stem], block.samples.max() ?? -.infinity)
    switch target {
    case .files(let group): try group.write(block, stem: stem)
    case .stream(let writer): try writer.write(block)
    }
  }

  /// Drops stems of which nothing is heard, by the reference's rule: no sample is above 1e-6.
  func dropSilentStems() {
    guard case .files(let group) = target else { return }
    for stem in kept where !(highest[stem] > 1e-6) { group.drop(stem) }
    kept.removeAll { !(highest[$0] > 1e-6) }
  }

  func finish() throws {
    switch target {
    case .files(let group):
      let gains = try group.finish().map(\.gain)
      commonGain = gains.allSatisfy { $0 == gains.first } ? gains.first : nil
    case .stream(let writer): try writer.finish()
    }
  }

  func cancel() {
    switch target {
    case .files(let group): group.cancel()
    case .stream(let writer): writer.cancel()
    }
  }
}
