// SPDX-License-Identifier: Apache-2.0
internal import Files

/// The kind of file that content is, told by its first bytes.
///
/// Only these reach libsndfile: its parsers for rarer kinds are never run on untrusted content.
enum AudioContainer: Equatable {
  /// RIFF WAVE or RF64, little-endian.
  case wave
  /// Another kind that is accepted.
  case other
  /// A kind of audio file that is known but can't be read.
  case unreadable(String)

  /// How many bytes `init(firstBytes:)` looks at.
  static let signatureLength = 12

  /// Nil where the content is no audio that is known.
  init?(firstBytes bytes: [UInt8]) {
    func has(_ text: String, at position: Int = 0) -> Bool {
      bytes.dropFirst(position).starts(with: text.utf8)
    }
    if (has("RIFF") || has("RF64")) && has("WAVE", at: 8) {
      self = .wave
    } else if has("RIFX") && has("WAVE", at: 8)
      || has("FORM") && (has("AIFF", at: 8) || has("AIFC", at: 8))
      || ["riff", "caff", ".snd", "dns.", "fLaC", "OggS", "ID3"].contains(where: { has($0) })
      || Self.isMPEGFrame(bytes)
    {
      self = .other
    } else if has("ftyp", at: 4) {
      self = .unreadable("MPEG-4 audio (M4A, MP4)")
    } else if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
      self = .unreadable("Matroska or WebM")
    } else if bytes.starts(with: [0x30, 0x26, 0xB2, 0x75]) {
      self = .unreadable("Windows Media")
    } else if has("wvpk") {
      self = .unreadable("WavPack")
    } else if has("MAC ") {
      self = .unreadable("Monkey's Audio")
    } else {
      return nil
    }
  }

  /// Whether a frame of MPEG audio, layer I, II or III, begins here.
  private static func isMPEGFrame(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0 else { return false }
    let version = bytes[1] >> 3 & 3
    let layer = bytes[1] >> 1 & 3
    let bitRate = bytes[2] >> 4
    let sampleRate = bytes[2] >> 2 & 3
    return version != 1 && layer != 0 && bitRate != 15 && sampleRate != 3
  }
}

extension AudioContainer {
  /// Whether an MP3 file's first frame states the file's length, as most encoders have it do.
  ///
  /// That is a `Xing` or `Info` tag with a frame count. Without one libsndfile only estimates.
  static func mpegStatesLength(_ file: Descriptor) throws(SystemFailure) -> Bool {
    try file.seek(to: 0)
    let tag = try file.read(count: 10)
    var start = 0
    if tag.count == 10 && tag.starts(with: "ID3".utf8) {
      // The size has 7 bits a byte.
      start = 10 + tag[6...].reduce(0) { $0 << 7 | Int($1 & 0x7F) }
    }
    try file.seek(to: start)
    let frame = try file.read(count: 64)
    for place in frame.indices.dropLast(8) {
      let name = frame[place..<(place + 4)]
      if name.elementsEqual("Xing".utf8) || name.elementsEqual("Info".utf8) {
        return frame[place + 7] & 1 == 1
      }
    }
    return false
  }
}

extension AudioFormat {
  /// Throws where a file's header asks for more than any sound file has reason to.
  func check(path: SoundFilePath) throws(SoundFileError) {
    guard 1...64 ~= channels else {
      throw .unsupported(
        path: path.description, detail: "has \(channels) channels, expected 1 to 64")
    }
    guard 1000...768_000 ~= sampleRate else {
      throw .unsupported(
        path: path.description,
        detail: "has a sample rate of \(sampleRate) Hz, expected 1000 to 768000 Hz")
    }
  }
}
