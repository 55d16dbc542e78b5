// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// The mean and the (unbiased) deviation that a network takes out of its input and puts back.
struct SignalLevel: Sendable {
  let mean: Float
  let deviation: Float

  init(mean: Float, deviation: Float) {
    self.mean = mean
    self.deviation = deviation
  }

  /// Those of all elements together.
  init(_ x: Tensor, _ run: Run) {
    // Long rows are what sums are fastest of; what is left over is one of its own.
    let width = 1024
    let rows = x.count / width
    let long = Tensor(shape: [rows, width], storage: x.storage)
    let rest = Tensor(shape: [x.count, 1], storage: x.storage).rows(rows * width..<x.count)
    let tiles = Run.tileCount(rows)
    let sums = MomentSums(tiles: tiles + 1)
    run.tiles(0..<rows) { tile, index in sums.add(long.rows(tile), tile: index) }
    sums.add(rest, tile: tiles)
    let moments = sums.moments(count: x.count)
    mean = Float(moments.mean)
    let unbiased = moments.variance * Double(x.count) / Double(max(1, x.count - 1))
    deviation = Float(unbiased.squareRoot())
  }

  /// Those of a signal's mono mix, `[T, A]`.
  init(monoOf signal: Tensor) {
    defer { extendLifetime(signal) }
    let (frames, channels) = (signal.shape[0], signal.shape[1])
    let mono = (0..<frames).map { frame in
      (0..<channels).reduce(0.0) { $0 + Double(signal.pointer[frame * channels + $1]) }
        / Double(channels)
    }
    let mean = mono.reduce(0, +) / Double(frames)
    let squares = mono.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = Float(mean)
    deviation = Float((squares / Double(max(1, frames - 1))).squareRoot())
  }

  /// Takes the level out, in place.
  func normalize(_ x: Tensor, _ run: Run) {
    let divisor = 1e-5 + deviation
    x.forEachTile(run) { $0.pointee = ($0.pointee - mean) / divisor }
  }

  /// Puts the level back, in place.
  func restore(_ x: Tensor, _ run: Run) {
    x.forEachTile(run) { $0.pointee = $0.pointee * deviation + mean }
  }
}

extension Tensor {
  /// Calls `body` for every element, on all threads.
  fileprivate func forEachTile(_ run: Run, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    defer { extendLifetime(self) }
    run.tiles(0..<(count + 1023) / 1024) { tile, _ in
      for index in tile.lowerBound * 1024..<min(tile.upperBound * 1024, count) {
        body(pointer + index)
      }
    }
  }
}
