// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import TokenFiles

/// `audio-tokens info`: what token files hold.
struct Info: ProgramCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what token files hold; reads them to the end, so that damage shows.")

  @Argument(
    help: ArgumentHelp("Token files, folders, or - for standard input.", valueName: "tokens"))
  var inputs: [PathBytes]

  @OptionGroup var words: VocabularyOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let expansion = TokenInput.expand(inputs)
    var batch = Batch()
    for failure in expansion.failures { try batch.fail(failure) }
    try TokenInput.forEachRecord(
      of: expansion.files, vocabulary: words.vocabulary, in: &batch
    ) { record, input in
      let (path, format) = (input.file.path, input.format.rawValue)
      guard common.json else {
        return try StandardOutput.write(line: "\(path)  \(format)  \(summary(record))")
      }
      let members: [JSONValue.Member] = [
        .init("input", .string(path.description)), .init("format", .string(format)),
      ]
      try StandardOutput.write(json: .object(members + record.members(withTokens: false)))
    }
    try batch.finish()
  }

  private func summary(_ record: TokenRecord) -> String {
    var parts = [record.id, "\(record.tokens.count) tokens"]
    if let codec = record.codec {
      parts += [
        "\(decimal(record.duration ?? 0, places: 3)) s",
        "\(decimal(codec.tokensPerSecond, places: 2)) a second of \(codec.codebookSize) codes",
        "\(codec.sampleRate) Hz", codec.model,
      ]
    } else if let largest = record.tokens.max() {
      parts.append("the largest \(largest)")
    }
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
