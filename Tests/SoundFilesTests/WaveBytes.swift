// SPDX-License-Identifier: Apache-2.0

/// A RIFF WAVE file put together byte by byte, right or wrong.
struct WaveBytes {
  var magic = "RIFF"
  var tag = 1
  var channels = 1
  var sampleRate = 8000
  var bits = 16
  /// What the sizes say; nil for the truth.
  var riffSize: Int?
  var dataSize: Int?
  /// Chunks between the format and the samples.
  var extra: [UInt8] = []
  var data: [UInt8] = []

  var bytes: [UInt8] {
    let frame = channels * bits / 8
    var body = Array("WAVEfmt ".utf8) + number(16, 4) + number(tag, 2) + number(channels, 2)
    body += number(sampleRate, 4) + number(sampleRate * frame, 4) + number(frame, 2)
    body += number(bits, 2) + extra + Array("data".utf8) + number(dataSize ?? data.count, 4) + data
    return Array(magic.utf8) + number(riffSize ?? body.count, 4) + body
  }
}

/// A little-endian number.
func number(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// 16-bit samples.
func shorts(_ values: [Int]) -> [UInt8] { values.flatMap { number($0, 2) } }
