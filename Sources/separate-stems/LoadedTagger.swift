// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import CommandSupport
internal import ModelLibrary
internal import Separation
internal import UniversalSeparation

/// What a tagger's own file says of it.
struct LoadedTagger {
  private let file: ModelFile
  private let tagger: any SoundTagger
  private let parameters: Int?

  /// The tagger in a file; `nil` where it is another kind of model.
  init?(_ file: ModelFile) throws {
    guard file.bag == nil else { return nil }
    let checkpoint = try Checkpoint(path: file.path)
    guard try isTagger(checkpoint) else { return nil }
    self.file = file
    tagger = try loadTagger(checkpoint)
    parameters = try parameterCount(of: file)
  }

  private var family: ModelFamily { tagger is HTSAT ? .htsat : .cnn14 }

  /// Lines for people, with what the catalogue doesn't know.
  func lines(_ isUnknown: Bool) -> [(label: String, value: String)] {
    var lines: [(label: String, value: String)] = isUnknown ? [("name", file.name)] : []
    lines.append(("file", file.path))
    if isUnknown { lines.append(("family", family.rawValue)) }
    lines.append(("classes", "\(tagger.classCount)"))
    lines.append(("audio", "\(tagger.sampleRate) Hz, 1 channel(s)"))
    if let parameters { lines.append(("size", "\(parameters) parameters")) }
    return lines
  }

  var json: [JSONValue.Member] {
    [
      .init("name", .string(file.name)), .init("path", .string(file.path)),
      .init("family", .string(family.rawValue)), .init("classes", .integer(tagger.classCount)),
      .init("sampleRate", .integer(tagger.sampleRate)), .init("channels", .integer(1)),
      .init("parameters", parameters.map { .integer($0) } ?? .null),
    ]
  }
}
