// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A group normalisation for signals that pass in tiles: the sums are taken where a signal is written, the
/// factors applied where it is read.
///
/// As `torch.nn.GroupNorm`; `GroupNormalization` is the form for a signal that is there as a whole.
package struct TiledGroupNormalization: Sendable {
  private let groups: Int
  private let weight: Tensor
  private let bias: Tensor
  private let epsilon: Double

  /// A layer for as many channels as `weight` and `bias` have, in `groups` equal parts.
  package init(groups: Int, weight: Tensor, bias: Tensor, epsilon: Double) {
    precondition(weight.count % groups == 0 && weight.count == bias.count, "\(groups) groups")
    self.groups = groups
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// Room for the sums of as many tiles.
  package func makeSums(tiles: Int) -> Sums { Sums(tiles: tiles, groups: groups) }

  /// The sums of a signal, tile by tile, so that they don't depend on which thread took which tile.
  package struct Sums: ~Copyable {
    private let sums: UnsafeMutablePointer<Double>
    private let tiles: Int
    private let groups: Int

    fileprivate init(tiles: Int, groups: Int) {
      self.tiles = tiles
      self.groups = groups
      sums = .allocate(capacity: tiles * groups * 2)
      sums.initialize(repeating: 0, count: tiles * groups * 2)
    }

    deinit { sums.deallocate() }

    /// Takes a tile's rows, which follow each other without gaps.
    package func take(_ rows: Rows, tile: Int) {
      defer { extendLifetime(rows) }
      precondition(tile < tiles && rows.stride == rows.channels)
      tessera_group_sums(
        rows.pointer, rows.count, rows.channels, groups, sums + tile * groups * 2)
    }

    /// A group's sum and sum of squares.
    fileprivate subscript(group: Int) -> (Double, Double) {
      (0..<tiles).reduce((0, 0)) { total, tile in
        let own = sums + (tile * groups + group) * 2
        return (total.0 + own[0], total.1 + own[1])
      }
    }
  }

  /// What the normalisation does to each channel of a signal of so many rows.
  package func factors(_ sums: borrowing Sums, rows: Int) -> Factors {
    let channels = weight.count
    let size = Double(rows * (channels / groups))
    var scale: [Float] = []
    var shift: [Float] = []
    for group in 0..<groups {
      let (sum, squares) = sums[group]
      let mean = sum / size
      let deviation = (max(squares / size - mean * mean, 0) + epsilon).squareRoot()
      for channel in group * (channels / groups)..<(group + 1) * (channels / groups) {
        let factor = Double(weight.pointer[channel]) / deviation
        scale.append(Float(factor))
        shift.append(Float(Double(bias.pointer[channel]) - mean * factor))
      }
    }
    return Factors(
      scale: Tensor(shape: [channels], elements: scale),
      shift: Tensor(shape: [channels], elements: shift))
  }

  /// A factor and a summand for each channel.
  package struct Factors: Sendable {
    private let scale: Tensor
    private let shift: Tensor

    fileprivate init(scale: Tensor, shift: Tensor) {
      self.scale = scale
      self.shift = shift
    }

    /// Normalises rows; neither they nor the target's may have gaps.
    package func apply(_ x: Rows, into y: Rows) {
      defer { extendLifetime((self, x, y)) }
      precondition(x.stride == x.channels && y.stride == x.channels && y.count == x.count)
      tessera_scale_shift(
        x.pointer, x.count, x.channels, scale.pointer, shift.pointer, y.pointer)
    }

    /// Normalises rows and multiplies them by their sigmoids (SiLU); neither they nor the target's may
    /// have gaps.
    package func applyWithSiLU(_ x: Rows, into y: Rows) {
      defer { extendLifetime((self, x, y)) }
      precondition(x.stride == x.channels && y.stride == x.channels && y.count == x.count)
      tessera_scale_shift_silu(
        x.count, x.channels, x.pointer, scale.pointer, shift.pointer, y.pointer)
    }
  }
}
