// SPDX-License-Identifier: Apache-2.0

/// Noise added before rounding to integers.
///
/// It is the sum of two uniform values of one step's width (TPDF), which makes the rounding error's
/// mean and power independent of the signal. Equal seeds give equal files.
public struct Dither: Sendable, Hashable {
  /// What the noise begins from.
  public var seed: UInt64

  /// Makes a dither that begins from `seed`.
  public init(seed: UInt64) { self.seed = seed }

  /// The next noise, between −1 and 1 steps (Steele, Lea and Flood's SplitMix64).
  fileprivate mutating func next() -> Float {
    seed &+= 0x9E37_79B9_7F4A_7C15
    var bits = seed
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return Float(Int32(bits >> 40) - Int32(bits >> 16 & 0xFF_FFFF)) / 0x100_0000
  }
}

/// The one rule from float samples to integers.
///
/// An integer is sample × full scale, rounded to the nearest (ties to even), saturated. Full scale is 32768 for 16 bits and 8388608 for 24.
struct Quantizer {
  let sampleFormat: SoundFileEncoding.SampleFormat
  var dither: Dither?

  /// Integers left-aligned in 32 bits, as libsndfile takes them.
  ///
  /// The samples must be finite.
  mutating func integers(_ samples: [Float]) -> [Int32] {
    let shift = 32 - 8 * sampleFormat.bytes
    return steps(samples).map { $0 << Int32(shift) }
  }

  /// Samples as a WAVE file stores them.
  ///
  /// Those that become integers must be finite.
  mutating func littleEndian(_ samples: [Float]) -> [UInt8] {
    let words: [UInt32] =
      sampleFormat == .float32
      ? samples.map { $0.bitPattern } : steps(samples).map { UInt32(bitPattern: $0) }
    let width = sampleFormat.bytes
    return [UInt8](unsafeUninitializedCapacity: words.count * width) { bytes, initialized in
      let raw = UnsafeMutableRawBufferPointer(bytes)
      for (index, word) in words.enumerated() {
        let low = UInt16(truncatingIfNeeded: word).littleEndian
        switch width {
        case 2: raw.storeBytes(of: low, toByteOffset: 2 * index, as: UInt16.self)
        case 3:
          raw.storeBytes(of: low, toByteOffset: 3 * index, as: UInt16.self)
          raw[3 * index + 2] = UInt8(truncatingIfNeeded: word >> 16)
        default:
          raw.storeBytes(of: word.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
      }
      initialized = words.count * width
    }
  }

  private mutating func steps(_ samples: [Float]) -> [Int32] {
    let scale = Float(sign: .plus, exponent: 8 * sampleFormat.bytes - 1, significand: 1)
    let top = scale - 1
    guard dither != nil else {
      return samples.map { Int32(min(max(($0 * scale).rounded(.toNearestOrEven), -scale), top)) }
    }
    return samples.map {
      let noise = dither?.next() ?? 0
      return Int32(min(max(($0 * scale + noise).rounded(.toNearestOrEven), -scale), top))
    }
  }
}
