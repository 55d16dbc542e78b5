// SPDX-License-Identifier: Apache-2.0
internal import SoundFiles
internal import Synchronization
internal import Tensors

/// Rows that one pass over a signal leaves for the next: in memory, or in a temporary file.
///
/// Tiles of a parallel loop may read any rows that none of them writes, and write their own.
final class FrameStore: Sendable {
  private enum Place {
    case memory(Tensor)
    case file(RecordSpool)
  }

  private let place: Place
  private let channels: Int

  /// Room for rows of so many channels, with undefined contents.
  init(
    rows: Int, channels: Int, inFile: Bool, arena: Arena
  ) throws(WavTokenizerError) {
    self.channels = channels
    guard inFile else {
      place = .memory(arena.tensor(rows, channels))
      return
    }
    do throws(SoundFileError) {
      place = .file(try RecordSpool(recordLength: channels))
    } catch { throw .temporaryFile(reason: error.description) }
  }

  /// The whole, where it is in memory.
  var tensor: Tensor? {
    if case .memory(let tensor) = place { tensor } else { nil }
  }

  /// Rows to be read.
  func rows(_ range: Range<Int>, _ arena: Arena) -> Rows {
    switch place {
    case .memory(let tensor): return tensor.rows(range)
    case .file(let spool):
      let copy = arena.tensor(range.count, channels)
      spool.read(range.lowerBound, count: range.count, into: copy.pointer)
      return copy.rows(0..<range.count)
    }
  }

  /// Lets `body` write all of some rows.
  func write(_ range: Range<Int>, _ arena: Arena, _ body: (_ rows: Rows) -> Void) {
    switch place {
    case .memory(let tensor): body(tensor.rows(range))
    case .file(let spool):
      let rows = arena.tensor(range.count, channels).rows(0..<range.count)
      defer { extendLifetime(rows) }
      body(rows)
      spool.write(range.lowerBound, count: range.count, from: rows.pointer)
    }
  }

  /// Lets `body` change some rows.
  func update(_ range: Range<Int>, _ arena: Arena, _ body: (_ rows: Rows) -> Void) {
    let rows = rows(range, arena)
    defer { extendLifetime(rows) }
    body(rows)
    if case .file(let spool) = place {
      spool.write(range.lowerBound, count: range.count, from: rows.pointer)
    }
  }

  /// Throws the first failure of the file.
  func check() throws(WavTokenizerError) {
    guard case .file(let spool) = place else { return }
    do throws(SoundFileError) {
      try spool.check()
    } catch { throw .temporaryFile(reason: error.description) }
  }
}
