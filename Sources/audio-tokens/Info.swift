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
    for file in expansion.files {
      do {
        try describe(file)
        batch.succeed()
      } catch {
        try batch.fail(Failure(describing: error))
      }
    }
    try batch.finish()
  }

  private func describe(_ file: InputFile) throws {
    let input = try TokenInput(file, vocabulary: words.vocabulary)
    while let record = try input.next() {
      if common.json {
        var members: [JSONValue.Member] = [
          .init("input", .string(file.path.description)),
          .init("format", .string(input.format.rawValue)),
        ]
        members += try record.members(withTokens: false)
        try StandardOutput.write(json: .object(members))
      } else {
        try StandardOutput.write(line: "\(file.path)  \(input.format.rawValue)  \(summary(record))")
      }
    }
    input.warn()
  }

  private func summary(_ record: TokenRecord) -> String {
    var parts = [record.id, "\(record.tokens.count) tokens"]
    if let codec = record.codec {
      parts += [
        "\(Decimal.text(record.duration ?? 0, places: 3)) s",
        "\(Decimal.text(codec.tokensPerSecond, places: 2)) a second of \(codec.codebookSize) codes",
        "\(codec.sampleRate) Hz", codec.model,
      ]
    } else if let largest = record.tokens.max() {
      parts.append("the largest \(largest)")
    }
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
