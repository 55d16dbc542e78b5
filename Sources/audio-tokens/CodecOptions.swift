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
    help: "A checkpoint file, or a name that 'models list' shows.")
  var model: String?

  @Option(
    help: ArgumentHelp(
      "The model's YAML file, to be checked against the checkpoint; not needed otherwise.",
      valueName: "file"))
  var config: PathBytes?

  /// The codec, with the parts of the network that are needed.
  func load(_ parts: WavTokenizer.Parts) throws -> Codec {
    guard let model else {
      throw Failure(
        .unavailable,
        "no codec comes with the program: name a checkpoint with --model FILE, or one of the models "
          + "that '\(Program.name) models' lists")
    }
    let file = try ModelLibrary.resolve(model)
    do {
      let checkpoint = try Checkpoint(path: file.path)
      guard try WavTokenizer.recognises(checkpoint) else {
        throw Failure(.badData, "\(file.path): is no WavTokenizer checkpoint")
      }
      var configuration = try WavTokenizer.configuration(of: checkpoint)
      if let config { try CodecSidecar(config).apply(to: &configuration) }
      let network = try WavTokenizer(checkpoint, configuration: configuration, parts: parts)
      return Codec(network: network, file: file)
    } catch let error as CheckpointError {
      // Some errors know the parameter, but not the file.
      let message = error.description
      throw Failure(
        error.exitStatus, message.hasPrefix(file.path) ? message : "\(file.path): \(message)")
    }
  }
}

/// A codec that was loaded.
struct Codec: Sendable {
  let network: WavTokenizer
  let file: ModelFile
  /// What its tokens are told from others' by.
  let identity: CodecIdentity

  init(network: WavTokenizer, file: ModelFile) {
    self.network = network
    self.file = file
    let configuration = network.configuration
    identity = CodecIdentity(
      model: file.name, fingerprint: network.fingerprint, sampleRate: configuration.sampleRate,
      hopLength: configuration.hopLength, codebookSize: configuration.codebookSize)
  }
}
