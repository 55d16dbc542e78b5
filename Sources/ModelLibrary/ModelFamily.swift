// SPDX-License-Identifier: Apache-2.0

/// A kind of network.
public enum ModelFamily: String, Sendable, CaseIterable {
  /// The Conv-TasNets of torchaudio, asteroid, kaituoxu and Demucs.
  case convTasNet = "Conv-TasNet"
  /// The waveform U-Net of Demucs' first and second generation.
  case demucs = "Demucs"
  /// The waveform U-Net of the third generation.
  case timeDemucs = "Demucs v3"
  /// Two U-Nets, on samples and on a spectrogram (third generation).
  case hybridDemucs = "Hybrid Demucs"
  /// The same with a transformer between them (fourth generation).
  case hybridTransformerDemucs = "Hybrid Transformer Demucs"
  /// One U-Net on a spectrogram that gives masks: our own.
  case maskingDemucs = "Masking Demucs"
  /// The neural codec.
  case wavTokenizer = "WavTokenizer"
  /// The query-conditioned separator of Universal Source Separation.
  case resUNet30 = "ResUNet30"
  /// The sound-event tagger of PANNs.
  case cnn14 = "Cnn14"
  /// The tagger with attention in windows.
  case htsat = "HTS-AT"

  /// What its networks are for.
  public var task: ModelTask {
    switch self {
    case .convTasNet, .demucs, .timeDemucs, .hybridDemucs, .hybridTransformerDemucs, .maskingDemucs:
      .separation
    case .wavTokenizer: .codec
    case .resUNet30: .querySeparation
    case .cnn14, .htsat: .tagging
    }
  }
}

/// What a model is for.
public enum ModelTask: String, Sendable, CaseIterable {
  /// Takes recordings apart into the sources it was trained on.
  case separation
  /// Turns sound into tokens and back.
  case codec
  /// Takes out of recordings what a query describes.
  case querySeparation = "query-separation"
  /// Says what is heard.
  case tagging
}
