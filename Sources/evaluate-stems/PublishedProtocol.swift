// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Evaluation
internal import SoundFiles

/// How a publication makes its numbers: what becomes of the sounds, and which metrics there are.
enum PublishedProtocol: String, ExpressibleByArgument, CaseIterable {
  /// Mixtures of two sounds, of which one has a class: AudioSet, FSDKaggle2018, FSD50K, Slakh2100 as
  /// universal source separation makes them.
  case universalClasses = "uss-classes"
  /// The four stems of MUSDB18 as universal source separation judges them.
  case universalMUSDB18 = "uss-musdb18"
  /// VoiceBank-DEMAND as universal source separation judges it, without PESQ.
  case universalVoiceBank = "uss-voicebank"

  /// What all sounds are brought to.
  var format: AudioFormat {
    AudioFormat(sampleRate: self == .universalVoiceBank ? 16_000 : 32_000, channels: 1)
  }

  var metrics: [MetricName] {
    switch self {
    case .universalClasses: [.flooredSDR, .flooredSDRImprovement]
    case .universalMUSDB18: [.windowedSDR, .windowedSDRImprovement]
    case .universalVoiceBank: [.segmentalSNR, .weightedSpectralSlope, .logLikelihoodRatio]
    }
  }

  /// What numbers by this protocol have in common.
  var definition: String {
    let sources = self == .universalClasses ? "classes" : "sources"
    return "\(rawValue) (Kong et al. 2023): channels averaged, then \(format.sampleRate) Hz by a "
      + "windowed sinc of 24 zero crossings and cut-off 0.945, where the publication has soxr's; "
      + "medians (which the publication has) and means over recordings, and their means over \(sources)"
  }
}
