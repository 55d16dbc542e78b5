// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// All models that have names.
public enum Catalogue {
  /// The models, separators first.
  public static let models =
    bundled + demucsModels + convTasNetModels + wavTokenizerModels + universalSeparationModels

  private static let bundled = [
    PublishedModel(
      "music-4stems", .maskingDemucs, "music into four stems, small and quick",
      sources: ["drums", "bass", "other", "vocals"],
      files: [PublishedFile("music-4stems.safetensors", url: "")], licence: "Apache-2.0",
      isBundled: true),
    PublishedModel(
      "speech-noise-16k", .convTasNet, "speech apart from noise, live",
      sources: ["speech", "noise"], sampleRate: 16000,
      files: [PublishedFile("speech-noise-16k.safetensors", url: "")], licence: "Apache-2.0",
      isBundled: true),
  ]

  /// The model called `name`, or the checkpoint whose signature it is, as a model of its own.
  public static func model(named name: String) -> PublishedModel? {
    if let model = models.first(where: { $0.name == name || $0.aliases.contains(name) }) {
      return model
    }
    // Two publishers may have chosen the same signature: then it is nobody's name.
    let found = models.lazy.flatMap { model in model.files.map { (model, $0) } }
      .filter { _, file in file.signature == name }
    guard let (bag, file) = found.first, found.allSatisfy({ $0.1 == file }) else { return nil }
    return PublishedModel(
      name, bag.family, "one of the networks of \(bag.name)", sources: bag.sources,
      sampleRate: bag.sampleRate, files: [file], segmentSeconds: nil, licence: bag.licence)
  }

  /// The model called `name`, which must be there.
  package static func known(_ name: String) throws(ModelLibraryError) -> PublishedModel {
    guard let model = model(named: name) else {
      throw .unknown(model: name, nearest: names(like: name))
    }
    return model
  }

  /// The names most like one that isn't there.
  static func names(like name: String) -> [String] {
    nearestNames(to: name, among: models.flatMap { [$0.name] + $0.aliases })
  }
}
