// SPDX-License-Identifier: Apache-2.0
internal import Files

/// What stands before the samples of a RIFF WAVE or RF64 file.
///
/// RF64 is described in EBU Tech 3306: sizes of 64 bits in a `ds64` chunk.
struct WaveHeader: Equatable {
  /// 1 integers, 3 floating point, others compressed.
  var tag = 0
  var channels = 0
  var sampleRate = 0
  var bytesPerFrame = 0
  var bitsPerSample = 0
  /// How many bytes of samples there should be; nil where the writer couldn't know (a pipe).
  var dataBytes: Int?
  /// Where the samples begin, in bytes.
  var dataStart = 0

  enum Failure: Error {
    case system(SystemFailure)
    /// The content isn't what a header must be.
    case malformed(String)
  }

  /// More than this before the samples is not a header but an attack or an accident.
  private static let largestHeader = 64 << 20

  /// Reads up to the first sample, from a file or a pipe, whose first bytes were read before.
  ///
  /// `bytes` takes all that was read, so that another reader can begin anew.
  init(_ input: Descriptor, bytes: inout [UInt8]) throws(Failure) {
    func take(_ count: Int, as what: String) throws(Failure) -> WaveFields {
      do {
        let got = try input.read(count: count)
        bytes += got
        if got.count == count { return WaveFields(got) }
      } catch { throw .system(error) }
      throw .malformed("it ends inside \(what)")
    }
    let riff = WaveFields(bytes)
    let riffBytes = riff.number(4, 4)
    var longDataBytes: Int?
    var hasFormat = false
    while true {
      let head = try take(8, as: "its header, before any samples")
      let name = head.text(0)
      let count = head.number(4, 4)
      if name == "data" {
        guard hasFormat else { throw .malformed("samples come before their format") }
        dataStart = bytes.count
        dataBytes = Self.isUnknown(count) ? longDataBytes : count
        // Writers to pipes that leave zeros behind leave them in both places.
        if count == 0 && (riffBytes == 0 || riffBytes + 8 <= bytes.count) { dataBytes = nil }
        return
      }
      let padded = count + count % 2
      guard padded <= Self.largestHeader - bytes.count else {
        throw .malformed("its header chunk '\(name)' claims \(count) bytes")
      }
      let body = try take(padded, as: "its header chunk '\(name)'")
      if name == "fmt " {
        guard count >= 16 else { throw .malformed("its format chunk has \(count) bytes") }
        tag = body.number(0, 2)
        channels = body.number(2, 2)
        sampleRate = body.number(4, 4)
        bytesPerFrame = body.number(12, 2)
        bitsPerSample = body.number(14, 2)
        // WAVE_FORMAT_EXTENSIBLE: the tag begins the sub-format's identifier.
        if tag == 0xFFFE && count >= 40 { tag = body.number(24, 2) }
        hasFormat = true
      } else if name == "ds64" && count >= 24 {
        let size = body.number(8, 8)
        longDataBytes = size > 0 && size < Int.max / 2 ? size : nil
      }
    }
  }

  /// Sizes that mean "I write to a pipe": all ones, or near 2³¹ as sox has it.
  private static func isUnknown(_ size: Int) -> Bool {
    size == 0xFFFF_FFFF || 0x7FFF_F000...0x7FFF_FFFF ~= size
  }

  /// How samples are stored, where it is plain pulse code.
  var pulseCode: PulseCode? {
    guard let code = PulseCode(tag: tag, bits: bitsPerSample),
      bytesPerFrame == code.bytes * channels
    else { return nil }
    return code
  }
}

/// Little-endian numbers and names inside bytes.
private struct WaveFields {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func number(_ start: Int, _ count: Int) -> Int {
    Int(
      truncatingIfNeeded: bytes[start..<(start + count)].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      })
  }

  func text(_ start: Int) -> String {
    String(decoding: bytes[start..<(start + 4)], as: UTF8.self)
  }
}

extension WaveHeader {
  /// The sizes a written header states.
  enum Length {
    /// The sizes aren't known and never will be: all ones, as other writers to pipes do.
    case unknown
    /// The number of sample bytes; RF64 where the file passes `limit` bytes.
    case known(dataBytes: Int, limit: Int)
  }

  /// A header of a length that depends on format and sample type alone, so that it can be
  /// written first with one length and then again with another.
  static func bytes(
    _ format: AudioFormat, _ sampleFormat: SoundFileEncoding.SampleFormat, _ length: Length
  ) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let frameBytes = format.channels * sampleFormat.bytes
    let isFloat = sampleFormat == .float32
    let tag = isFloat ? 3 : 1
    // Two channels need no extension; plainer readers know only the short form.
    let isExtensible = format.channels > 2
    var fields = number(isExtensible ? 0xFFFE : tag, 2) + number(format.channels, 2)
    fields += number(format.sampleRate, 4) + number(format.sampleRate * frameBytes, 4)
    fields += number(frameBytes, 2) + number(8 * sampleFormat.bytes, 2)
    if isExtensible {
      let identifier: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
      fields += number(22, 2) + number(8 * sampleFormat.bytes, 2) + number(0, 4)
      fields += number(tag, 2) + identifier
    } else if isFloat {
      fields += number(0, 2)
    }
    let formatChunk = Array("fmt ".utf8) + number(fields.count, 4) + fields
    let factBytes = isFloat ? 12 : 0
    let reserveBytes = 8 + 28
    let headerBytes = 12 + reserveBytes + formatChunk.count + factBytes + 8

    let dataBytes: Int
    let isLong: Bool
    switch length {
    case .unknown: (dataBytes, isLong) = (0xFFFF_FFFF, false)
    case .known(let count, let limit):
      (dataBytes, isLong) = (count, headerBytes + count + count % 2 > limit)
    }
    let isUnknown = if case .unknown = length { true } else { false }
    let riffBytes = headerBytes - 8 + dataBytes + dataBytes % 2
    let frames = dataBytes / frameBytes
    let full = 0xFFFF_FFFF
    func short(_ value: Int) -> [UInt8] { number(isLong || isUnknown ? full : value, 4) }

    var bytes = Array((isLong ? "RF64" : "RIFF").utf8) + short(riffBytes) + Array("WAVE".utf8)
    // The room that an RF64 header needs is kept free in every header.
    bytes += Array((isLong ? "ds64" : "JUNK").utf8) + number(28, 4)
    bytes +=
      isLong
      ? number(riffBytes, 8) + number(dataBytes, 8) + number(frames, 8) + number(0, 4)
      : [UInt8](repeating: 0, count: 28)
    bytes += formatChunk
    if isFloat { bytes += Array("fact".utf8) + number(4, 4) + short(frames) }
    return bytes + Array("data".utf8) + short(dataBytes)
  }
}
