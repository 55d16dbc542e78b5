// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// The Demucs family of separators, all generations, the newest first.
  static let demucsModels =
    transformers + hybrids + communityModels + secondGeneration + firstGeneration

  static let instruments = ["drums", "bass", "other", "vocals"]
  static let demucsLicence =
    "code MIT; of the weights the authors say that they are for research (MUSDB18 and others)"
  static let demucsRoot = "https://dl.fbaipublicfiles.com/demucs/"

  /// A file of the third or fourth generation: its name is its signature and the digest's first digits.
  private static func file(
    _ folder: String, _ signature: String, _ megabytes: Int?, _ digest: String,
    quantised: Bool = false
  ) -> PublishedFile {
    let name = "\(signature)-\(digest.prefix(8)).th"
    return PublishedFile(
      name, url: "\(demucsRoot)\(folder)/\(name)", size: megabytes.map { .about($0 * 1_000_000) },
      digest: digest, isQuantised: quantised)
  }

  /// Figures as Demucs' authors publish them.
  static func musdb(
    _ all: Double, _ drums: Double, _ bass: Double, _ other: Double, _ vocals: Double,
    _ source: String, dataSet: String = "MUSDB18-HQ test"
  ) -> PublishedQuality {
    let names = ["all"] + instruments
    return PublishedQuality(
      dataSet: dataSet, metric: "SDR (museval, median)",
      values: zip(names, [all, drums, bass, other, vocals]).map { .init(name: $0, decibels: $1) },
      source: source)
  }

  // MARK: Fourth generation

  private static let transformers: [PublishedModel] = {
    func transformer(_ signature: String, _ digest: String, _ megabytes: Int = 84) -> PublishedFile
    {
      file("hybrid_transformer", signature, megabytes, digest)
    }
    return [
      PublishedModel(
        "htdemucs", .hybridTransformerDemucs, "music into drums, bass, other, vocals",
        sources: instruments,
        files: [
          transformer(
            "955717e8", "8726e21a993978c7ba086d3872e7608d7d5bfca646ca4aca459ffda844faa8b4")
        ],
        licence: demucsLicence,
        quality: musdb(8.80, 10.05, 9.78, 6.42, 8.93, "HT Demucs paper, 800 more songs")),
      PublishedModel(
        "htdemucs_ft", .hybridTransformerDemucs,
        "music into four stems, a fine-tuned network for each", sources: instruments,
        files: [
          transformer(
            "f7e0c4bc", "ba3fe64ae8ef66ac9a4857222ce48efbdc5eb3ad375cb79dd13debee5aaa4066"),
          transformer(
            "d12395a8", "e57c48e6b0e38af4f7118d7bd08c49f0a0c0edf7d09143bdd902ea0d237303e6"),
          transformer(
            "92cfc3b6", "ef3bcb9c8b40d14ae5d51b6db2587339cc12c6b77c0be151ce6d69002e087bf2"),
          transformer(
            "04573f0d", "f3cf25b222c4eed7cd49dd8b2c9597d50c18bd154090f7b919cfa5f93cf22c49"),
        ],
        weights: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], licence: demucsLicence,
        quality: musdb(9.00, 10.08, 10.39, 6.32, 9.20, "HT Demucs paper, 800 more songs")),
      PublishedModel(
        "htdemucs_6s", .hybridTransformerDemucs, "music into six stems, guitar and piano too",
        sources: instruments + ["guitar", "piano"],
        files: [
          transformer(
            "5c90dfd2", "34c22ccb381c6f9fdbf324f04e1e2fe21aaaf293f5ded163a162697ff9a02ddd", 55)
        ], licence: demucsLicence),
    ]
  }()

  // MARK: Third generation

  private static let hybrids: [PublishedModel] = {
    func hybrid(
      _ signature: String, _ digest: String, megabytes: Int = 167, quantised: Bool = false
    ) -> PublishedFile {
      file(
        "mdx_final", signature, quantised ? nil : megabytes, digest, quantised: quantised)
    }
    func time(_ signature: String, _ digest: String, megabytes: Int) -> PublishedFile {
      hybrid(signature, digest, megabytes: megabytes)
    }
    let challengeWeights: [[Double]] = [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 1], [1, 0, 1, 1]]
    let trackA = musdb(7.68, 8.24, 8.76, 5.59, 8.13, "Hybrid Demucs paper")
    let reproduced = [
      time(
        "9a6b4851", "03af0aa64af2c4f0795659c265fdead238fab31c064a8a4b5b051c1b22c8ad48",
        megabytes: 268),
      time(
        "1ef250f1", "592467cef0b0d878bc66fe38c8456353ff435334331baab08e1dc82beeefd596",
        megabytes: 268),
      hybrid("fa0cb7f9", "100d8bf4dc5e228edfd9bb7a2ec44ad9f44d8f0a845964d38ee8c11ea8ca1399"),
      hybrid("902315c2", "b39ce9c97b5603fbaee99ec59fe1d2db570c77a37356c9c85542d881517c3302"),
    ]
    return [
      PublishedModel(
        "hdemucs_mmi", .hybridDemucs, "music into four stems, hybrid network", sources: instruments,
        files: [
          file(
            "hybrid_transformer", "75fc33f5", 167,
            "1941ce654b11df4132b9f4eae408556b4c83fad6fe26b4bc0dbcb36b975befb3")
        ], segmentSeconds: 44, licence: demucsLicence,
        quality: musdb(8.34, 9.31, 9.13, 6.18, 8.75, "HT Demucs paper, 800 more songs")),
      PublishedModel(
        "mdx", .hybridDemucs,
        "music into four stems, four networks, winner of a challenge (MDX 2021, A)",
        sources: instruments,
        files: [
          time(
            "0d19c1c6", "0f06f20ed6ddc8058fa72ccc4845f3a88916eff7d007b623924193de217bbcf4",
            megabytes: 178),
          time(
            "7ecf8ec1", "70f50cc947d08f32e6dd8e2b687d398fa5ef9e51d1bd7600e32205d1f44be6b9",
            megabytes: 178),
          hybrid("c511e2ab", "fe6987756a7087d339bf63b19bb481b12cea02d3bc0de7583df7597210209649"),
          hybrid("7d865c68", "3d5dd56b5bc986f136dff98655ded22b2b033f465ccec7a28640a6b15fd71ed6"),
        ], weights: challengeWeights, segmentSeconds: 44, licence: demucsLicence, quality: trackA),
      PublishedModel(
        "mdx_q", .hybridDemucs, "mdx, quantised", sources: instruments,
        files: [
          hybrid(
            "6b9c2ca1", "3fd82607b051e9f8ed0e86a30791023a3b589a427fb994c8bbfdff8c1903eeff",
            quantised: true),
          hybrid(
            "b72baf4e", "8778635e98a9d4b34b3d132300597758f8f3f2978510eb20c202fd0d54a7bbf0",
            quantised: true),
          hybrid(
            "42e558d4", "196e0e1bc5e83ea6ffbf0750b1abae1305b83de12ec98e5b50915a7139c52759",
            quantised: true),
          hybrid(
            "305bc58f", "18378783cf76d44213f7a0c87da872a35b976c31ac11c4b367438b4674a2f0fe",
            quantised: true),
        ], weights: challengeWeights, segmentSeconds: 44, licence: demucsLicence),
      PublishedModel(
        "mdx_extra", .hybridDemucs, "mdx, trained on more songs, MUSDB18's test set too",
        sources: instruments,
        files: [
          hybrid("e51eebcc", "c1b80bdd6de58274abf359e66822a76f49ce2b9f086fc5dc917ac14598e6bebf"),
          hybrid("a1d90b5c", "ae9d245283bf24b552913ee233a1101dcd0aeaed59b1c0a2da0e1f6eda15101b"),
          hybrid("5d2d6c55", "db83574e05b2308f76e2764819da673f2d16d437b9e619f5fcb72f275fc0e24f"),
          hybrid("cfa93e08", "61801ae1567d606c97a9c3469e943ae306d0a873eeb60d623ae7cfc7042b3f68"),
        ], segmentSeconds: 44, licence: demucsLicence),
      PublishedModel(
        "mdx_extra_q", .hybridDemucs, "mdx_extra, quantised", sources: instruments,
        files: [
          hybrid(
            "83fc094f", "4a16d450fd8c9277494e23865cadaa4a3e64141c45411d84243b8c95ea4b7cae",
            quantised: true),
          hybrid(
            "464b36d7", "e5a9386ecbf6f30bb2bdc7ae162f471d87f3b5bffba1a8cb2cebe4403280967e",
            quantised: true),
          hybrid(
            "14fc6a69", "a89dd0eeb547221dcfd6c0a47baa768ce0bce548eaf86b9a404d6b1088b5d22f",
            quantised: true),
          hybrid(
            "7fd6ef75", "a905dd8548f7389f1a3686c24c09d7bee61b716e3372e778e2acec88333ecdf4",
            quantised: true),
        ], segmentSeconds: 44, licence: demucsLicence),
      PublishedModel(
        "repro_mdx_a", .hybridDemucs, "mdx again, trained on MUSDB18-HQ alone",
        sources: instruments, files: reproduced, segmentSeconds: 44, licence: demucsLicence,
        quality: PublishedQuality(
          dataSet: "MUSDB18-HQ test", metric: "SDR (museval, median)",
          values: [.init(name: "all", decibels: 7.64)], source: "Demucs' README")),
      // The publisher's bags hold each network twice, which averages to the same.
      PublishedModel(
        "repro_mdx_a_time_only", .timeDemucs,
        "the two networks of repro_mdx_a that see samples alone", sources: instruments,
        files: Array(reproduced[..<2]), segmentSeconds: 44, licence: demucsLicence),
      PublishedModel(
        "repro_mdx_a_hybrid_only", .hybridDemucs, "the two hybrid networks of repro_mdx_a",
        sources: instruments,
        files: Array(reproduced[2...]), segmentSeconds: 44, licence: demucsLicence),
      PublishedModel(
        "hdemucs_high", aliases: ["hdemucs_high_trained", "HDEMUCS_HIGH_MUSDB_PLUS"],
        .hybridDemucs, "music into four stems, torchaudio's, all of MUSDB18-HQ and 150 more songs",
        sources: instruments,
        files: [
          PublishedFile(
            "hdemucs_high_trained.pt",
            url: "https://download.pytorch.org/torchaudio/models/hdemucs_high_trained.pt",
            size: .exactly(334_697_255),
            digest: "a004b2790d73ffeaa535db458a1a79b539dfdbafbccc31f275d07e632ebd7816")
        ], licence: torchaudioLicence),
      PublishedModel(
        "hdemucs_high_musdbhq", aliases: ["hdemucs_high_musdbhq_only", "HDEMUCS_HIGH_MUSDB"],
        .hybridDemucs, "music into four stems, torchaudio's, MUSDB18-HQ alone",
        sources: instruments,
        files: [
          PublishedFile(
            "hdemucs_high_musdbhq_only.pt",
            url: "https://download.pytorch.org/torchaudio/models/hdemucs_high_musdbhq_only.pt",
            size: .about(335_000_000))
        ], licence: torchaudioLicence,
        quality: PublishedQuality(
          dataSet: "MUSDB18-HQ test", metric: "SDR (museval, median)",
          values: zip(instruments, [7.13, 7.51, 5.23, 7.33]).map { .init(name: $0, decibels: $1) },
          source: "a user's measurement (facebookresearch/demucs #493)")),
    ]
  }()

  private static let torchaudioLicence =
    "not stated with the file; trained on MUSDB18-HQ, which is for education and research"

  // MARK: By others, in the same packages

  private static let communityModels = [
    PublishedModel(
      "drumsep", aliases: ["49469ca8"], .hybridDemucs, "drums into kick, snare, cymbals, toms",
      sources: ["bombo", "redoblante", "platillos", "toms"],
      files: [
        PublishedFile(
          "model_drumsep.th", url: trainingReleases + "v1.0.5/model_drumsep.th",
          size: .about(167_000_000),
          digest: "aefaa8543c9b9c75e22f5f32b53ab86dfe416457849af1383ff1aef83401423f")
      ], licence: unknownLicence),
    PublishedModel(
      "uvr_demucs_1", aliases: ["ebf34a2db"], .hybridDemucs, "vocals and the rest, UVR's first",
      sources: ["vocals", "non_vocals"],
      files: [
        PublishedFile(
          "ebf34a2db.th", url: uvrReleases + "ebf34a2db.th", size: .about(167_000_000),
          digest: "dbdd521017d706829716055df8a86e7ee5d05a590508488c82ffb551c6edb918")
      ], licence: unknownLicence),
    PublishedModel(
      "uvr_demucs_2", aliases: ["ebf34a2d"], .hybridDemucs, "vocals and the rest, UVR's second",
      sources: ["vocals", "non_vocals"],
      files: [
        PublishedFile(
          "ebf34a2d.th", url: uvrReleases + "ebf34a2d.th", size: .about(167_000_000),
          digest: "0556f2145e97e96d3c2a33c3879711e7559d7d261fd9773b20e2c580a3beffd0")
      ], licence: unknownLicence),
    PublishedModel(
      "cdx23_dnr", .hybridTransformerDemucs, "films into music, effects and speech",
      sources: ["music", "sfx", "speech"],
      files: [
        ("a", "a778de4a72b90482a578bfb6ea6bf41462785d9136c11802c67a864a40f29434"),
        ("b", "dbb4db154df7e45a5cb72d1659c48937e757f6d6b0eef8ca4199e6e38f8d8f37"),
        ("c", "e41a54684d3cd6794ee2bb59183ffeb11a9a3d42db873a6a08a9829ac3ef4cfe"),
      ].map { letter, digest in
        PublishedFile(
          "cdx23_dnr_\(letter)-\(digest.prefix(8)).th",
          url: cinematicReleases + "97d170e1-\(digest.prefix(8)).th", size: .about(84_000_000),
          digest: digest)
      }, licence: unknownLicence),
  ]

  private static let unknownLicence = "not stated by the publisher"
  private static let trainingReleases =
    "https://github.com/ZFTurbo/Music-Source-Separation-Training/releases/download/"
  private static let uvrReleases =
    "https://github.com/TRvlvr/model_repo/releases/download/all_public_uvr_models/"
  private static let cinematicReleases =
    "https://github.com/ZFTurbo/MVSEP-CDX23-Cinematic-Sound-Demixing/releases/download/v.1.0.0/"
}
