// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// Conv-TasNets for speech, by torchaudio and asteroid's users.
  static let convTasNetModels =
    [
      PublishedModel(
        "conv_tasnet_base_libri2mix", aliases: ["CONVTASNET_BASE_LIBRI2MIX"], .convTasNet,
        "two speakers, torchaudio's", sources: speakers(2), sampleRate: 8000,
        files: [
          PublishedFile(
            "conv_tasnet_base_libri2mix.pt",
            url: "https://download.pytorch.org/torchaudio/models/conv_tasnet_base_libri2mix.pt",
            size: .exactly(20_049_107))
        ], licence: "not stated with the file; trained on Libri2Mix (CC BY 4.0)")
    ] + hubModels + zenodoModels

  private static func speakers(_ count: Int) -> [String] { (1...count).map { "speaker\($0)" } }

  private static let freeLicence = "CC BY-SA 4.0"
  private static let nonCommercialLicence =
    "CC BY-SA 4.0, not for commerce (WHAM or WSJ0 in training)"

  private static func gain(_ dataSet: String, _ siSDR: Double, _ sdr: Double) -> PublishedQuality {
    PublishedQuality(
      dataSet: dataSet, metric: "improvement",
      values: [
        .init(name: "SI-SDRi", decibels: siSDR), .init(name: "SDRi", decibels: sdr),
      ], source: "the model's card")
  }

  /// On the Hugging Face hub, named by what they were trained on.
  private static let hubModels: [PublishedModel] = {
    func hub(
      _ name: String, speakers count: Int, _ summary: String, isNoisy: Bool,
      _ quality: PublishedQuality? = nil
    ) -> PublishedModel {
      let local = "convtasnet_" + name.lowercased()
      let is8k = name.hasSuffix("_8k")
      return PublishedModel(
        local, aliases: ["JorisCos/ConvTasNet_\(name)"], .convTasNet, summary,
        sources: count == 1 ? ["speech"] : speakers(count), sampleRate: is8k ? 8000 : 16000,
        files: [
          PublishedFile(
            "\(local).bin",
            url:
              "https://huggingface.co/JorisCos/ConvTasNet_\(name)/resolve/main/pytorch_model.bin",
            size: .about(20_000_000))
        ], licence: isNoisy ? nonCommercialLicence : freeLicence, quality: quality)
    }
    return [
      hub(
        "Libri1Mix_enhsingle_16k", speakers: 1, "speech out of noise", isNoisy: true,
        PublishedQuality(
          dataSet: "Libri1Mix test", metric: "SI-SDR",
          values: [.init(name: "speech", decibels: 14.74)], source: "the model's card")),
      hub(
        "Libri2Mix_sepclean_8k", speakers: 2, "two speakers", isNoisy: false,
        gain("Libri2Mix test, clean", 14.7, 15.1)),
      hub(
        "Libri2Mix_sepclean_16k", speakers: 2, "two speakers", isNoisy: false,
        gain("Libri2Mix test, clean", 15.24, 15.58)),
      hub(
        "Libri2Mix_sepnoisy_8k", speakers: 2, "two speakers out of noise", isNoisy: true,
        gain("Libri2Mix test, noisy", 12.0, 12.5)),
      hub("Libri2Mix_sepnoisy_16k", speakers: 2, "two speakers out of noise", isNoisy: true),
      hub("Libri3Mix_sepclean_8k", speakers: 3, "three speakers", isNoisy: false),
      hub("Libri3Mix_sepclean_16k", speakers: 3, "three speakers", isNoisy: false),
      hub("Libri3Mix_sepnoisy_8k", speakers: 3, "three speakers out of noise", isNoisy: true),
      hub("Libri3Mix_sepnoisy_16k", speakers: 3, "three speakers out of noise", isNoisy: true),
    ]
  }()

  /// At Zenodo, where every file is called model.pth.
  private static let zenodoModels: [PublishedModel] = {
    func record(
      _ number: Int, _ name: String, _ summary: String, sources: [String], sampleRate: Int,
      megabytes: Int = 20, _ licence: String, _ quality: PublishedQuality? = nil
    ) -> PublishedModel {
      PublishedModel(
        name, aliases: ["zenodo-\(number)"], .convTasNet, summary, sources: sources,
        sampleRate: sampleRate,
        files: [
          PublishedFile(
            "zenodo-\(number).pth",
            url: "https://zenodo.org/record/\(number)/files/model.pth?download=1",
            size: .about(megabytes * 1_000_000))
        ], licence: licence, quality: quality)
    }
    return [
      record(
        3_862_942, "convtasnet_wham_sepclean", "two speakers", sources: speakers(2),
        sampleRate: 8000, nonCommercialLicence, gain("WHAM test, clean", 16.2, 16.5)),
      record(
        3_873_572, "convtasnet_libri2mix_sepclean", "two speakers", sources: speakers(2),
        sampleRate: 8000, freeLicence),
      record(
        3_874_420, "convtasnet_libri2mix_sepnoisy", "two speakers out of noise",
        sources: speakers(2), sampleRate: 8000, nonCommercialLicence),
      record(
        4_020_529, "convtasnet_libri3mix_sepnoisy", "three speakers out of noise",
        sources: speakers(3), sampleRate: 8000, nonCommercialLicence),
      record(
        3_970_768, "convtasnet_libri1mix_enhsingle", "speech out of noise", sources: ["speech"],
        sampleRate: 16000, nonCommercialLicence),
      record(
        4_301_955, "convtasnet_libri1mix_enhsingle_2", "speech out of noise, later training",
        sources: ["speech"], sampleRate: 16000, nonCommercialLicence),
      record(
        3_994_193, "convtasnet_damp_vsep", "singing apart from its accompaniment",
        sources: ["vocals", "accompaniment"], sampleRate: 16000, megabytes: 52, freeLicence,
        gain("DAMP-VSEP test", 14.3, 15.0)),
    ]
  }()
}
