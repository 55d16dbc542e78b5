// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// Separation by query, and the taggers that come with it.
  static let universalSeparationModels: [PublishedModel] = {
    let root =
      "https://huggingface.co/RSNuts/Universal_Source_Separation/resolve/main/uss_material/"
    let record = "https://zenodo.org/record/3987831/files/"
    return [
      PublishedModel(
        "uss", aliases: ["uss-at-soft-full"], .resUNet30,
        "takes out what one of 527 classes of sounds describes",
        sampleRate: 32000,
        files: [
          PublishedFile(
            "uss-resunet30-at-soft-full.ckpt",
            url: root
              + "ss_model%3Dresunet30%2Cquerynet%3Dat_soft%2Cdata%3Dfull%2Cdevices%3D8%2C"
              + "step%3D1000000.ckpt", size: .exactly(1_121_024_828))
        ], licence: "Apache-2.0"),
      PublishedModel(
        "uss-embedding", aliases: ["uss-emb-balanced"], .resUNet30,
        "takes out what sounds like a recording", sampleRate: 32000,
        files: [
          PublishedFile(
            "uss-resunet30-emb-balanced.ckpt",
            url: root
              + "ss_model%3Dresunet30%2Cquerynet%3Demb%2Cdata%3Dbalanced%2Cdevices%3D1%2C"
              + "steps%3D1000000.ckpt", size: .about(1_330_000_000))
        ], licence: "Apache-2.0"),
      PublishedModel(
        "panns-cnn14", .cnn14, "tags recordings with 527 classes of sounds", sampleRate: 32000,
        files: [
          PublishedFile(
            "panns-cnn14.pth", url: record + "Cnn14_mAP%3D0.431.pth", size: .exactly(327_428_481),
            digest: "0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31")
        ], licence: "CC BY 4.0"),
      PublishedModel(
        "panns-cnn14-events", .cnn14, "tags moments of recordings with 527 classes of sounds",
        sampleRate: 32000,
        files: [
          PublishedFile(
            "panns-cnn14-decision-level-max.pth",
            url: record + "Cnn14_DecisionLevelMax_mAP%3D0.385.pth", size: .exactly(327_428_481),
            digest: "dd3b4043a87d4ec13df8082c0fcfee3fb5084151808e47e060987a95eabdd142")
        ], licence: "CC BY 4.0"),
    ]
  }()
}
