// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
internal import Tensors

/// How a query enters the network (FiLM without factors): each norm gets summands that depend linearly on
/// the condition.
struct QueryModulation: Sendable {
  /// Conditions to all norms' summands, the norms' own in the bias.
  let matrix: PackedMatrix

  /// Numbers of a condition.
  var conditionSize: Int { matrix.depth }

  /// The summands for conditions: a row each.
  func callAsFunction(_ conditions: [[Float]], _ run: Run) -> Tensor {
    let input = Tensor(
      shape: [conditions.count, conditionSize], elements: conditions.flatMap { $0 })
    let result = run.arena.tensor(conditions.count, matrix.columns)
    matrix(input.rows(0..<conditions.count), into: result.rows(0..<conditions.count))
    return result
  }
}
