// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// How much worse the estimate's linear prediction explains the reference than the reference's own: 0
/// for equal sounds (Quackenbush et al., "Objective Measures of Speech Quality", 1988), as the composite
/// measures of speech enhancement take it (Hu and Loizou 2008).
public enum LogLikelihoodRatio: Metric {
  /// The formula.
  public static let definition =
    "LLR: mean over the lowest 95 % of frames of ln(aE' R aE / aR' R aR), a the linear prediction of "
    + "order 16 (10 below 10 kHz) and R the reference's autocorrelation matrix of w (x + 2^-52), not "
    + "limited to 2, ratios that are not positive count as 1000; \(SpeechFrames.definition), per "
    + "channel, then the mean over channels, float64; nan where a channel of the reference is silent"

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError`.
  public static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score {
    try reference.checkShape(of: estimate)
    let frames = SpeechFrames(sampleRate: reference.sampleRate, samples: reference.frames)
    if let gap = frames.gap { return Score(gap) }
    let order = reference.sampleRate < 10_000 ? 10 : 16
    return .mean(channels: reference.channels) { channel in
      let (target, guess) = (reference.channel(channel), estimate.channel(channel))
      if let gap = Score.Gap(channel: channel, reference: target, estimate: guess) {
        return Score(gap)
      }
      return Score(
        trimmedMeanOf: (0..<frames.count).map { index in
          distortion(
            frames.windowed(target, index, offset: .ulpOfOne),
            frames.windowed(guess, index, offset: .ulpOfOne), order: order)
        })
    }
  }

  private static func distortion(_ target: [Double], _ guess: [Double], order: Int) -> Double {
    let correlation = autocorrelation(target, lags: order)
    let own = predictionError(linearPrediction(correlation), correlation)
    let foreign = predictionError(
      linearPrediction(autocorrelation(guess, lags: order)), correlation)
    let ratio = foreign / own
    if ratio.isNaN { return .infinity }
    return log(ratio > 0 ? ratio : 1000)
  }

  /// The correlation of `frame` with itself at 0 to `lags` samples of delay.
  private static func autocorrelation(_ frame: [Double], lags: Int) -> [Double] {
    (0...lags).map { lag in
      var sum = 0.0
      for index in lag..<max(lag, frame.count) { sum += frame[index] * frame[index - lag] }
      return sum
    }
  }

  /// The prediction error filter for `correlation`, its first coefficient 1 (Levinson's recursion).
  private static func linearPrediction(_ correlation: [Double]) -> [Double] {
    var filter = [1.0]
    var error = correlation[0]
    for order in 1..<correlation.count {
      var sum = 0.0
      for index in 0..<order { sum += filter[index] * correlation[order - index] }
      let reflection = -sum / error
      filter.append(0)
      let reversed = Array(filter.reversed())
      for index in filter.indices { filter[index] += reflection * reversed[index] }
      error *= 1 - reflection * reflection
    }
    return filter
  }

  /// The energy that `filter` leaves of a signal with `correlation`.
  private static func predictionError(_ filter: [Double], _ correlation: [Double]) -> Double {
    var sum = 0.0
    for (row, left) in filter.enumerated() {
      for (column, right) in filter.enumerated() {
        sum += left * right * correlation[abs(row - column)]
      }
    }
    return sum
  }
}
