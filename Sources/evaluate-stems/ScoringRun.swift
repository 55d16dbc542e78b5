// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import Foundation
internal import Synchronization

/// Scores the recordings of a data set side by side, into a folder.
///
/// Each recording has two files, written when it is done: `SUBSET/TRACK.json` as museval writes it, and
/// `scores/SUBSET/TRACK.json` with everything, which a later run takes instead of computing it again
/// where it is newer than the sounds and was made with the same settings.
struct ScoringRun {
  /// One recording to score.
  struct Work: Sendable {
    let subset: PathBytes
    let name: PathBytes
    /// Its length as far as it is known, for the progress bar.
    let seconds: Double
    /// What its scores are made from; they are anew when one of these changes.
    let inputs: [PathBytes]
    /// Computes the scores.
    let score: @Sendable (_ name: String, _ subset: String) throws -> TrackScores

    /// How messages call it.
    var title: String { subset.appending(name).description }
  }

  /// What became of a recording.
  struct Outcome: Sendable {
    let title: String
    let result: Result<TrackScores, Failure>
  }

  let output: PathBytes
  /// All that the scores depend on besides the sounds.
  let settings: String
  let isOverwriting: Bool
  let jobs: Int

  /// Scores all of `works`.
  ///
  /// - Returns: the outcomes, in the order of `works`.
  /// - Throws: `Failure` for what ends the run; a recording that fails does not.
  func callAsFunction(_ works: [Work]) throws(Failure) -> [Outcome] {
    let total = works.reduce(0) { $0 + $1.seconds }
    Console.standard.beginProgress(track: "\(works.count) recordings", totalSeconds: total)
    defer { Console.standard.endProgress() }
    let done = Mutex(0.0)
    var next = works[...]
    var outcomes: [Outcome] = []
    try OrderedWork.run(jobs: jobs) { () throws(Failure) in
      next.popFirst()
    } work: { work throws(Failure) in
      let outcome = Outcome(title: work.title, result: try result(work))
      let seconds = done.withLock {
        $0 += work.seconds
        return $0
      }
      Console.standard.updateProgress(doneSeconds: seconds)
      return outcome
    } deliver: { outcome throws(Failure) in
      if case .failure(let failure) = outcome.result {
        Console.standard.error(Failure(failure.status, "\(outcome.title): \(failure.message)"))
      }
      outcomes.append(outcome)
    }
    return outcomes
  }

  private func result(_ work: Work) throws(Failure) -> Result<TrackScores, Failure> {
    let folders = [
      output.appending(work.subset), output.appending("scores").appending(work.subset),
    ]
    let file = PathBytes(bytes: work.name.bytes + Array(".json".utf8))
    let (museval, own) = (folders[0].appending(file), folders[1].appending(file))
    if !isOverwriting, museval.exists, let scores = kept(own, work) {
      Console.standard.verbose("\(work.title): scored before")
      return .success(scores)
    }
    do {
      let name = EscapedBytes.encode(work.name.bytes)
      let scores = try work.score(name, EscapedBytes.encode(work.subset.bytes))
      for folder in folders { try OutputFolder.prepare(folder) }
      try WholeFile.write(
        scores.musevalDocument(version: "tessera-\(Program.version)"), to: museval)
      // Last: it says that the recording is done.
      try WholeFile.write(
        JSONDocument.text(KeptScores(settings: settings, scores: scores)), to: own)
      return .success(scores)
    } catch {
      let failure = Failure(describing: error)
      if failure.status == .interrupted || failure.status == .terminated { throw failure }
      // What an earlier run found is not true any more.
      for path in [own, museval] { _ = path.withCString { unlink($0) } }
      return .failure(failure)
    }
  }

  /// What an earlier run found, where it is still true.
  private func kept(_ path: PathBytes, _ work: Work) -> TrackScores? {
    guard let written = path.modified,
      work.inputs.allSatisfy({ $0.modified.map { $0 < written } ?? false }),
      let text = path.text, let data = try? Data(contentsOf: URL(fileURLWithPath: text)),
      let kept = try? JSONDecoder().decode(KeptScores.self, from: data), kept.settings == settings
    else { return nil }
    return kept.scores
  }
}

/// The content of a file below `scores`.
private struct KeptScores: Codable {
  let settings: String
  let scores: TrackScores
}

/// JSON files: the same bytes for the same values.
enum JSONDocument {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
