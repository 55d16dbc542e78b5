// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// What precedes a convolution over a grid: a factor and a summand for each channel, and a leaky ReLU.
///
/// A batch norm in evaluation mode is such a map.
package struct GridActivation: Sendable {
  private let scale: Tensor
  private let slope: Float

  /// A map with a factor for each channel, and the leaky ReLU's slope.
  package init(scale: [Float], slope: Float) {
    self.scale = Tensor(shape: [scale.count], elements: scale)
    self.slope = slope
  }

  /// Channels that go in and come out.
  package var channels: Int { scale.count }

  /// Activates a rectangle of grids whose channels lie one behind the other, which may reach beyond their
  /// ends: there `y` gets zeros.
  ///
  /// - Parameters:
  ///   - sources: Grids `[rows, columns, C]` of one size.
  ///   - origin: Where the rectangle begins, from -1 on.
  ///   - shift: A summand for each channel.
  ///   - y: As large as the rectangle.
  package func callAsFunction(
    _ sources: [Tensor], from origin: (row: Int, column: Int), shift: Rows, into y: GridView
  ) {
    defer { extendLifetime((self, sources, shift, y)) }
    precondition(
      sources.reduce(0) { $0 + $1.shape[2] } == channels && y.channels == channels
        && shift.channels == channels, "\(sources.map(\.shape)) through \(channels) channels")
    let (height, width) = (sources[0].shape[0], sources[0].shape[1])
    let first = max(0, -origin.column)
    let count = max(0, min(width, origin.column + y.columns) - max(0, origin.column))
    for row in 0..<y.rows {
      let target = y.pointer(row: row)
      guard 0..<height ~= origin.row + row, count > 0 else {
        target.update(repeating: 0, count: y.columns * channels)
        continue
      }
      target.update(repeating: 0, count: first * channels)
      let rest = first + count
      (target + rest * channels).update(repeating: 0, count: (y.columns - rest) * channels)
      var channel = 0
      for source in sources {
        let own = source.shape[2]
        let start = (origin.row + row) * width + origin.column + first
        tessera_scale_shift_leaky(
          count, own, source.pointer + start * own, own, scale.pointer + channel,
          shift.pointer + channel, slope, target + first * channels + channel, channels)
        channel += own
      }
    }
  }
}
