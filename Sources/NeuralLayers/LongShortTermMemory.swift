// SPDX-License-Identifier: Apache-2.0
internal import CKernels
public import Tensors

/// A bidirectional long short-term memory of any number of layers (as `torch.nn.LSTM` with
/// `bidirectional=True`), states beginning at zero.
///
/// Input `[N, T, C]`, N sequences that know nothing of each other; output `[N, T, 2 · H]`, forward, then
/// backward. What the input contributes to the gates is one matrix product a layer and direction. The
/// steps share the rest among the threads by sequences and by units, and the result has the same bits
/// for any number of threads, and for a sequence alone or among others.
public struct LongShortTermMemory: Sendable {
  /// The parameters of one direction of one layer; rows of the gates in the order input, forget,
  /// candidate, output.
  public struct Parameters: Sendable {
    let inputWeight, recurrentWeight, inputBias, recurrentBias: Tensor

    /// PyTorch's `weight_ih` `[4 · H, C]`, `weight_hh` `[4 · H, H]`, `bias_ih` and `bias_hh` `[4 · H]`.
    public init(
      inputWeight: Tensor, recurrentWeight: Tensor, inputBias: Tensor, recurrentBias: Tensor
    ) {
      self.inputWeight = inputWeight
      self.recurrentWeight = recurrentWeight
      self.inputBias = inputBias
      self.recurrentBias = recurrentBias
    }
  }

  private let layers: [[Direction]]

  /// Packs the weights: for each layer the forward direction's and the backward direction's.
  public init(layers: [(forward: Parameters, backward: Parameters)]) {
    self.layers = layers.map { [Direction($0.forward), Direction($0.backward)] }
  }

  /// Applies the layers to `[N, T, C]`.
  ///
  /// - Parameter lengths: Each sequence's steps where they aren't all T, the longest first. What
  ///   lies behind a sequence's end isn't heard; in the output it is undefined.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil, arena: Arena, parallel: Parallel
  ) -> Tensor {
    precondition(x.shape.count == 3, "an input [sequences, steps, channels], not \(x.shape)")
    let (sequences, steps) = (x.shape[0], x.shape[1])
    let lengths = lengths ?? [Int](repeating: steps, count: sequences)
    precondition(
      lengths.count == sequences && zip(lengths, lengths.dropFirst()).allSatisfy(>=)
        && (lengths.first ?? 0) <= steps, "lengths \(lengths) for \(x.shape)")
    var y = x
    for layer in layers { y = run(layer, y, lengths, arena, parallel) }
    return y
  }

  /// Sequences that a thread takes through a step together.
  private static let sequencesInGroup = 16
  /// Rows of the input's product that a thread takes at a time.
  private static let rowsInBlock = 96

  private func run(
    _ layer: [Direction], _ x: Tensor, _ lengths: [Int], _ arena: Arena, _ parallel: Parallel
  ) -> Tensor {
    let (sequences, steps) = (x.shape[0], x.shape[1])
    let hidden = layer[0].hidden
    let y = arena.tensor(sequences, steps, layer.count * hidden)
    guard sequences * steps > 0 else { return y }
    let groups = stride(from: 0, to: sequences, by: Self.sequencesInGroup).map {
      $0..<min($0 + Self.sequencesInGroup, sequences)
    }
    // One for each direction, group of sequences and slice of units.
    func lanes(_ index: Int) -> [Lane] {
      let direction = layer[index]
      let gates = direction.contributions(
        ofInput: x, block: Self.rowsInBlock, arena, parallel
      ).reshaped(sequences, steps * 4 * hidden)
      return groups.flatMap { group in
        direction.slices.map { slice in
          Lane(
            direction: direction, slice: slice, isBackward: index == 1,
            lengths: Array(lengths[group]), sequences: group, gates: gates,
            output: y.reshaped(sequences, steps * layer.count * hidden),
            outputColumn: index * hidden, outputWidth: layer.count * hidden, arena: arena)
        }
      }
    }
    if layer[0].slices.count == 1 {
      let lanes = layer.indices.flatMap(lanes)
      parallel.forEach(lanes.count) { index, _ in
        for step in 0..<steps { lanes[index].advance(step) }
      }
    } else {
      // Every unit's next step needs all units' last one. One direction after the other: a step
      // reads all recurrent weights, and fewer of them may stay in the last cache.
      for index in layer.indices {
        let lanes = lanes(index)
        for step in 0..<steps {
          // In turns forwards and backwards: the weights read last are still in the cache.
          parallel.forEach(lanes.count) { place, _ in
            lanes[step % 2 == 0 ? place : lanes.count - 1 - place].advance(step)
          }
        }
      }
    }
    return y
  }
}

/// One direction of one layer, packed.
private struct Direction: Sendable {
  /// Some units and their recurrent weights, `[H, 4 · units]`.
  struct Slice: Sendable {
    let units: Range<Int>
    let recurrent: PackedMatrix
  }

  /// Units in a slice: few enough for threads to share a large layer, enough to keep one busy.
  private static let unitsInSlice = 256

  let hidden: Int
  let slices: [Slice]
  private let input: PackedMatrix

  init(_ parameters: LongShortTermMemory.Parameters) {
    let hidden = parameters.recurrentWeight.shape[1]
    let depth = parameters.inputWeight.shape[1]
    precondition(
      parameters.recurrentWeight.shape == [4 * hidden, hidden]
        && parameters.inputWeight.shape == [4 * hidden, depth]
        && parameters.inputBias.shape == [4 * hidden]
        && parameters.recurrentBias.shape == [4 * hidden],
      "four gates of \(hidden) units each")
    self.hidden = hidden
    // The four gates of a slice lie side by side.
    let ranges = stride(from: 0, to: hidden, by: Self.unitsInSlice).map {
      $0..<min($0 + Self.unitsInSlice, hidden)
    }
    func rows(of units: Range<Int>) -> [Int] {
      (0..<4).flatMap { gate in units.map { gate * hidden + $0 } }
    }
    let order = ranges.flatMap(rows)
    let biases = zip(parameters.inputBias.elements, parameters.recurrentBias.elements).map(+)
    input = PackedMatrix(
      weights: parameters.inputWeight.rows(order), depth: depth, columns: 4 * hidden,
      bias: order.map { biases[$0] })
    slices = ranges.map { units in
      Slice(
        units: units,
        recurrent: PackedMatrix(
          weights: parameters.recurrentWeight.rows(rows(of: units)), depth: hidden,
          columns: 4 * units.count, bias: nil, rowsAreFew: true))
    }
  }

  /// `[N, T, C]` → `[N, T, 4 · H]`, biases included.
  func contributions(
    ofInput x: Tensor, block: Int, _ arena: Arena, _ parallel: Parallel
  ) -> Tensor {
    let rows = x.shape[0] * x.shape[1]
    let y = arena.tensor(rows, 4 * hidden)
    let flat = x.reshaped(rows, x.shape[2])
    parallel.forEach((rows + block - 1) / block) { index, _ in
      let range = index * block..<min((index + 1) * block, rows)
      input(flat.rows(range), into: y.rows(range))
    }
    return y
  }
}

/// Some sequences and some units on their way through the steps.
private struct Lane {
  private let slice: Direction.Slice
  private let isBackward: Bool
  private let lengths: [Int]
  private let hidden: Int
  private let gates: Rows
  private let output: Rows
  private let outputWidth: Int
  private let cell: Tensor
  private let recurrent: Tensor

  init(
    direction: Direction, slice: Direction.Slice, isBackward: Bool, lengths: [Int],
    sequences: Range<Int>, gates: Tensor, output: Tensor, outputColumn: Int, outputWidth: Int,
    arena: Arena
  ) {
    self.slice = slice
    self.isBackward = isBackward
    self.lengths = lengths
    hidden = direction.hidden
    self.gates = gates.rows(sequences)
    self.output = output.rows(sequences).columns(outputColumn..<output.shape[1])
    self.outputWidth = outputWidth
    cell = arena.tensor(sequences.count, slice.units.count)
    recurrent = arena.tensor(sequences.count, 4 * slice.units.count)
    for tensor in [cell, recurrent] { tensor.pointer.update(repeating: 0, count: tensor.count) }
  }

  /// Takes step `index` of the direction's order: of the sequences that are that long.
  func advance(_ index: Int) {
    defer { extendLifetime(self) }
    guard index < lengths[0] else { return }
    let time = isBackward ? lengths[0] - 1 - index : index
    let sequences = lengths.prefix { $0 > time }.count
    if index > 0 {
      // Backward, a sequence that begins here has nothing behind it: its rows are still zeros.
      let last = isBackward ? time + 1 : time - 1
      let begun = isBackward ? lengths.prefix { $0 > last }.count : sequences
      slice.recurrent(
        output.rows(0..<begun).columns(last * outputWidth..<last * outputWidth + hidden),
        into: recurrent.rows(0..<begun))
    }
    tessera_lstm_step(
      sequences, slice.units.count,
      gates.pointer + time * 4 * hidden + 4 * slice.units.lowerBound, gates.stride,
      recurrent.pointer, cell.pointer,
      output.pointer + time * outputWidth + slice.units.lowerBound, output.stride)
  }
}

extension Tensor {
  /// Some rows of a matrix, in this order.
  fileprivate func rows(_ order: [Int]) -> [Float] {
    defer { extendLifetime(self) }
    let width = shape[1]
    return [Float](unsafeUninitializedCapacity: order.count * width) { buffer, count in
      for (position, row) in order.enumerated() {
        for column in 0..<width {
          buffer[position * width + column] = pointer[row * width + column]
        }
      }
      count = order.count * width
    }
  }
}
