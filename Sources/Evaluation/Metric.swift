// SPDX-License-Identifier: Apache-2.0

/// A number that says how close an estimate is to its reference: a pure function of the two.
public protocol Metric {
  /// The formula with its constants: what two tools must share for their numbers to be comparable.
  static var definition: String { get }

  /// The score of `estimate`.
  ///
  /// - Throws: `MetricError` where the sounds differ in rate, channels or length.
  static func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal
  ) throws(MetricError) -> Score
}

/// The metrics by the names that programs and reports use.
public enum MetricName: String, Codable, Sendable, CaseIterable {
  /// `GlobalSDR`, in decibels.
  case sdr
  /// `GlobalSDR` of the estimate less that of the mixture, in decibels.
  case sdrImprovement = "sdri"
  /// `ScaleInvariantSDR`, in decibels.
  case scaleInvariantSDR = "si-sdr"
  /// `ScaleInvariantSDR` of the estimate less that of the mixture, in decibels.
  case scaleInvariantSDRImprovement = "si-sdri"
  /// `ScaleDependentSDR`, in decibels.
  case scaleDependentSDR = "sd-sdr"
  /// `FlooredSDR`, in decibels.
  case flooredSDR = "floored-sdr"
  /// `FlooredSDR` of the estimate less that of the mixture, in decibels.
  case flooredSDRImprovement = "floored-sdri"
  /// `WindowedSDR`, in decibels.
  case windowedSDR = "windowed-sdr"
  /// `WindowedSDR` of the estimate less that of the mixture, in decibels.
  case windowedSDRImprovement = "windowed-sdri"
  /// `SegmentalSNR`, in decibels.
  case segmentalSNR = "ssnr"
  /// `WeightedSpectralSlope`; 0 is best.
  case weightedSpectralSlope = "wss"
  /// `LogLikelihoodRatio`; 0 is best.
  case logLikelihoodRatio = "llr"
  /// `ShortTimeObjectiveIntelligibility`, from 0 to 1.
  case intelligibility = "stoi"
  /// `ExtendedObjectiveIntelligibility`, from 0 to 1.
  case extendedIntelligibility = "estoi"
  /// `LogSpectralDistance`, in bels; 0 is best.
  case logSpectralDistance = "lsd"
  /// `MelDistance`; 0 is best.
  case melDistance = "mel"

  private var metric: any Metric.Type {
    switch self {
    case .sdr, .sdrImprovement: GlobalSDR.self
    case .scaleInvariantSDR, .scaleInvariantSDRImprovement: ScaleInvariantSDR.self
    case .scaleDependentSDR: ScaleDependentSDR.self
    case .flooredSDR, .flooredSDRImprovement: FlooredSDR.self
    case .windowedSDR, .windowedSDRImprovement: WindowedSDR.self
    case .segmentalSNR: SegmentalSNR.self
    case .weightedSpectralSlope: WeightedSpectralSlope.self
    case .logLikelihoodRatio: LogLikelihoodRatio.self
    case .intelligibility: ShortTimeObjectiveIntelligibility.self
    case .extendedIntelligibility: ExtendedObjectiveIntelligibility.self
    case .logSpectralDistance: LogSpectralDistance.self
    case .melDistance: MelDistance.self
    }
  }

  /// Whether the score is relative to the mixture's, which then has to be given.
  public var isImprovement: Bool {
    switch self {
    case .sdrImprovement, .scaleInvariantSDRImprovement, .flooredSDRImprovement,
      .windowedSDRImprovement:
      true
    default: false
    }
  }

  /// Whether the score is in decibels.
  public var isDecibels: Bool {
    switch self {
    case .intelligibility, .extendedIntelligibility, .logSpectralDistance, .melDistance,
      .weightedSpectralSlope, .logLikelihoodRatio:
      false
    default: true
    }
  }

  /// Whether the score is `sdr` by the rules of one publication, of use beside its numbers only.
  public var isSDRByOtherRules: Bool {
    switch self {
    case .flooredSDR, .flooredSDRImprovement, .windowedSDR, .windowedSDRImprovement: true
    default: false
    }
  }

  /// The formula with its constants.
  public var definition: String {
    isImprovement
      ? "of the estimate less that of the mixture: \(metric.definition)" : metric.definition
  }

  /// The score of `estimate`; an improvement needs the `mixture`.
  ///
  /// - Throws: `MetricError`.
  public func score(
    of estimate: InterleavedSignal, against reference: InterleavedSignal,
    mixture: InterleavedSignal? = nil
  ) throws(MetricError) -> Score {
    let score = try metric.score(of: estimate, against: reference)
    guard isImprovement else { return score }
    guard let mixture else { throw .mixtureMissing(self) }
    return score.improvement(over: try metric.score(of: mixture, against: reference))
  }
}

extension MetricName {
  /// The scores of `estimate` for several metrics, with as few readings as they allow.
  ///
  /// Those made of energies alone are summed while the sounds are read; the others need them whole.
  ///
  /// - Throws: `MetricError`, and what reading throws.
  static func scores(
    _ metrics: [MetricName], of estimate: any SignalSource, against reference: any SignalSource,
    mixture: (any SignalSource)?
  ) throws -> [(metric: MetricName, score: Score)] {
    var sums: (estimate: EnergyAccumulator, mixture: EnergyAccumulator?)?
    var whole: (estimate: InterleavedSignal, reference: InterleavedSignal)?
    var wholeMixture: InterleavedSignal?
    return try metrics.map { metric in
      guard let energyScore = metric.energyScore else {
        let sounds = try whole ?? (InterleavedSignal(estimate), InterleavedSignal(reference))
        whole = sounds
        if metric.isImprovement && wholeMixture == nil {
          wholeMixture = try mixture.map { try InterleavedSignal($0) }
        }
        return (
          metric,
          try metric.score(
            of: sounds.estimate, against: sounds.reference, mixture: wholeMixture)
        )
      }
      let energies =
        try sums
        ?? (
          EnergyAccumulator(of: estimate, against: reference),
          metrics.contains(where: \.isImprovement)
            ? mixture.map { try EnergyAccumulator(of: $0, against: reference) } : nil
        )
      sums = energies
      let score = energyScore(energies.estimate)
      guard metric.isImprovement else { return (metric, score) }
      guard let baseline = energies.mixture else { throw MetricError.mixtureMissing(metric) }
      return (metric, score.improvement(over: energyScore(baseline)))
    }
  }

  /// The score from energies alone; nil for metrics that need more.
  private var energyScore: ((EnergyAccumulator) -> Score)? {
    switch self {
    case .sdr, .sdrImprovement: \.globalSDR
    case .scaleInvariantSDR, .scaleInvariantSDRImprovement: \.scaleInvariantSDR
    case .scaleDependentSDR: \.scaleDependentSDR
    case .flooredSDR, .flooredSDRImprovement: \.flooredSDR
    default: nil
    }
  }
}

extension EnergyAccumulator {
  /// The energies of two sounds that are read block by block.
  init(of estimate: any SignalSource, against reference: any SignalSource) throws {
    try reference.checkShape(of: estimate)
    self.init(channels: reference.channels)
    for start in stride(from: 0, to: reference.frames, by: 65_536) {
      let range = start..<min(start + 65_536, reference.frames)
      add(
        reference: try reference.samples(in: range), estimate: try estimate.samples(in: range))
    }
  }
}
