// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// Work on a list of records, or on a part of it, that gives a JSON object a record: the contract with
/// clusters, which all programs share.
///
/// Each record yields a line `{"id": …, "status": "ok", …}` or
/// `{"id": …, "status": "error", "error": {"code": …, "message": …}}`, in the records' order and
/// independent of the jobs. There are two ways:
///
/// - *a filter*: records from standard input, lines to standard output, each written at once, as
///   Spark's `pipe` and `xargs` want it;
/// - *a file*: the records of a shard into a file that is complete or not there (``ResumableLines``).
///
/// A line that is no record fails alone in a filter; in a list that is a file it ends the program.
package struct ManifestRun: Sendable {
  /// The list, or `-`.
  package let manifest: PathBytes
  /// The file of lines, or `-`.
  package let output: PathBytes
  /// Which part of the list, and what failures do.
  package let options: ShardOptions
  /// How many records are worked on at a time.
  package let jobs: Int
  /// Whether an output made of other records or settings is replaced.
  package let isOverwriting: Bool

  package init(
    manifest: PathBytes, output: PathBytes, options: ShardOptions, jobs: Int, isOverwriting: Bool
  ) {
    self.manifest = manifest
    self.output = output
    self.options = options
    self.jobs = jobs
    self.isOverwriting = isOverwriting
  }

  /// One record's line.
  private struct Line {
    let text: String
    let failure: Failure?

    init(id: JSONValue, _ members: [JSONValue.Member]) {
      text = JSONValue.object([.init("id", id), .init("status", "ok")] + members).line
      failure = nil
    }

    init(id: JSONValue, _ failure: Failure, name: String? = nil) {
      let error: JSONValue = [
        "code": .integer(Int(failure.status.rawValue)), "message": .string(failure.message),
      ]
      text =
        JSONValue.object([.init("id", id), .init("status", "error"), .init("error", error)]).line
      // The line has its id; on the screen the message needs one.
      self.failure = name.map { Failure(failure.status, "\($0): \(failure.message)") } ?? failure
    }
  }

  /// Does the work, and throws the exit code where records failed.
  ///
  /// - Parameters:
  ///   - settings: All that the results depend on besides the records: options, model, version.
  ///   - work: One record's results, the members of its line behind `id` and `status`. Called on any
  ///     thread. What it throws becomes the record's error, but an interruption ends the run.
  package func callAsFunction(
    settings: String, _ work: @Sendable (ManifestRecord) throws -> [JSONValue.Member]
  ) throws {
    let manifest = try Manifest(manifest)
    var batch = ManifestBatch(isTolerant: options.recordErrors == .ok)
    let isFilter = self.manifest.isStandardStream && output.isStandardStream
    if isFilter && options.shard == .whole {
      try OrderedWork.run(jobs: jobs) { () throws(Failure) in
        try manifest.next()
      } work: { next throws(Failure) in
        switch next {
        case .success(let record): try Self.line(record, work)
        case .failure(let failure): Line(id: .null, failure)
        }
      } deliver: { line throws(Failure) in
        try StandardOutput.write(line: line.text)
        batch.count(line.failure)
      }
      return try batch.finish()
    }
    let all = try manifest.readAll()
    let records = options.shard.places(of: all.count, by: options.shardBy).map { all[$0] }
    if output.isStandardStream {
      try run(records, Array(records.indices), work) { line, _ throws(Failure) in
        line
      } deliver: { line throws(Failure) in
        try StandardOutput.write(line: line.text)
        batch.count(line.failure)
      }
      return try batch.finish()
    }
    let lines = try ResumableLines(
      output, records: records, settings: settings, replacing: isOverwriting)
    if lines.isComplete {
      Console.standard.info("\(output): complete already, nothing to do")
      return try StandardOutput.write(path: output)
    }
    let resumed = lines.resumedPlaces
    if !resumed.isEmpty {
      Console.standard.info(
        "\(output): \(resumed.count) of \(records.count) records were done before")
    }
    let pending = records.indices.filter { !resumed.contains($0) }
    try run(records, pending, work) { line, place throws(Failure) in
      // At once, whoever is first: what is done stays done if the run is stopped.
      try lines.add(line.text, at: place, isFailure: line.failure != nil)
      return line
    } deliver: { line throws(Failure) in
      batch.count(line.failure)
    }
    try lines.finish()
    try StandardOutput.write(path: output)
    try batch.finish()
  }

  private func run(
    _ records: [ManifestRecord], _ places: [Int],
    _ work: @Sendable (ManifestRecord) throws -> [JSONValue.Member],
    complete: @Sendable (Line, Int) throws(Failure) -> Line,
    deliver: (Line) throws(Failure) -> Void
  ) throws(Failure) {
    var next = places[...]
    try OrderedWork.run(jobs: jobs) { () throws(Failure) in
      next.popFirst()
    } work: { place throws(Failure) in
      let line = try complete(try Self.line(records[place], work), place)
      Console.standard.verbose("\(place + 1) of \(records.count): \(records[place].id)")
      return line
    } deliver: { line throws(Failure) in
      try deliver(line)
    }
  }

  private static func line(
    _ record: ManifestRecord, _ work: (ManifestRecord) throws -> [JSONValue.Member]
  ) throws(Failure) -> Line {
    let id = record.fields["id"] ?? .null
    do {
      return Line(id: id, try work(record))
    } catch {
      let failure = Failure(describing: error)
      if failure.status == .interrupted || failure.status == .terminated { throw failure }
      return Line(id: id, failure, name: record.id)
    }
  }
}

/// How many records there were, and how many failed.
private struct ManifestBatch {
  private let isTolerant: Bool
  private var records = 0
  private var failures = 0

  init(isTolerant: Bool) { self.isTolerant = isTolerant }

  mutating func count(_ failure: Failure?) {
    records += 1
    guard let failure else { return }
    failures += 1
    Console.standard.error(failure)
  }

  func finish() throws {
    guard failures > 0 else { return }
    Console.standard.info("\(failures) of \(records) records failed")
    if !isTolerant { throw ExitCode(ExitStatus.partialFailure.rawValue) }
  }
}
