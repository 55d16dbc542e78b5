// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Checkpoints
internal import CommandSupport
internal import ModelLibrary
internal import TokenFiles
internal import WavTokenizer

/// Which codec.
struct CodecOptions: ParsableArguments {
  @Option(
    name: [.short, .customShort("n"), .long],
    help: "A model's name (see 'models list') or a checkpoint file; else the bundled codec.")
  var model: String?

  @Option(
    help: ArgumentHelp(
      "The model's YAML file, to be checked against the checkpoint; not needed otherwise.",
      valueName: "file"))
  var config: PathBytes?

  @OptionGroup var models: ModelLibraryOptions

  /// The codec, with the parts of the network that are needed.
  func load(_ parts: WavTokenizer.Parts) throws -> Codec {
    try Codec(
      model ?? ModelLibrary.defaultCodec, configuration: config, from: models, parts: parts)
  }
}

/// A codec that was loaded.
struct Codec: Sendable {
  let network: WavTokenizer
  let file: ModelFile
  /// What its tokens are told from others' by.
  let identity: CodecIdentity

  /// Loads the codec that a name or a path stands for.
  init(
    _ model: String, configuration sidecar: PathBytes?, from models: ModelLibraryOptions,
    parts: WavTokenizer.Parts
  ) throws {
    file = try models.file(of: model)
    do {
      let checkpoint = try Checkpoint(path: file.path)
      guard try WavTokenizer.recognises(checkpoint) else {
        throw Failure(.badData, "\(file.path): is no WavTokenizer checkpoint")
      }
      var configuration = try WavTokenizer.configuration(of: checkpoint)
      if let sidecar { try CodecSidecar(sidecar).apply(to: &configuration) }
      network = try WavTokenizer(checkpoint, configuration: configuration, parts: parts)
      identity = CodecIdentity(
        model: file.name,
        fingerprint: network.withCodebookBytes { Fingerprint.text(Fingerprint.of($0)) },
        sampleRate: configuration.sampleRate, hopLength: configuration.hopLength,
        codebookSize: configuration.codebookSize)
    } catch let error as CheckpointError {
      // Some errors know the parameter, but not the file.
      let message = error.description
      throw Failure(
        error.exitStatus, message.hasPrefix(file.path) ? message : "\(file.path): \(message)")
    }
  }
}
