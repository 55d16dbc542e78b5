// SPDX-License-Identifier: Apache-2.0

/// Why a query can't be followed.
public enum UniversalSeparationError: Error, Sendable, Equatable {
  /// There is no tagger to listen with.
  case noTagger
  /// The network's conditions are of another kind than the query.
  case wrongKind(conditionSize: Int)
  /// AudioSet has no class of that number.
  case noSuchClass(Int)
  /// A condition vector of the wrong size.
  case wrongSize(found: Int, expected: Int)
  /// A condition vector with a NaN or an infinity.
  case notFinite
  /// Examples in which nothing is heard.
  case silentExamples
  /// AudioSet's ontology has no such level.
  case noSuchLevel(Int, deepest: Int)
  /// A file that holds no condition vector.
  case unreadable(path: String, detail: String)
}

extension UniversalSeparationError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .noTagger:
      "the model's file has no tagger to listen with; name one with --tagger (such as panns-cnn14)"
    case .wrongKind(let size):
      "this model's queries are embeddings of \(size) numbers, not classes; query it by a recording"
    case .noSuchClass(let index):
      "class \(index): AudioSet's classes go from 0 to \(AudioSetClasses.all.count - 1)"
    case .wrongSize(let found, let expected):
      "a query of \(found) numbers; this model takes \(expected)"
    case .notFinite:
      "the query holds a value that is not finite"
    case .silentExamples:
      "the recordings to query by are silent or shorter than 0.1 s"
    case .noSuchLevel(let level, let deepest):
      "level \(level): AudioSet's ontology has levels 1 to \(deepest)"
    case .unreadable(let path, let detail):
      "\(path): no query: \(detail)"
    }
  }
}
