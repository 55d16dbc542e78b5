// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  private static func waveform(
    _ name: String, _ summary: String, family: ModelFamily = .demucs, file: String,
    in folder: String, megabytes: Int?, digest: String, quantised: Bool = false,
    quality: PublishedQuality? = nil
  ) -> PublishedModel {
    PublishedModel(
      name, family, summary, sources: instruments,
      files: [
        PublishedFile(
          // Both generations have files of the same name.
          folder == "v2.0" ? "v1_\(file)" : file, url: "\(demucsRoot)\(folder)/\(file)",
          size: megabytes.map { .about($0 * 1_000_000) }, digest: digest, isQuantised: quantised)
      ], licence: demucsLicence, quality: quality)
  }

  private static func overall(_ decibels: Double, _ source: String) -> PublishedQuality {
    PublishedQuality(
      dataSet: "MUSDB18 test", metric: "SDR (museval, median)",
      values: [.init(name: "all", decibels: decibels)], source: source)
  }

  // The second generation's files lie below "v3.0", the first's below "v2.0".
  static let secondGeneration = [
    waveform(
      "demucs", "music into four stems, waveform network, second generation",
      file: "demucs-e07c671f.th", in: "v3.0",
      megabytes: 1063, digest: "e07c671f",
      quality: musdb(
        6.28, 6.86, 7.01, 4.42, 6.84, "Demucs' stored results, 10 shifts", dataSet: "MUSDB18 test")),
    waveform(
      "demucs_extra", "demucs, trained on 150 more songs", file: "demucs_extra-3646af93.th",
      in: "v3.0", megabytes: 1063, digest: "3646af93",
      quality: musdb(
        6.79, 7.58, 7.60, 4.69, 7.29, "Demucs' stored results", dataSet: "MUSDB18 test")),
    waveform(
      "demucs48_hq", "demucs with 48 channels instead of 64, trained on MUSDB18-HQ",
      file: "demucs48_hq-28a1282c.th", in: "v3.0",
      megabytes: 598,
      digest: "28a1282c",
      quality: overall(6.20, "Demucs' stored results")),
    waveform(
      "demucs_quantized", "demucs, quantised", file: "demucs_quantized-07afea75.th", in: "v3.0",
      megabytes: nil, digest: "07afea75", quantised: true,
      quality: musdb(
        6.36, 6.92, 7.16, 4.44, 6.93, "Demucs' stored results", dataSet: "MUSDB18 test")),
    waveform(
      "demucs_unittest", "a tiny network for tests of programs",
      file: "demucs_unittest-09ebc15f.th",
      in: "v3.0", megabytes: nil, digest: "09ebc15f"),
    waveform(
      "tasnet", "music into four stems, Conv-TasNet", family: .convTasNet,
      file: "tasnet-beb46fac.th",
      in: "v3.0",
      megabytes: 44, digest: "beb46fac",
      quality: musdb(
        5.73, 6.02, 6.20, 4.27, 6.43, "Demucs' stored results", dataSet: "MUSDB18 test")),
    waveform(
      "tasnet_extra", "tasnet, trained on 150 more songs", family: .convTasNet,
      file: "tasnet_extra-df3777b2.th", in: "v3.0", megabytes: 44, digest: "df3777b2",
      quality: overall(6.32, "Demucs paper")),
  ]

  static let firstGeneration = [
    waveform(
      "demucs_v1", "music into four stems, waveform network, first generation", file: "demucs.th",
      in: "v2.0",
      megabytes: 2594, digest: "f6c4148ba0dc92242d82d7b3f2af55c77bd7cb4ff1a0a3028a523986f36a3cfd",
      quality: overall(5.6, "Demucs' README")),
    waveform(
      "demucs_extra_v1", "demucs_v1, trained on 150 more songs", file: "demucs_extra.th",
      in: "v2.0",
      megabytes: 2594, digest: "3331bcc5d09ba1d791c3cf851970242b0bb229ce81dbada557b6d39e8c6a6a87",
      quality: overall(6.3, "Demucs' README")),
    waveform(
      "light", "demucs_v1 with 64 channels instead of 100", file: "light.th", in: "v2.0",
      megabytes: 1063,
      digest: "79d1ee3c1541c729c552327756954340a1a46a11ce0009dea77dc583e4b6269c"),
    waveform(
      "light_extra", "light, trained on 150 more songs", file: "light_extra.th", in: "v2.0",
      megabytes: 1063, digest: "9e9b4af564229c80cc73c95d02d2058235bb054c6874b3cba4d5b26943a5ddcb"),
    waveform(
      "tasnet_v1", "music into four stems, Conv-TasNet, first generation", family: .convTasNet,
      file: "tasnet.th",
      in: "v2.0", megabytes: 44,
      digest: "be56693f6a5c4854b124f95bb9dd043f3167614898493738ab52e25648bec8a2",
      quality: overall(5.7, "Demucs' README")),
    waveform(
      "tasnet_extra_v1", "tasnet_v1, trained on 150 more songs", family: .convTasNet,
      file: "tasnet_extra.th", in: "v2.0", megabytes: 44,
      digest: "0ccbece3acd98785a367211c9c35b1eadae8d148b0d37fe5a5494d6d335269b5"),
  ]
}
