// SPDX-License-Identifier: Apache-2.0
package import Tensors

/// A convolution over time of a signal that is mirrored at both of its ends, and that comes in pieces
/// (EnCodec's `SConv1d`, not causal).
///
/// With `kernel − stride` mirrored frames, shared out to both ends, the front taking one more where they
/// are odd, and at the end as many more as fill the last stride, a signal of T frames has ⌈T / stride⌉
/// outputs. A signal too short to be mirrored that far is continued with zeros first, whose place at the
/// end is cut off again. An output's bits don't depend on how the signal is cut into pieces.
package struct ReflectedConvolution1D: Sendable {
  /// The weights, for windows of `kernelSize` frames.
  package let matrix: PackedMatrix
  /// Frames of a window.
  package let kernelSize: Int
  /// Frames from one window to the next.
  package let stride: Int
  private let channels: Int

  /// Mirrored frames in front of the signal.
  package var before: Int { kernelSize - stride - after }
  /// Mirrored frames behind a signal of whole strides.
  package var after: Int { (kernelSize - stride) / 2 }
  /// Frames that must be there before the first output, and before the front can be mirrored.
  private var needed: Int { max(before, after + stride - 1) + 1 }

  /// Packs the weights: `weight` `[C out, C in, kernel]` of a kernel not shorter than the stride.
  package init(weight: Tensor, bias: Tensor, stride: Int) {
    precondition(weight.shape[2] >= stride && stride > 0, "windows that leave gaps")
    matrix = PackedMatrix(convolution: weight, bias: bias)
    channels = weight.shape[1]
    kernelSize = weight.shape[2]
    self.stride = stride
  }

  /// What is kept of a signal between two pieces.
  package struct State: Sendable {
    /// Frames of the mirrored signal from `start` on.
    fileprivate var held: [Float] = []
    fileprivate var start = 0
    /// Frames of the signal that have come.
    fileprivate var received = 0
    /// Outputs that have been made.
    fileprivate var produced = 0
    fileprivate var hasFront = false

    /// The state of a signal of which nothing has come.
    package init() {}
  }

  /// A piece of the signal between what was kept and, at an end, what is mirrored.
  package struct Piece {
    /// `[frames, C in]`.
    package let frames: Tensor
    /// Where the new frames go.
    package let new: Range<Int>
    /// How many outputs there are by now that were not there before.
    package let outputs: Int
    /// The row at which the first of their windows begins.
    fileprivate let first: Int
    /// The row at which the signal itself begins.
    fileprivate let origin: Int
    fileprivate let isLast: Bool

    /// The windows of some of the outputs.
    package func windows(_ range: Range<Int>, of layer: ReflectedConvolution1D) -> Rows {
      frames.windows(range, length: layer.kernelSize, hop: layer.stride, from: first)
    }

    /// The rows that some of the outputs' windows span.
    package func span(_ range: Range<Int>, of layer: ReflectedConvolution1D) -> Range<Int> {
      first + range.lowerBound * layer.stride..<first + (range.upperBound - 1) * layer.stride
        + layer.kernelSize
    }
  }

  /// Makes room for `count` more frames, which the caller then writes to the piece's `new` rows.
  package func piece(of count: Int, isLast: Bool, _ state: inout State, arena: Arena) -> Piece {
    state.received += count
    let length = state.received
    let getsFront = !state.hasFront && (length >= needed || (isLast && length > 0))
    let held = state.held.count / channels
    let front = getsFront ? before : 0
    let outputs: Int
    var back = 0
    if isLast {
      outputs = (length + stride - 1) / stride
      back = length == 0 ? 0 : after + outputs * stride - length
    } else if state.hasFront || getsFront {
      outputs = max(0, (before + length - kernelSize) / stride + 1)
    } else {
      outputs = 0
    }
    let frames = arena.tensor(front + held + count + back, channels)
    state.held.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      (frames.pointer + front * channels).update(from: source, count: held * channels)
    }
    let piece = Piece(
      frames: frames, new: front + held..<front + held + count, outputs: outputs - state.produced,
      first: state.produced * stride - state.start,
      origin: state.hasFront || getsFront ? before - state.start : -state.start, isLast: isLast)
    state.hasFront = state.hasFront || getsFront
    state.produced = outputs
    return piece
  }

  /// Mirrors what is to be mirrored once the piece's new frames are in, and keeps what later pieces need.
  package func close(_ piece: Piece, _ state: inout State) {
    defer { extendLifetime(piece) }
    let length = state.received
    // Beyond a signal that is too short lie zeros, mirrored with it.
    let longest = max(before, piece.isLast ? piece.frames.shape[0] - piece.new.upperBound : 0)
    let extended = max(length, longest + 1)
    func mirror(into row: Int) {
      var place = row - piece.origin
      if place < 0 { place = -place }
      if place >= extended { place = 2 * (extended - 1) - place }
      let target = piece.frames.pointer + row * channels
      if place < length {
        target.update(
          from: piece.frames.pointer + (place + piece.origin) * channels, count: channels)
      } else {
        target.update(repeating: 0, count: channels)
      }
    }
    if piece.origin > 0 && state.start == 0 {
      for row in 0..<piece.origin { mirror(into: row) }
    }
    if piece.isLast {
      for row in piece.new.upperBound..<piece.frames.shape[0] { mirror(into: row) }
      state.held = []
      return
    }
    // The next window, and what the end may have to mirror.
    let next = state.produced * stride - state.start
    let kept = max(0, min(next, piece.new.upperBound - (after + stride)))
    state.held = Array(
      UnsafeBufferPointer(
        start: piece.frames.pointer + kept * channels,
        count: (piece.new.upperBound - kept) * channels))
    state.start += kept
  }

  /// The convolution of a closed piece, tile by tile.
  package func callAsFunction(_ piece: Piece, _ range: Range<Int>, into y: Rows) {
    matrix(piece.windows(range, of: self), into: y)
  }
}
