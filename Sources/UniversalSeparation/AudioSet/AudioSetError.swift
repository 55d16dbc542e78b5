// SPDX-License-Identifier: Apache-2.0

/// Why a text names no class of AudioSet.
public enum AudioSetError: Error, Sendable, Equatable {
  /// Nothing is called so.
  case unknown(text: String, nearest: [String])
  /// Several are called so.
  case ambiguous(text: String, candidates: [String])
  /// No class has that number.
  case noSuchNumber(text: String)
}

extension AudioSetError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    func list(_ names: [String]) -> String {
      let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
      return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
    switch self {
    case .unknown(let text, let nearest):
      return "no class of AudioSet is called '\(text)'"
        + (nearest.isEmpty ? "" : "; did you mean one of \(list(nearest))?")
    case .ambiguous(let text, let candidates):
      return "'\(text)' could be \(list(candidates)); write more of the name"
    case .noSuchNumber(let text):
      return "no class has the number \(text); they go from 0 to \(AudioSetClasses.all.count - 1)"
    }
  }
}
