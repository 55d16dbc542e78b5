// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import TokenFiles

/// `audio-tokens stats`: how the codebook is used.
struct Stats: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count codes: use of the codebook, entropy, perplexity, bit rates.",
    discussion: """
      Entropy is that of single codes, -sum p log2 p; small samples make it too low, which the corrected
      figure (Miller and Madow) makes up for in part. Bit rates are bits a token times tokens a second:
      nominal with log2 of the codebook's size, entropy with the entropy. Repeats are tokens equal to
      the one before them.
      """)

  @Argument(
    help: ArgumentHelp("Token files, folders, or - for standard input.", valueName: "tokens"))
  var inputs: [PathBytes]

  @Option(
    help: ArgumentHelp(
      "How many codes there are, where the files don't tell.", valueName: "number"))
  var codebookSize: Int?

  @Option(help: ArgumentHelp("How many of the most frequent codes to list.", valueName: "number"))
  var top = 10

  @OptionGroup var words: VocabularyOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let codebookSize, !(1...(1 << 24)).contains(codebookSize) {
      throw ValidationError("--codebook-size \(codebookSize): expected 1 to 16777216")
    }
    guard top >= 0 else { throw ValidationError("--top \(top): expected a number from 0 on") }
  }

  func run() throws {
    let expansion = TokenInput.expand(inputs)
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    var count = CodeCount(codebookSize: codebookSize)
    try TokenInput.forEachRecord(
      of: expansion.files, vocabulary: words.vocabulary, in: &batch
    ) { record, input in
      try count.add(record, of: input.file)
    }
    if let statistics = count.statistics {
      if common.json {
        try StandardOutput.write(json: document(statistics, count.codec))
      } else {
        try table(statistics, count.codec)
      }
    }
    try batch.finish()
  }

  private func document(_ statistics: TokenStatistics, _ codec: CodecIdentity?) -> JSONValue {
    var members: [JSONValue.Member] = []
    if let codec { members.append(.init("model", .string(codec.model))) }
    members += [
      .init("records", .integer(statistics.records)), .init("tokens", .integer(statistics.total)),
      .init("codebookSize", .integer(statistics.counts.count)),
      .init("used", .integer(statistics.used)),
      .init("utilisation", .number(statistics.utilisation)),
      .init("entropy", .number(statistics.entropy)),
      .init("correctedEntropy", .number(statistics.correctedEntropy)),
      .init("normalizedEntropy", .number(normalized(statistics))),
      .init("perplexity", .number(statistics.perplexity)),
      .init("repeatRatio", statistics.repeatRatio.map { .number($0) } ?? .null),
    ]
    if let codec {
      members += [
        .init("tokensPerSecond", .number(codec.tokensPerSecond)),
        .init("nominalBitrate", .number(codec.tokensPerSecond * statistics.nominalBits)),
        .init("entropyBitrate", .number(codec.tokensPerSecond * statistics.entropy)),
      ]
    }
    members.append(.init("histogram", .array(statistics.counts.map { .integer($0) })))
    return .object(members)
  }

  private func normalized(_ statistics: TokenStatistics) -> Double {
    statistics.nominalBits > 0 ? statistics.entropy / statistics.nominalBits : 0
  }

  private func table(_ statistics: TokenStatistics, _ codec: CodecIdentity?) throws {
    func row(_ name: String, _ text: String) throws {
      let blanks = String(repeating: " ", count: max(1, 14 - name.count))
      try StandardOutput.write(line: name + blanks + text)
    }
    func number(_ value: Double, _ places: Int = 3) -> String {
      decimal(value, places: places)
    }
    try row("recordings", "\(statistics.records)")
    try row("tokens", "\(statistics.total)")
    try row(
      "codes used",
      "\(statistics.used) of \(statistics.counts.count) (\(number(100 * statistics.utilisation, 1)) %)"
    )
    try row(
      "entropy",
      "\(number(statistics.entropy)) bits a token (\(number(100 * normalized(statistics), 1)) % of "
        + "\(number(statistics.nominalBits))), corrected \(number(statistics.correctedEntropy))")
    try row("perplexity", number(statistics.perplexity, 1))
    if let ratio = statistics.repeatRatio { try row("repeats", "\(number(100 * ratio, 1)) %") }
    if let codec {
      let rate = codec.tokensPerSecond
      try row(
        "bit rate",
        "\(number(rate * statistics.nominalBits, 1)) bit/s nominal, "
          + "\(number(rate * statistics.entropy, 1)) bit/s of entropy")
    }
    let frequent = statistics.counts.enumerated().filter { $0.element > 0 }
      .sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(top)
    for (code, count) in frequent {
      let share = Double(count) / Double(max(1, statistics.total))
      try row("code \(code)", "\(count) (\(number(100 * share, 2)) %)")
    }
  }
}

/// Codes counted over files of one codec.
private struct CodeCount {
  let codebookSize: Int?
  private(set) var statistics: TokenStatistics?
  private(set) var codec: CodecIdentity?

  init(codebookSize: Int?) { self.codebookSize = codebookSize }

  mutating func add(_ record: TokenRecord, of file: InputFile) throws {
    if let codec, let difference = record.codec?.difference(from: codec) {
      throw Failure(.badData, "\(file.path): '\(record.id)' has \(difference)")
    }
    codec = codec ?? record.codec
    guard let size = codebookSize ?? codec?.codebookSize else {
      throw Failure(
        .usage, "\(file.path): does not tell how many codes there are: add --codebook-size")
    }
    var statistics = statistics ?? TokenStatistics(codebookSize: size)
    try record.check(path: file.path.description, codebookSize: statistics.counts.count)
    statistics.add(record.tokens)
    self.statistics = statistics
  }
}
