// SPDX-License-Identifier: Apache-2.0
public import Checkpoints
internal import ConvTasNet
internal import Demucs
internal import Foundation
public import ModelLibrary
internal import UniversalSeparation

/// Loads the network that a checkpoint holds, whichever family it is of, or all networks of a bag.
///
/// - Parameters:
///   - model: Where the checkpoint is, or the bag's.
///   - configuration: A JSON file whose entries replace those of the network's configuration, where
///     the checkpoint alone does not say.
///   - tagger: The file of a tagger, for query-conditioned networks.
///   - listens: Whether such a network will need a tagger at all.
/// - Throws: `CheckpointError`; `.unsupported` where it is a checkpoint of no known network.
public func loadSeparator(
  _ model: ModelFile, configuration path: String? = nil, tagger: String? = nil, listens: Bool = true
) throws(CheckpointError) -> any Separator {
  if let bag = model.bag {
    if path != nil {
      throw .unsupported(path: model.path, detail: "a configuration for a bag; leave it out")
    }
    return try loadBag(bag, path: model.path)
  }
  let checkpoint = try Checkpoint(path: model.path)
  if try ResUNet30.recognises(checkpoint) {
    return try UniversalSeparator(
      checkpoint,
      tagger: try tagger.map { path throws(CheckpointError) in try Checkpoint(path: path) },
      listens: listens
    ) { configuration throws(CheckpointError) in
      guard let path else { return }
      configuration = try replaced(configuration, path: path, of: "a ResUNet30")
    }
  }
  if let demucs = try loadDemucs(checkpoint) {
    if path != nil {
      throw .unsupported(
        path: model.path, detail: "a configuration for a Demucs, whose file says all; leave it out")
    }
    return demucs
  }
  guard try ConvTasNet.recognises(checkpoint) else {
    throw .unsupported(
      path: model.path, detail: "neither a Demucs nor a Conv-TasNet nor a ResUNet30")
  }
  return try ConvTasNet(checkpoint) { configuration throws(CheckpointError) in
    guard let path else { return }
    configuration = try replaced(configuration, path: path, of: "a Conv-TasNet")
  }
}

/// The Demucs that a checkpoint holds, of whatever generation; `nil` where it holds none.
private func loadDemucs(_ checkpoint: Checkpoint) throws(CheckpointError) -> (any Separator)? {
  if try Demucs.recognises(checkpoint) { return try Demucs(checkpoint) }
  if try TimeDemucs.recognises(checkpoint) { return try TimeDemucs(checkpoint) }
  if try HybridDemucs.recognises(checkpoint) { return try HybridDemucs(checkpoint) }
  if try MaskingDemucs.recognises(checkpoint) { return try MaskingDemucs(checkpoint) }
  if try HybridTransformerDemucs.recognises(checkpoint) {
    return try HybridTransformerDemucs(checkpoint)
  }
  return nil
}

private func loadBag(
  _ bag: ModelBag, path: String
) throws(CheckpointError) -> any Separator {
  var members: [BagOfSeparators.Member] = []
  for (index, file) in bag.members.enumerated() {
    let separator = try loadSeparator(file)
    let weights = bag.weights?[index] ?? separator.sources.map { _ in 1 }
    members.append(
      BagOfSeparators.Member(
        separator: separator, weights: weights.map(Float.init),
        segmentSeconds: bag.segmentSeconds.flatMap { separator.prescribed($0) }))
  }
  do {
    return try BagOfSeparators(members)
  } catch {
    throw .unsupported(path: path, detail: error.description)
  }
}

extension Separator {
  /// The segments that a bag prescribes, where they replace the network's own: where they are longer
  /// (demucs' present rule; its releases 4.0 replaced shorter ones too).
  fileprivate func prescribed(_ seconds: Double) -> Double? {
    guard case .segments(let samples, _) = passage else { return nil }
    return seconds * Double(sampleRate) > Double(samples) ? seconds : nil
  }
}

/// A configuration with some entries replaced by those of a file.
private func replaced<Configuration: ReplaceableConfiguration>(
  _ configuration: Configuration, path: String, of network: String
) throws(CheckpointError) -> Configuration {
  do {
    return try configuration.replacing(with: Data(contentsOf: URL(fileURLWithPath: path)))
  } catch is DecodingError {
    throw .malformed(
      path: path, detail: "it is no object of \(network)'s configuration's entries")
  } catch {
    throw .cannotOpen(path: path, reason: error.localizedDescription)
  }
}

/// A configuration that takes entries of a JSON object in place of its own.
private protocol ReplaceableConfiguration {
  func replacing(with json: Data) throws -> Self
}

extension ConvTasNetConfiguration: ReplaceableConfiguration {}
extension ResUNet30Configuration: ReplaceableConfiguration {}
