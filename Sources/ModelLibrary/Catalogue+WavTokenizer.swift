// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// The neural codecs, the bundled one first.
  static let wavTokenizerModels =
    [
      PublishedModel(
        ModelLibrary.defaultCodec, .wavTokenizer, "75 tokens a second, speech", sampleRate: 24000,
        files: [PublishedFile("\(ModelLibrary.defaultCodec).safetensors", url: "")],
        licence: "Apache-2.0", isBundled: true)
    ] + publishedWavTokenizers

  /// Those of the authors, whose files hold the training's state besides the network.
  private static let publishedWavTokenizers: [PublishedModel] = {
    func codec(
      _ name: String, tokens: Int, _ data: String, _ repository: String, _ file: String
    ) -> PublishedModel {
      PublishedModel(
        "wavtokenizer-\(name)", aliases: [name], .wavTokenizer,
        "\(tokens) tokens a second, \(data)", sampleRate: 24000,
        files: [
          PublishedFile(
            file, url: "https://huggingface.co/novateur/\(repository)/resolve/main/\(file)")
        ], licence: "MIT")
    }
    let (speech, music) = (
      "WavTokenizer-medium-speech-75token", "WavTokenizer-medium-music-audio-75token"
    )
    return [
      codec(
        "small-600", tokens: 40, "speech (LibriTTS)", "WavTokenizer",
        "WavTokenizer_small_600_24k_4096.ckpt"),
      codec(
        "small-320", tokens: 75, "speech (LibriTTS)", "WavTokenizer",
        "WavTokenizer_small_320_24k_4096.ckpt"),
      codec(
        "medium-speech-320", tokens: 75, "speech", speech,
        "wavtokenizer_medium_speech_320_24k.ckpt"),
      codec(
        "medium-speech-320-v2", tokens: 75, "speech", speech,
        "wavtokenizer_medium_speech_320_24k_v2.ckpt"),
      codec(
        "medium-music-audio-320", tokens: 75, "music and other sounds", music,
        "wavtokenizer_medium_music_audio_320_24k.ckpt"),
      codec(
        "medium-music-audio-320-v2", tokens: 75, "music and other sounds", music,
        "wavtokenizer_medium_music_audio_320_24k_v2.ckpt"),
      codec(
        "large-unify-600", tokens: 40, "speech, music and other sounds (80,000 hours)",
        "WavTokenizer-large-unify-40token", "wavtokenizer_large_unify_600_24k.ckpt"),
      codec(
        "large-speech-320-v2", tokens: 75, "speech (80,000 hours)",
        "WavTokenizer-large-speech-75token", "wavtokenizer_large_speech_320_v2.ckpt"),
    ]
  }()
}
