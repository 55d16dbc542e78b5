// SPDX-License-Identifier: Apache-2.0
package import ModelLibrary

/// What programs say of a model that has a name.
package struct ModelRecord {
  private let model: PublishedModel
  private let library: ModelLibrary

  /// What is known of a model, and whether it is in this library.
  package init(_ model: PublishedModel, in library: ModelLibrary) {
    self.model = model
    self.library = library
  }

  /// Prints a list of the models for these tasks.
  package static func writeAll(
    for tasks: Set<ModelTask>, in library: ModelLibrary, asJSON: Bool
  ) throws(Failure) {
    for record in all(for: tasks, in: library) {
      if asJSON {
        try StandardOutput.write(json: .object(record.json))
      } else {
        try StandardOutput.write(line: record.line)
      }
    }
  }

  /// Prints what is known of a model: what the catalogue has, then what its own files say.
  ///
  /// Of a member in both, the file's counts.
  package static func write(
    _ record: ModelRecord?, lines: [(label: String, value: String)] = [],
    members: [JSONValue.Member] = [], asJSON: Bool
  ) throws(Failure) {
    guard asJSON else {
      for (label, value) in (record?.lines ?? []) + lines {
        let padded = label + String(repeating: " ", count: max(1, 10 - label.count))
        try StandardOutput.write(line: padded + value)
      }
      return
    }
    let keys = Set(members.map(\.key))
    let known = (record?.json ?? []).filter { !keys.contains($0.key) }
    try StandardOutput.write(json: .object(known + members))
  }

  /// The models for these tasks.
  private static func all(for tasks: Set<ModelTask>, in library: ModelLibrary) -> [ModelRecord] {
    Catalogue.models.filter { tasks.contains($0.family.task) }
      .map { ModelRecord($0, in: library) }
  }

  /// One line of a list.
  private var line: String {
    let name = model.name.count < 36 ? pad(model.name, to: 36) : model.name + " "
    return "\(name) \(pad(state, to: 13)) \(model.summary)"
  }

  /// Lines that describe it, a label and a value each.
  private var lines: [(label: String, value: String)] {
    var lines = [("name", model.name)]
    if !model.aliases.isEmpty { lines.append(("also", model.aliases.joined(separator: ", "))) }
    lines.append(("what", model.summary))
    lines.append(("family", model.family.rawValue))
    lines.append(("state", state))
    if !model.sources.isEmpty { lines.append(("sources", model.sources.joined(separator: ", "))) }
    lines.append(("rate", "\(model.sampleRate) Hz"))
    for file in model.files where !model.isBundled {
      lines.append(("from", library.url(of: file)))
      lines.append(("sha256", file.digest.map { $0.count < 64 ? "\($0)…" : $0 } ?? "not published"))
    }
    lines.append(("licence", model.licence))
    if let quality = model.quality {
      let values = quality.values.map { "\($0.name) \($0.decibels)" }.joined(separator: ", ")
      lines.append(
        ("quality", "\(values) dB: \(quality.metric), \(quality.dataSet) (\(quality.source))"))
    }
    return lines
  }

  /// The same as JSON.
  private var json: [JSONValue.Member] {
    [
      .init("name", .string(model.name)),
      .init("aliases", .array(model.aliases.map { .string($0) })),
      .init("summary", .string(model.summary)),
      .init("family", .string(model.family.rawValue)),
      .init("task", .string(model.family.task.rawValue)),
      .init("here", .boolean(library.isHere(model))),
      .init("bundled", .boolean(model.isBundled)),
      .init("default", .boolean(isDefault)),
      .init("sources", .array(model.sources.map { .string($0) })),
      .init("sampleRate", .integer(model.sampleRate)),
      .init("licence", .string(model.licence)),
      .init("bytes", model.bytes.map { .integer($0) } ?? .null),
      .init(
        "files",
        .array(
          model.files.map { file in
            [
              "name": .string(file.name),
              "url": model.isBundled ? .null : .string(library.url(of: file)),
              "bytes": file.size.map { .integer($0.bytes) } ?? .null,
              "sha256": file.digest.map { .string($0) } ?? .null,
            ]
          })),
      .init("quality", quality),
    ]
  }

  private var quality: JSONValue {
    guard let quality = model.quality else { return .null }
    return [
      "dataSet": .string(quality.dataSet), "metric": .string(quality.metric),
      "decibels": .object(quality.values.map { .init($0.name, .number($0.decibels)) }),
      "source": .string(quality.source),
    ]
  }

  private var isDefault: Bool {
    [ModelLibrary.defaultModel, ModelLibrary.defaultCodec].contains(model.name)
  }

  private var state: String {
    if isDefault { return "default" }
    if model.isBundled { return "bundled" }
    return library.isHere(model) ? "here" : model.bytes.map { "\(ByteCount($0))" } ?? "to fetch"
  }

  private func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
