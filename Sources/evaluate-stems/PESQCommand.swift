// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Foundation

/// A command of the user's that rates speech.
///
/// PESQ's own code may not be passed on, so none comes with this program.
///
/// Words are separated by spaces; `{reference}` and `{estimate}` stand for the files, which come last
/// where the command does not name them. The last number that it prints is the score.
struct PESQCommand: Sendable {
  /// The command as the user wrote it: the score's definition.
  let text: String
  private let words: [String]

  static let help =
    "Rate speech with this command too, such as 'pesq +16000 {reference} {estimate}'; the last number "
    + "it prints is the score 'pesq'."

  init(_ text: String) throws(Failure) {
    var words = text.split(separator: " ").map(String.init)
    guard !words.isEmpty else { throw Failure(.usage, "expected a command") }
    if !text.contains("{reference}") && !text.contains("{estimate}") {
      words += ["{reference}", "{estimate}"]
    }
    self.text = text
    self.words = words
  }

  /// The score of a file.
  ///
  /// - Throws: `Failure` where the command is not there, fails, or prints no number.
  func score(of estimate: PathBytes, against reference: PathBytes) throws(Failure) -> Double {
    guard let estimate = estimate.text, let reference = reference.text else {
      throw Failure(.badData, "\(estimate): its name is not text, which --pesq-command needs")
    }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words.map {
      $0.replacing("{reference}", with: reference).replacing("{estimate}", with: estimate)
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    let printed: Data
    do {
      try process.run()
      printed = try output.fileHandleForReading.readToEnd() ?? Data()
    } catch {
      throw Failure(.unavailable, "--pesq-command: \(error.localizedDescription)")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      // What 'env' says where there is no such program.
      let isMissing = process.terminationStatus == 127
      throw Failure(
        isMissing ? .unavailable : .badData,
        "\(estimate): --pesq-command "
          + (isMissing
            ? "'\(words[0])' is not there" : "failed with status \(process.terminationStatus)"))
    }
    let text = String(decoding: printed, as: UTF8.self)
    let numbers = text.split { !"0123456789.+-eE".contains($0) }.compactMap { Double($0) }
    guard let score = numbers.last else {
      throw Failure(.badData, "\(estimate): --pesq-command printed no number")
    }
    return score
  }
}
