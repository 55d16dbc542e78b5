// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// A file of lines, one for each record of a list, that appears when all of them are there.
///
/// Until then the lines are in a journal beside it, `.NAME.journal`, in whatever order they came. A
/// run that was stopped, even by force, leaves the journal; the next one takes from it what the same
/// record gave under the same settings. Beside the complete file `NAME`, `NAME.done.json` says what
/// it was made of. Where records failed, the journal stays too, so that only they are tried again.
package final class ResumableLines: Sendable {
  /// Where a line is in the journal.
  private struct Place {
    let offset: Int
    let length: Int
    let isFailure: Bool
  }

  private struct State {
    var places: [Int: Place] = [:]
    var end = 0
  }

  private let path: PathBytes
  private let keys: [UInt64]
  private let fingerprint: String
  private let descriptor: Int32
  private let state = Mutex(State())

  /// Whether the file is there already, made of these records under these settings, without a failure.
  package let isComplete: Bool

  /// Begins or resumes the file `path`.
  ///
  /// - Parameters:
  ///   - records: What there is to be a line for, in the order of the lines.
  ///   - settings: All that the lines depend on besides the records: options, model, version.
  ///   - replacing: Whether a file made of other records or settings is replaced, and nothing of an
  ///     earlier run is used.
  /// - Throws: ``Failure`` with ``ExitStatus/cannotCreate``, also where another process is at it.
  package init(
    _ path: PathBytes, records: [ManifestRecord], settings: String, replacing: Bool
  ) throws(Failure) {
    self.path = path
    let seed = Fingerprint.of(settings.utf8)
    keys = records.map { Fingerprint.of($0.source, continuing: seed) }
    let fingerprint = Fingerprint.text(
      keys.reduce(seed) { sum, key in
        Fingerprint.of(withUnsafeBytes(of: key.littleEndian, Array.init), continuing: sum)
      })
    self.fingerprint = fingerprint
    let journal = Self.journal(of: path)
    if !replacing && path.exists {
      let marker = Marker(Self.marker(of: path))
      if let marker, marker.fingerprint == fingerprint, marker.failures == 0 {
        (isComplete, descriptor) = (true, -1)
        return
      }
      guard marker.map({ $0.fingerprint == fingerprint }) ?? journal.exists else {
        throw Failure(
          .cannotCreate,
          "\(path): exists and was made of other records or settings; --overwrite replaces it")
      }
    }
    isComplete = false
    descriptor = journal.withCString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else {
      throw Failure(
        .cannotCreate, "\(path): cannot be created: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Failure(.cannotCreate, "\(path): another process is at work on it; wait for its end")
    }
    let state = replacing ? State() : resumed()
    ftruncate(descriptor, state.end)
    lseek(descriptor, state.end, SEEK_SET)
    self.state.withLock { $0 = state }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The records, by their place, that need no work: an earlier run left their lines.
  package var resumedPlaces: Set<Int> {
    state.withLock { Set($0.places.filter { !$0.value.isFailure }.keys) }
  }

  /// Adds the line of the record at `place`; from any thread.
  ///
  /// It is in the system's hands when this returns: only a failing machine can lose it.
  package func add(_ line: String, at place: Int, isFailure: Bool) throws(Failure) {
    let head = Self.head(key: keys[place], isFailure: isFailure)
    let bytes = head + Array(line.utf8) + [UInt8(ascii: "\n")]
    let code = state.withLock { state -> Int32? in
      if let code = FileDescriptorWriter.writeAll(bytes, to: descriptor) { return code }
      state.places[place] = Place(
        offset: state.end + head.count, length: bytes.count - head.count, isFailure: isFailure)
      state.end += bytes.count
      return nil
    }
    if let code {
      throw Failure(.inputOutput, "\(path): cannot be written: \(String(cString: strerror(code)))")
    }
  }

  /// Gives the file its name, with every record's line in place.
  package func finish() throws(Failure) {
    let places = state.withLock { $0.places }
    precondition(places.count == keys.count, "\(places.count) of \(keys.count) records have lines")
    try WholeFile.write(to: path) { descriptor in
      for place in keys.indices {
        guard let source = places[place] else { continue }
        var line = [UInt8](repeating: 0, count: source.length)
        guard pread(self.descriptor, &line, line.count, source.offset) == line.count else {
          return EIO
        }
        if let code = FileDescriptorWriter.writeAll(line, to: descriptor) { return code }
      }
      return nil
    }
    let failures = places.values.count(where: \.isFailure)
    let marker = Marker(fingerprint: fingerprint, records: keys.count, failures: failures)
    try WholeFile.write(marker.document.line + "\n", to: Self.marker(of: path))
    if failures == 0 { _ = Self.journal(of: path).withCString { unlink($0) } }
  }

  /// What the journal holds of these records; a line that was cut off ends it.
  private func resumed() -> State {
    var state = State()
    guard let file = fdopen(dup(descriptor), "r") else { return state }
    defer { fclose(file) }
    let placesByKey = Dictionary(
      keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    let heads = [false, true].map { Self.head(key: 0, isFailure: $0).count }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let line, line[count - 1] == CChar(bitPattern: UInt8(ascii: "\n")) else {
        return state
      }
      let bytes = UnsafeRawBufferPointer(start: line, count: count)
      guard let key = UInt64(String(decoding: bytes.prefix(16), as: UTF8.self), radix: 16),
        count > heads[0], bytes[16] == UInt8(ascii: " ")
      else { return state }
      let isFailure = bytes[17] == Self.failureMark
      if let place = placesByKey[key] {
        state.places[place] = Place(
          offset: state.end + heads[0], length: count - heads[0], isFailure: isFailure)
      }
      state.end += count
    }
  }

  private static let failureMark = UInt8(ascii: "!")

  /// What stands before a line in the journal: whose it is, and whether it is a failure's.
  private static func head(key: UInt64, isFailure: Bool) -> [UInt8] {
    Array(Fingerprint.text(key).utf8)
      + [UInt8(ascii: " "), isFailure ? failureMark : UInt8(ascii: "."), UInt8(ascii: " ")]
  }

  private static func journal(of path: PathBytes) -> PathBytes {
    path.parent.appending(
      PathBytes(bytes: Array(".".utf8) + path.lastComponent.bytes + Array(".journal".utf8)))
  }

  private static func marker(of path: PathBytes) -> PathBytes {
    PathBytes(bytes: path.bytes + Array(".done.json".utf8))
  }
}

/// What stands beside a complete file of lines.
private struct Marker {
  let fingerprint: String
  let records: Int
  let failures: Int

  init(fingerprint: String, records: Int, failures: Int) {
    self.fingerprint = fingerprint
    self.records = records
    self.failures = failures
  }

  init?(_ path: PathBytes) {
    guard let text = path.text.flatMap({ try? Data(contentsOf: URL(fileURLWithPath: $0)) }),
      let document = try? JSONValue(reading: text),
      let fingerprint = document["fingerprint"]?.text,
      case .integer(let records)? = document["records"],
      case .integer(let failures)? = document["failures"]
    else { return nil }
    self.init(fingerprint: fingerprint, records: records, failures: failures)
  }

  var document: JSONValue {
    [
      "records": .integer(records), "failures": .integer(failures),
      "fingerprint": .string(fingerprint),
    ]
  }
}

/// The 64-bit FNV-1a hash: the same on every machine, and no defence against ill will.
package enum Fingerprint {
  private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The hash of `bytes` behind whatever gave `previous`.
  package static func of(
    _ bytes: some Sequence<UInt8>, continuing previous: UInt64? = nil
  ) -> UInt64 {
    let start = previous ?? basis
    // A buffer's type is known here, and the loop over it compiled for it.
    return bytes.withContiguousStorageIfAvailable { hash($0, start) } ?? hash(bytes, start)
  }

  private static func hash(_ bytes: some Sequence<UInt8>, _ start: UInt64) -> UInt64 {
    bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// A hash as 16 hexadecimal digits.
  package static func text(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
