// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
internal import CommandSupport
public import TokenFiles

extension TokenFormat: ExpressibleByArgument {}

/// How codes are written as a language model's ids or words, and read back.
struct VocabularyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The id of code 0 in a language model's vocabulary, for megatron and text.",
      valueName: "number"))
  var vocabularyOffset = 0

  @Option(
    help: ArgumentHelp(
      "An id that ends each document, for megatron (default: none).", valueName: "id"))
  var endOfDocument: Int?

  @Option(
    help: ArgumentHelp(
      "How text writes a code: {} is its number, {:06} the number with zeros.",
      valueName: "template"),
    transform: { text throws(Failure) in
      guard let template = TokenTemplate(text) else {
        throw Failure(.usage, "expected a text with one {} or {:0N}, and no digit beside it")
      }
      return template
    })
  var tokenTemplate = TokenTemplate.bracketed

  @Option(help: ArgumentHelp("What text has between two codes.", valueName: "text"))
  var tokenSeparator = ""

  func validate() throws {
    guard (0...Int(Int32.max)).contains(vocabularyOffset) else {
      throw ValidationError("--vocabulary-offset \(vocabularyOffset): expected a number from 0 on")
    }
    if let endOfDocument, !(0...Int(Int32.max)).contains(endOfDocument) {
      throw ValidationError("--end-of-document \(endOfDocument): expected a number from 0 on")
    }
    if tokenTemplate.runsTogether && tokenSeparator.isEmpty {
      throw ValidationError(
        "--token-template '\(tokenTemplate)' needs a --token-separator: its numbers run together")
    }
    if tokenSeparator.contains(where: { $0.isNewline || $0.isNumber }) {
      throw ValidationError("--token-separator: expected a text without digits and line breaks")
    }
  }

  var vocabulary: TokenVocabulary {
    var vocabulary = TokenVocabulary()
    vocabulary.offset = vocabularyOffset
    vocabulary.endOfDocument = endOfDocument
    vocabulary.template = tokenTemplate
    vocabulary.separator = tokenSeparator
    return vocabulary
  }
}

/// Where tokens are written, and how.
struct TokenOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write to, or - for standard output.", valueName: "dir"))
  var output = PathBytes("tokens")

  @Option(
    help: "json, npy, safetensors, text, packed (a file for each input), megatron or webdataset.")
  var format = TokenFormat.json

  @Option(
    help: ArgumentHelp(
      "File names inside the folder; fields {track} {folder} {model} {ext}.", valueName: "template"),
    transform: { text throws(Failure) in try OutputTemplate(text) })
  var filename = OutputTemplate.tracks

  @Option(help: ArgumentHelp("Recordings in each file of webdataset.", valueName: "number"))
  var shardSize = 1000

  @Flag(help: "Leave inputs out whose outputs are there.")
  var skipExisting = false

  @Flag(help: "Replace outputs that are there.")
  var overwrite = false

  @OptionGroup var words: VocabularyOptions

  func validate() throws {
    if skipExisting && overwrite {
      throw ValidationError("--skip-existing and --overwrite exclude each other")
    }
    guard shardSize > 0 else {
      throw ValidationError("--shard-size \(shardSize): expected a number above 0")
    }
    if output.isStandardStream && format == .megatron {
      throw ValidationError("megatron writes two files, which standard output cannot take")
    }
  }

  /// The path of a recording's own file.
  func path(folder: PathBytes, track: PathBytes, model: String) -> PathBytes {
    output.appending(
      filename.path([
        .model: PathBytes(model), .track: track, .folder: folder,
        .ext: PathBytes(format.fileExtension),
      ]))
  }

  /// What holds many recordings is called: `tokens`, with the number of the part.
  func setName(_ shard: Shard) -> PathBytes {
    func padded(_ number: Int) -> String {
      String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
    }
    let part = shard == .whole ? "" : "-\(padded(shard.index))-of-\(padded(shard.count))"
    return output.appending("tokens\(part)")
  }
}
