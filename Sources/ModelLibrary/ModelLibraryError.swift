// SPDX-License-Identifier: Apache-2.0

/// Why a model can't be had.
public enum ModelLibraryError: Error, Sendable, Equatable {
  /// Neither a name nor a file.
  case unknown(model: String, nearest: [String])
  /// A bundled model whose file is missing.
  case notInstalled(model: String, fileName: String)
  /// The model is known and not on this machine.
  case notFetched(PublishedModel)

  /// A bag's file that can't be used.
  case malformedBag(path: String, detail: String)
  /// A network that a bag names and nobody has.
  case missingMember(bag: String, signature: String, folder: String)
  /// Several files of the same signature.
  case duplicateSignature(signature: String, files: [String])
  /// A file whose content is not what its name says.
  case damaged(path: String, expected: String, found: String)

  /// No answer, or not all of it; `kept`: how many bytes wait to be gone on with.
  case unreachable(url: String, detail: String, kept: Int?)
  /// The server doesn't hand the file out.
  case refused(url: String, status: Int)
  /// The server sent a web page.
  case webPage(url: String)
  /// The file has another size than was published.
  case wrongSize(file: String, url: String, expected: Int?, found: Int)
  /// The file has another SHA-256 than was published.
  case wrongDigest(file: String, url: String, expected: String, found: String)
  /// The file can't be written.
  case cannotWrite(path: String, reason: String)
}

extension ModelLibraryError: CustomStringConvertible {
  /// One line: what is wrong and what to do.
  public var description: String {
    switch self {
    case .unknown(let model, let nearest):
      return "unknown model '\(model)': the nearest names are \(nearest.joined(separator: ", ")); "
        + "a checkpoint file will do too ('models list' shows all names)"
    case .notInstalled(let model, let fileName):
      return "the bundled model '\(model)' is missing: install \(fileName) beside the program again"
    case .notFetched(let model):
      return "the model '\(model.name)' is not on this machine; "
        + "without --offline it would be fetched ('models fetch \(model.name)')"
    case .malformedBag(let path, let detail):
      return "\(path): not a bag of models: \(detail)"
    case .missingMember(let bag, let signature, let folder):
      return "\(bag): there is no \(signature).th or \(signature)-….th in \(folder)"
    case .duplicateSignature(let signature, let files):
      return "several files have the signature \(signature): \(files.joined(separator: ", ")); "
        + "leave one"
    case .damaged(let path, let expected, let found):
      return "\(path): damaged: its name says that its SHA-256 begins with \(expected), "
        + "it is \(found.prefix(16))…; copy or download it again"
    case .unreachable(let url, let detail, let kept):
      let next = kept.map { "; \(ByteCount($0)) are kept, the next try goes on there" } ?? ""
      return "\(url): cannot be fetched: \(detail)\(next)"
    case .refused(let url, let status):
      return status == 404 || status == 410
        ? "\(url): the server does not have this file (\(status))"
        : "\(url): the server refuses with status \(status)"
    case .webPage(let url):
      return "\(url): the server sent a web page instead of the model; "
        + "is there a login or a proxy in between?"
    case .wrongSize(let file, let url, let expected, let found):
      return "\(file) from \(url) has \(found) bytes, "
        + "expected \(expected.map { "\($0)" } ?? "some"); it was not kept"
    case .wrongDigest(let file, let url, let expected, let found):
      return "\(file) from \(url) has the SHA-256 \(found), "
        + "expected \(expected)\(expected.count < 64 ? "…" : ""); it was not kept"
    case .cannotWrite(let path, let reason):
      return "\(path): cannot be written: \(reason)"
    }
  }
}
