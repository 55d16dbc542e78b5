// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import Foundation
internal import Separation
internal import SoundFiles
internal import UniversalSeparation

/// What a query-conditioned model shall take out.
struct QueryOptions: ParsableArguments {
  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "A class of AudioSet, by name or number; several with commas make one query. Repeatable.",
      valueName: "name|number"))
  var classes: [String] = []

  @Option(
    help: ArgumentHelp(
      "A recording of what is wanted, or a folder of such; all together make one query.",
      valueName: "file"))
  var query: [PathBytes] = []

  @Option(
    help: ArgumentHelp(
      "A query as --save-query writes it (.npy or safetensors). Repeatable.", valueName: "file"))
  var queryEmbedding: [PathBytes] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "All that is heard, by levels of AudioSet's ontology (default: 1 2 3).", valueName: "number"))
  var levels: [Int] = []

  @Option(
    help: ArgumentHelp(
      "How probable a class must be in a segment to be taken out (default: 0.2).",
      valueName: "probability"))
  var detectionThreshold: Float?

  @Option(
    help: ArgumentHelp(
      "The tagger that detects, where it isn't the one in the model's file.", valueName: "name|file"
    ))
  var tagger: String?

  @Flag(help: "Cut segments of 2 s hard, as the reference does, instead of fading them.")
  var referenceSegments = false

  @Option(
    help: ArgumentHelp(
      "Keep what --query comes to, for --query-embedding (.npy, or .safetensors).",
      valueName: "file"))
  var saveQuery: PathBytes?

  func validate() throws {
    if !levels.isEmpty && (!classes.isEmpty || !query.isEmpty || !queryEmbedding.isEmpty) {
      throw ValidationError("--levels finds out by itself what is heard; leave other queries out")
    }
    if let threshold = detectionThreshold, !(0...1).contains(threshold) {
      throw ValidationError("--detection-threshold \(threshold): expected a probability")
    }
    if let level = levels.first(where: { $0 < 1 }) {
      throw ValidationError("--levels \(level): levels begin at 1")
    }
    if saveQuery != nil && query.isEmpty {
      throw ValidationError("--save-query goes with --query")
    }
  }

  /// Whether nothing is said that only query-conditioned models understand.
  private var isEmpty: Bool {
    classes.isEmpty && query.isEmpty && queryEmbedding.isEmpty && levels.isEmpty
      && detectionThreshold == nil && tagger == nil && !referenceSegments
  }

  /// Whether a tagger is needed.
  var listens: Bool { wantedLevels != nil || !classes.isEmpty || !query.isEmpty }

  /// The levels to look for; `nil` where it is said what is wanted.
  var wantedLevels: [Int]? {
    if !classes.isEmpty || !query.isEmpty || !queryEmbedding.isEmpty { return nil }
    return levels.isEmpty
      ? [1, 2, 3] : levels.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The separator with these queries.
  func asked(of separator: any Separator, _ model: ModelOptions, threads: Int) throws
    -> any Separator
  {
    guard var universal = separator as? UniversalSeparator else {
      if isEmpty { return separator }
      throw Failure(
        .usage,
        "queries are for query-conditioned models such as uss; this one's stems are "
          + separator.sources.joined(separator: ", "))
    }
    if referenceSegments && (model.segment != nil || model.overlap != nil) {
      throw Failure(.usage, "--reference-segments leaves no choice of --segment and --overlap")
    }
    universal.usesReferenceSegments = referenceSegments
    if let detectionThreshold { universal.detectionThreshold = detectionThreshold }
    if wantedLevels != nil {
      try universal.checkClasses()
      _ = try universal.heardEntries(ofLevels: wantedLevels ?? [], in: [])
      return universal
    }
    var queries: [SoundQuery] = []
    for list in classes { queries.append(try Self.query(list)) }
    if let query = try examples(universal, threads: threads) { queries.append(query) }
    for path in queryEmbedding {
      queries.append(
        SoundQuery(
          name: "query=\(path.stem)",
          target: .condition(
            try ConditionFile.read(try path.contents(), path: path.description))))
    }
    try universal.ask(queries)
    return universal
  }

  /// One query for a list of classes.
  private static func query(_ list: String) throws -> SoundQuery {
    let classes = try AudioSetClasses.indices(in: list)
    let query = SoundQuery(classes: classes)
    // File names have 255 bytes at most.
    return query.name.utf8.count <= 200 ? query : SoundQuery(name: list, target: query.target)
  }

  /// The query that the recordings make together, kept where that is wanted.
  private func examples(_ separator: UniversalSeparator, threads: Int) throws -> SoundQuery? {
    if query.isEmpty { return nil }
    let expansion = InputExpansion(query)
    if let failure = expansion.failures.first { throw failure }
    let condition = try separator.condition(
      of: expansion.files.map { try openSound(at: $0.path.soundFile) }, threads: threads)
    if let saveQuery {
      let isArray = !saveQuery.lastComponent.description.hasSuffix(".safetensors")
      try WholeFile.write(
        isArray ? ConditionFile.array(of: condition) : ConditionFile.tensors(of: condition),
        to: saveQuery)
    }
    let names = query.map { $0.stem.description }.joined(separator: ";")
    return SoundQuery(
      name: "query=\(names.utf8.count <= 200 ? names : query[0].stem.description)",
      target: .condition(condition))
  }
}

extension PathBytes {
  /// A small file's bytes.
  fileprivate func contents() throws(Failure) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: description)
    if let size = attributes?[.size] as? Int, size > 1 << 26 {
      throw Failure(.badData, "\(self): \(size) bytes are no query")
    }
    guard let data = FileManager.default.contents(atPath: description) else {
      throw Failure(.missingInput, "\(self): cannot be read")
    }
    return Array(data)
  }
}
