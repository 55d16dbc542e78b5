// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// One piece of work out of a list: a JSON object with an `id` on a line of its own.
package struct ManifestRecord: Sendable {
  /// Its line in the list, from 1.
  package let line: Int
  /// What its result is called by: the `id`, which is a text or a whole number.
  package let id: String
  /// All its members, those included that the program does not know.
  package let fields: JSONValue
  /// The line as it stands in the list.
  let source: [UInt8]
  /// What relative paths start from: the list's folder.
  let folder: PathBytes

  /// - Throws: ``Failure`` with ``ExitStatus/badData`` where the line is no JSON object with an `id`.
  init(_ source: [UInt8], line: Int, folder: PathBytes) throws(Failure) {
    do {
      fields = try JSONValue(reading: source)
    } catch {
      throw Failure(.badData, "line \(line): \(error)")
    }
    switch fields["id"] {
    case .string(let text): id = text
    case .integer(let number): id = "\(number)"
    default: throw Failure(.badData, "line \(line): expected an object with an \"id\"")
    }
    self.source = source
    self.line = line
    self.folder = folder
  }

  /// The path that the text `key` holds.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/badData`` where the record has no such text.
  package func path(_ key: String) throws(Failure) -> PathBytes {
    guard let path = try optionalPath(key) else { throw wrong(key, "a path") }
    return path
  }

  /// The path that the text `key` holds, nil where there is no such member.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/badData`` where the member is no text.
  package func optionalPath(_ key: String) throws(Failure) -> PathBytes? {
    switch fields[key] {
    case nil, .null: return nil
    case .string(let text) where !text.isEmpty: return resolved(text)
    default: throw wrong(key, "a path")
    }
  }

  /// The paths in the object `key`, by name, in the order given; empty where there is no such member.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/badData`` where it is no object of texts, or a name
  ///   occurs twice.
  package func paths(_ key: String) throws(Failure) -> [(name: String, path: PathBytes)] {
    switch fields[key] {
    case nil, .null: return []
    case .object(let members):
      var paths: [(name: String, path: PathBytes)] = []
      for member in members {
        guard let text = member.value.text, !paths.contains(where: { $0.name == member.key }) else {
          throw wrong(key, "one path for each name")
        }
        paths.append((member.key, resolved(text)))
      }
      return paths
    default: throw wrong(key, "an object of paths")
    }
  }

  /// The number `key`, nil where there is no such member.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/badData`` where the member is no number.
  package func number(_ key: String) throws(Failure) -> Double? {
    switch fields[key] {
    case nil, .null: return nil
    case let value?:
      guard let number = value.double else { throw wrong(key, "a number") }
      return number
    }
  }

  private func resolved(_ text: String) -> PathBytes {
    text.hasPrefix("/") ? PathBytes(text) : folder.appending(text)
  }

  private func wrong(_ key: String, _ expected: String) -> Failure {
    Failure(.badData, "line \(line): \"\(key)\": expected \(expected)")
  }
}

/// A list of work: a file of JSON lines, or standard input.
///
/// Blank lines do not count.
package final class Manifest {
  /// What messages call it.
  package let name: String
  private let folder: PathBytes
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var line = 0

  /// Longer lines are not what they pretend to be.
  private static let longestLine = 1 << 24

  /// Opens the list at `path`, or standard input where that is `-`.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/missingInput``.
  package init(_ path: PathBytes) throws(Failure) {
    if path.isStandardStream {
      (name, folder, descriptor) = ("standard input", PathBytes(""), STDIN_FILENO)
      return
    }
    name = path.description
    folder = path.parent
    descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw Failure(.missingInput, "\(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// The next record, or why the next line is none; nil at the end.
  ///
  /// - Throws: ``Failure`` where the list cannot be read on.
  package func next() throws(Failure) -> Result<ManifestRecord, Failure>? {
    while let source = try nextLine() {
      line += 1
      guard source.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
      do throws(Failure) {
        return .success(try ManifestRecord(source, line: line, folder: folder))
      } catch {
        return .failure(Failure(error.status, "\(name): \(error.message)"))
      }
    }
    return nil
  }

  /// All the records.
  ///
  /// - Throws: ``Failure`` with ``ExitStatus/badData`` for the first line that is none, and where two
  ///   have one `id`: the list is wrong then, and work on parts of it of little use.
  package func readAll() throws(Failure) -> [ManifestRecord] {
    var records: [ManifestRecord] = []
    var lines: [String: Int] = [:]
    while let next = try next() {
      let record = try next.get()
      if let first = lines.updateValue(record.line, forKey: record.id) {
        throw Failure(
          .badData,
          "\(name): lines \(first) and \(record.line) have one id, '\(record.id)'; expected each once"
        )
      }
      records.append(record)
    }
    return records
  }

  private func nextLine() throws(Failure) -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      if isAtEnd {
        defer { start = buffer.count }
        return start < buffer.count ? Array(buffer[start...]) : nil
      }
      guard buffer.count - start <= Self.longestLine else {
        throw Failure(.badData, "\(name): a line of more than 16 MiB; expected JSON lines")
      }
      buffer.removeFirst(start)
      (searched, start) = (buffer.count, 0)
      try fill()
    }
  }

  private func fill() throws(Failure) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count >= 0 {
        buffer += chunk[..<count]
        isAtEnd = count == 0
        return
      }
      guard errno == EINTR else {
        throw Failure(.missingInput, "\(name): \(String(cString: strerror(errno)))")
      }
      try Interruption.check()
    }
  }
}
