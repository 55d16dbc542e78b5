// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Foundation
internal import WavTokenizer
internal import Yams

/// The YAML file that a training program leaves beside its checkpoints.
///
/// The tensors' shapes tell all of it but the sample rate; reading it finds out whether the two belong
/// together. Classes that it names are not looked at.
struct CodecSidecar {
  private let path: PathBytes
  private let root: Node

  private static let mostBytes = 1 << 20

  /// Reads the file at `path`.
  ///
  /// - Throws: `Failure` where there is none, or it is no YAML mapping.
  init(_ path: PathBytes) throws(Failure) {
    self.path = path
    guard path.exists, let text = path.text, let file = FileHandle(forReadingAtPath: text) else {
      throw Failure(.missingInput, "\(path): no such file")
    }
    let bytes = (try? file.read(upToCount: Self.mostBytes + 1)) ?? Data()
    guard bytes.count <= Self.mostBytes else {
      throw Failure(.badData, "\(path): is no model's YAML file: longer than 1 MiB")
    }
    let document = try? Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
    guard let document, let mapping = document.mapping else {
      throw Failure(.badData, "\(path): is no model's YAML file")
    }
    // The training program's layout, or that of a package for use alone.
    root = mapping["model"]?.mapping?["init_args"] ?? document
    if root.mapping?["feature_extractor"] == nil {
      throw Failure(.badData, "\(path): is no model's YAML file: it has no feature_extractor")
    }
  }

  /// Puts what the file says in the place of what the checkpoint told.
  ///
  /// - Throws: `Failure` where a value is of the wrong kind.
  func apply(to configuration: inout WavTokenizerConfiguration) throws(Failure) {
    func replace(_ value: inout Int, _ part: String?, _ key: String) throws(Failure) {
      value = try number(part, key) ?? value
    }
    try replace(&configuration.sampleRate, nil, "sample_rate")
    if let node = node("feature_extractor", "dowmsamples") {
      let strides = node.sequence?.compactMap(\.int) ?? []
      guard !strides.isEmpty, strides.count == node.sequence?.count else {
        throw wrong("dowmsamples", "a list of numbers")
      }
      // The file lists them as the decoder would have them.
      configuration.strides = strides.reversed()
    }
    if let node = node("feature_extractor", "bandwidths") {
      guard let count = node.sequence?.count else { throw wrong("bandwidths", "a list") }
      configuration.bandwidthIdentifiers = count
    }
    try replace(&configuration.codebookSize, "feature_extractor", "vq_bins")
    try replace(&configuration.codeDimension, "backbone", "input_channels")
    try replace(&configuration.decoderChannels, "backbone", "dim")
    try replace(&configuration.hiddenChannels, "backbone", "intermediate_dim")
    try replace(&configuration.decoderBlocks, "backbone", "num_layers")
    try replace(&configuration.bandwidthIdentifiers, "backbone", "adanorm_num_embeddings")
    try replace(&configuration.fftLength, "head", "n_fft")
    if let hop = try number("head", "hop_length"), hop != configuration.hopLength {
      throw Failure(
        .badData,
        "\(path): hop_length \(hop) contradicts dowmsamples, whose product is "
          + "\(configuration.hopLength)")
    }
  }

  private func node(_ part: String?, _ key: String) -> Node? {
    guard let part else { return root.mapping?[Node(key)] }
    let entries = root.mapping?[Node(part)]?.mapping
    return (entries?["init_args"]?.mapping ?? entries)?[Node(key)]
  }

  private func number(_ part: String?, _ key: String) throws(Failure) -> Int? {
    guard let node = node(part, key), node.null == nil else { return nil }
    guard let value = node.int, (1...1_000_000_000).contains(value) else {
      throw wrong(key, "a number above 0")
    }
    return value
  }

  private func wrong(_ key: String, _ expected: String) -> Failure {
    Failure(.badData, "\(path): \(key): expected \(expected)")
  }
}
