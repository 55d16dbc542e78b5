// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// A long short-term memory of any number of layers that runs forward over one sequence (as
/// `torch.nn.LSTM`), which may come in pieces.
///
/// Layers work side by side, a group of steps apart. A step's bits depend neither on the number of threads
/// nor on the pieces.
package struct ForwardLongShortTermMemory: Sendable {
  private struct Layer: Sendable {
    let input: PackedMatrix  // C → 4 · H, both biases
    let recurrent: [PackedMatrix]  // H → some of the 4 · H

    /// What the last output contributes to the gates.
    ///
    /// The recurrent weights pass through the cache at every step, in turns forwards and backwards: what
    /// came last is then still there when it comes first.
    func recur(_ output: Rows, into gates: Rows, isBackwards: Bool) {
      for index in recurrent.indices {
        let part = isBackwards ? recurrent.count - 1 - index : index
        let first = part * Self.columnsInPart
        recurrent[part](output, into: gates.columns(first..<first + recurrent[part].columns))
      }
    }

    static let columnsInPart = 128
  }

  private let layers: [Layer]
  private let units: Int

  /// Packs the weights.
  package init(layers: [LongShortTermMemory.Parameters]) {
    let units = layers[0].recurrentWeight.shape[1]
    self.units = units
    self.layers = layers.enumerated().map { index, parameters in
      let columns = parameters.recurrentWeight.shape[0]
      let recurrent = parameters.recurrentWeight
      defer { extendLifetime(recurrent) }
      return Layer(
        input: PackedMatrix(
          weight: parameters.inputWeight,
          bias: Tensor(
            shape: [columns],
            elements: zip(parameters.inputBias.elements, parameters.recurrentBias.elements).map(+)),
          // All but the first layer's rows come in groups of a few steps.
          rowsAreFew: index > 0),
        recurrent: stride(from: 0, to: columns, by: Layer.columnsInPart).map { first in
          let part = first..<min(first + Layer.columnsInPart, columns)
          return PackedMatrix(
            recurrent.pointer + first * units, depth: units, columns: part.count,
            columnStride: units, depthStride: 1, rowsAreFew: true)
        })
    }
  }

  /// What the layers remember of the steps so far.
  package struct State: Sendable {
    /// A layer's last output and its cells, empty before the first step.
    fileprivate var layers: [(output: [Float], cell: [Float])]
  }

  /// The state before the first step.
  package func makeState() -> State {
    State(layers: layers.map { _ in ([], []) })
  }

  private static let stepsInGroup = 12
  private static let rowsInBlock = 48

  /// Takes the next steps, `[T, C]`, and returns the last layer's outputs, `[T, H]`.
  package func callAsFunction(
    _ x: Tensor, _ state: inout State, arena: Arena, parallel: Parallel
  ) -> Tensor {
    let steps = x.shape[0]
    let group = Self.stepsInGroup
    let groups = (steps + group - 1) / group
    func range(_ index: Int) -> Range<Int> { index * group..<min((index + 1) * group, steps) }
    // Row 0 of the outputs is the last piece's last one.
    let outputs = layers.map { _ in arena.tensor(steps + 1, units) }
    let cells = layers.map { _ in arena.tensor(units) }
    for tensor in outputs + cells { tensor.pointer.update(repeating: 0, count: units) }
    let gates = layers.indices.map { arena.tensor($0 == 0 ? steps : group, 4 * units) }
    let sums = layers.map { _ in arena.tensor(1, 4 * units) }
    defer { extendLifetime((cells, gates, sums)) }
    for (index, remembered) in state.layers.enumerated() where !remembered.output.isEmpty {
      outputs[index].pointer.update(from: remembered.output, count: units)
      cells[index].pointer.update(from: remembered.cell, count: units)
    }
    let block = Self.rowsInBlock
    parallel.forEach((steps + block - 1) / block) { index, _ in
      let rows = index * block..<min((index + 1) * block, steps)
      layers[0].input(x.rows(rows), into: gates[0].rows(rows))
    }
    for wave in 0..<(groups + layers.count - 1) {
      parallel.forEach(layers.count) { index, _ in
        guard (0..<groups).contains(wave - index) else { return }
        let steps = range(wave - index)
        let layer = layers[index]
        let (output, gate) = (outputs[index], gates[index])
        if index > 0 {
          layer.input(
            outputs[index - 1].rows(steps.lowerBound + 1..<steps.upperBound + 1),
            into: gate.rows(0..<steps.count))
        }
        for step in steps {
          layer.recur(
            output.rows(step..<step + 1), into: sums[index].rows(0..<1), isBackwards: step % 2 == 1)
          let row = index == 0 ? step : step - steps.lowerBound
          tessera_lstm_step(
            1, units, gate.pointer + row * 4 * units, 4 * units,
            sums[index].pointer, cells[index].pointer,
            output.pointer + (step + 1) * units, units)
        }
      }
    }
    if steps > 0 {
      state.layers = layers.indices.map { index in
        let last = outputs[index].rows(steps..<steps + 1)
        return (
          Array(UnsafeBufferPointer(start: last.pointer, count: units)), cells[index].elements
        )
      }
    }
    let y = arena.tensor(steps, units)
    outputs[layers.count - 1].rows(1..<steps + 1).copy(into: y, row: 0)
    return y
  }
}
