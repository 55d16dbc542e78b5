// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A RIFF WAVE file of 32-bit float or 16-bit samples, read without the code under test.
public struct WaveFixture: Sendable {
  /// Samples a second.
  public let sampleRate: Int
  /// How many channels there are.
  public let channels: Int
  /// The samples, `[frames, channels]`.
  public let samples: [Float]

  /// How many frames there are.
  public var frames: Int { samples.count / channels }

  /// Reads the file.
  public init(contentsOf url: URL) throws {
    let bytes = [UInt8](try Data(contentsOf: url))
    func number(_ at: Int, _ count: Int) -> Int {
      (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
    }
    var position = 12
    var format = (tag: 0, channels: 1, rate: 0, bits: 0)
    while position + 8 <= bytes.count {
      let name = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
      let count = number(position + 4, 4)
      let body = position + 8
      if name == "fmt " {
        format = (number(body, 2), number(body + 2, 2), number(body + 4, 4), number(body + 14, 2))
        if format.tag == 0xFFFE { format.tag = number(body + 24, 2) }
      } else if name == "data" {
        let end = min(body + count, bytes.count)
        sampleRate = format.rate
        channels = format.channels
        if format.tag == 3 && format.bits == 32 {
          samples = stride(from: body, to: end - 3, by: 4).map {
            Float(bitPattern: UInt32(number($0, 4)))
          }
        } else if format.tag == 1 && format.bits == 16 {
          samples = stride(from: body, to: end - 1, by: 2).map {
            Float(Int16(bitPattern: UInt16(number($0, 2)))) / 32768
          }
        } else {
          throw GoldenError(reason: "\(url.path): sample format \(format)")
        }
        return
      }
      position = body + count + count % 2
    }
    throw GoldenError(reason: "\(url.path) has no data")
  }

  /// One channel's samples.
  public func channel(_ index: Int) -> [Float] {
    stride(from: index, to: samples.count, by: channels).map { samples[$0] }
  }
}
