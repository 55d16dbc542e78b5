// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Metrics of one estimate that need the references of all sources.
public enum JointMetricName: String, Codable, Sendable, CaseIterable {
  /// The scaled reference to what the other references explain of the rest, in decibels.
  case scaleInvariantSIR = "si-sir"
  /// The scaled reference to what no reference explains, in decibels.
  case scaleInvariantSAR = "si-sar"

  /// The formula with its constants.
  public var definition: String {
    let denominator = self == .scaleInvariantSIR ? "sum i^2" : "sum (est - a ref - i)^2"
    return
      "10 log10(sum (a ref)^2 / \(denominator)) with a = sum (est ref) / sum ref^2 and i = the "
      + "projection of est - a ref on all references (no delays), over the whole sound, no mean "
      + "removed, per channel, then the mean over channels, float64, no eps; nan where a channel of "
      + "the reference or the estimate is silent"
  }
}

/// How sources and estimates correlate without delays: what scale-invariant metrics of several
/// sources are made of, and what tells which estimate is of which source.
public struct SourceCorrelations: Sendable {
  /// One channel's sums: among the references, `[reference][reference]`, of references with estimates,
  /// `[reference][estimate]`, and the estimates' energies.
  private struct Sums: Sendable {
    var among: [[Double]]
    var across: [[Double]]
    var estimates: [Double]
  }

  private var channels: [Sums]
  private let count: Int

  /// Reads all sounds once.
  ///
  /// - Parameters:
  ///   - references: the sources, of one format and length.
  ///   - estimates: as many estimates, of the same format and length.
  /// - Throws: `MetricError`, and what reading throws.
  public init(references: [any SignalSource], estimates: [any SignalSource]) throws {
    guard references.count == estimates.count, let first = references.first else {
      throw MetricError.sourceCountsDiffer(
        references: references.count, estimates: estimates.count)
    }
    for sound in references + estimates { try first.checkShape(of: sound) }
    count = references.count
    let zeros = [[Double]](
      repeating: [Double](repeating: 0, count: references.count), count: references.count)
    channels = Array(
      repeating: Sums(among: zeros, across: zeros, estimates: zeros[0]), count: first.channels)
    let targets = ChannelReader(references, frames: first.frames)
    let guesses = ChannelReader(estimates, frames: first.frames)
    for start in stride(from: 0, to: first.frames, by: 4096) {
      let range = start..<min(start + 4096, first.frames)
      let (target, guess) = (try targets.window(range), try guesses.window(range))
      func row(_ window: ChannelWindow, _ source: Int, _ channel: Int) -> [Double] {
        window.row(
          source * first.channels + channel, range, within: range, length: range.count)
      }
      for channel in channels.indices {
        let target = references.indices.map { row(target, $0, channel) }
        let guess = estimates.indices.map { row(guess, $0, channel) }
        for left in references.indices {
          for right in references.indices {
            channels[channel].across[left][right] += product(target[left], guess[right])
            if right >= left {
              channels[channel].among[left][right] += product(target[left], target[right])
            }
          }
          channels[channel].estimates[left] += product(guess[left], guess[left])
        }
      }
    }
    for channel in channels.indices {
      for left in references.indices {
        for right in 0..<left {
          channels[channel].among[left][right] = channels[channel].among[right][left]
        }
      }
    }
  }

  /// The score of the estimate at `place`, against the reference there.
  public func score(_ metric: JointMetricName, at place: Int) -> Score {
    .mean(channels: channels.count) { channel in
      let sums = channels[channel]
      let reference = sums.among[place][place]
      guard reference > 0 else { return Score(.silentReference(channel: channel)) }
      guard sums.estimates[place] > 0 else { return Score(.silentEstimate(channel: channel)) }
      let scale = sums.across[place][place] / reference
      // How the residual est - a ref correlates with each reference.
      let residual = (0..<count).map { sums.across[$0][place] - scale * sums.among[$0][place] }
      let interference = Self.projectedEnergy(residual, on: sums.among)
      let rest = sums.estimates[place] - scale * sums.across[place][place]
      let unwanted =
        metric == .scaleInvariantSIR ? interference : max(rest - interference, 0)
      return Score(10 * log10(scale * scale * reference / max(unwanted, 0)))
    }
  }

  /// Which estimate is of which reference, so that the mean of `ScaleInvariantSDR` is highest; silence
  /// counts as the worst.
  public var bestOrder: [Int] {
    BestAssignment.maximizing(
      (0..<count).map { reference in
        (0..<count).map { estimate in
          let shares = channels.map { sums -> Double in
            let energies = sums.among[reference][reference] * sums.estimates[estimate]
            let share = energies > 0 ? pow(sums.across[reference][estimate], 2) / energies : 0
            // Rounding limits what can be told apart.
            return 10 * log10(max(share, 1e-15) / max(1 - share, 1e-15))
          }
          return shares.reduce(0, +) / Double(shares.count)
        }
      })
  }

  /// `cᵀ G⁻¹ c`, the energy of the projection on sounds with the products `gram` of a sound that has the
  /// products `vector` with them; sounds that others contain already are left out.
  private static func projectedEnergy(_ vector: [Double], on gram: [[Double]]) -> Double {
    var (gram, vector, energy) = (gram, vector, 0.0)
    let diagonal = gram.indices.map { gram[$0][$0] }
    for pivot in gram.indices where gram[pivot][pivot] > 1e-12 * diagonal[pivot] {
      energy += vector[pivot] * vector[pivot] / gram[pivot][pivot]
      for row in gram.indices where row > pivot {
        let factor = gram[row][pivot] / gram[pivot][pivot]
        for column in gram.indices where column > pivot {
          gram[row][column] -= factor * gram[pivot][column]
        }
        vector[row] -= factor * vector[pivot]
      }
    }
    return energy
  }
}

private func product(_ left: [Double], _ right: [Double]) -> Double {
  var sum = 0.0
  for index in left.indices { sum += left[index] * right[index] }
  return sum
}
