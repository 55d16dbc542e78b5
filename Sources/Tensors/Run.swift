// SPDX-License-Identifier: Apache-2.0

/// What a forward pass runs with: memory, threads, and who looks on.
public struct Run: Sendable {
  /// Receives named intermediate tensors, channels-last, in the order of the network's figure.
  public typealias Trace = @Sendable (_ stage: String, _ tensor: Tensor) -> Void

  /// Where activations live.
  public let arena: Arena
  /// How many threads work.
  public let parallel: Parallel
  /// Looks at intermediate tensors.
  ///
  /// A pass that nobody looks at doesn't make them.
  public let trace: Trace?

  /// Makes a run with its own arena, unless one is given.
  public init(threads: Int, arena: Arena = Arena(), trace: Trace? = nil) {
    self.arena = arena
    parallel = Parallel(threads: threads)
    self.trace = trace
  }

  /// Rows that a thread takes at a time: few enough for the hidden rows of a block to stay in a
  /// core's cache between two layers, a multiple of the matrix kernels' rows.
  package static let tileRows = 192

  /// Calls `body` for tiles that cover `rows`, on all threads.
  ///
  /// The tiles don't depend on the number of threads, so neither does a sum that is collected tile
  /// by tile.
  package func tiles(_ rows: Range<Int>, _ body: (_ tile: Range<Int>, _ index: Int) -> Void) {
    let count = Run.tileCount(rows.count)
    parallel.forEach(count) { index, _ in
      let start = rows.lowerBound + index * Run.tileRows
      body(start..<min(start + Run.tileRows, rows.upperBound), index)
    }
  }

  /// Calls `body` for tiles of at most `tileRows` frames that cover `frames` of each of `rows` of a grid
  /// `[F, T, C]`, on all threads.
  package func grid(
    rows: Range<Int>, frames: Range<Int>, _ body: (_ row: Int, _ tile: Range<Int>) -> Void
  ) {
    let tiles = Run.tileCount(frames.count)
    parallel.forEach(rows.count * tiles) { index, _ in
      let start = frames.lowerBound + index % tiles * Run.tileRows
      body(
        rows.lowerBound + index / tiles, start..<min(start + Run.tileRows, frames.upperBound))
    }
  }

  /// How many tiles `tiles` makes of `rows` rows.
  package static func tileCount(_ rows: Int) -> Int { (rows + tileRows - 1) / tileRows }
}
