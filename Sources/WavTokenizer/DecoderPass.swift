// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The frames of one signal on their way through the decoder: how many, in which tiles, and where they wait
/// between two layers.
struct DecoderPass {
  let frames: Int
  let tiles: FrameTiles
  let run: Run
  private let storesInFiles: Bool

  init(frames: Int, storesInFiles: Bool, _ run: Run) {
    self.frames = frames
    self.storesInFiles = storesInFiles
    self.run = run
    tiles = FrameTiles(frames)
  }

  var arena: Arena { run.arena }

  /// Room for a signal of so many channels.
  func store(rows: Int? = nil, channels: Int) throws(WavTokenizerError) -> FrameStore {
    try FrameStore(
      rows: rows ?? frames, channels: channels, inFile: storesInFiles, arena: arena)
  }

  /// Calls `body` for all tiles; what it writes, it gives to `take`, and the norm's factors come out.
  func factors(
    of norm: TiledGroupNormalization, _ body: (_ tile: Range<Int>, _ take: (Rows) -> Void) -> Void
  ) throws(WavTokenizerError) -> TiledGroupNormalization.Factors {
    let sums = norm.makeSums(tiles: tiles.count)
    run.parallel.forEach(tiles.count) { index, _ in
      body(tiles[index]) { sums.take($0, tile: index) }
    }
    return norm.factors(sums, rows: frames)
  }

  /// Shows the frames to whoever looks on, where they are in memory.
  func trace(_ stage: String, _ frames: FrameStore) {
    if let trace = run.trace, let tensor = frames.tensor { trace(stage, tensor) }
  }
}

/// Even tiles of a signal's frames, a multiple of eight of them wherever there are frames enough.
///
/// They follow from the number of frames alone, so that sums over tiles do too.
struct FrameTiles {
  let count: Int
  private let frames: Int
  private static let most = 96

  init(_ frames: Int) {
    self.frames = frames
    let least = (frames + Self.most - 1) / Self.most
    count = min((least + 7) / 8 * 8, (frames + 11) / 12)
  }

  subscript(index: Int) -> Range<Int> { frames * index / count..<frames * (index + 1) / count }
}

extension Rows {
  /// Makes all rows zero.
  func clear() {
    defer { extendLifetime(self) }
    for row in 0..<count { (pointer + row * stride).update(repeating: 0, count: channels) }
  }
}
