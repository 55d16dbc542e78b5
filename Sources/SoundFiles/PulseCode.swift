// SPDX-License-Identifier: Apache-2.0

/// How a WAVE file or a raw stream stores one sample, little-endian.
enum PulseCode: Equatable {
  case unsigned8
  case integer16
  case integer24
  case integer32
  case float32
  case float64

  /// From a WAVE format tag (1 integer, 3 floating point) and bits a sample.
  init?(tag: Int, bits: Int) {
    switch (tag, bits) {
    case (1, 8): self = .unsigned8
    case (1, 16): self = .integer16
    case (1, 24): self = .integer24
    case (1, 32): self = .integer32
    case (3, 32): self = .float32
    case (3, 64): self = .float64
    default: return nil
    }
  }

  /// How many bytes a sample takes.
  var bytes: Int {
    switch self {
    case .unsigned8: 1
    case .integer16: 2
    case .integer24: 3
    case .integer32, .float32: 4
    case .float64: 8
    }
  }

  /// The samples stored in `data`, integers scaled so that full scale is ±1.
  func decode(_ data: [UInt8]) -> [Float] {
    let count = data.count / bytes
    return data.withUnsafeBytes { raw in
      [Float](unsafeUninitializedCapacity: count) { output, initialized in
        func fill(_ sample: (Int) -> Float) {
          for index in 0..<count { output.initializeElement(at: index, to: sample(index)) }
        }
        func load<T: BitwiseCopyable>(_ index: Int, as type: T.Type) -> T {
          raw.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
        }
        switch self {
        case .unsigned8:
          fill { (Float(load($0, as: UInt8.self)) - 128) / 128 }
        case .integer16:
          fill { Float(Int16(littleEndian: load($0, as: Int16.self))) / 32768 }
        case .integer24:
          fill { index in
            let low = UInt32(raw[3 * index]) | UInt32(raw[3 * index + 1]) << 8
            let word = low << 8 | UInt32(raw[3 * index + 2]) << 24
            return Float(Int32(bitPattern: word)) / 0x8000_0000
          }
        case .integer32:
          fill { Float(Int32(littleEndian: load($0, as: Int32.self))) / 0x8000_0000 }
        case .float32:
          fill { Float(bitPattern: UInt32(littleEndian: load($0, as: UInt32.self))) }
        case .float64:
          fill { Float(Double(bitPattern: UInt64(littleEndian: load($0, as: UInt64.self)))) }
        }
        initialized = count
      }
    }
  }
}

extension AudioBlock {
  /// Throws `.notFinite` where a sample is NaN or infinite.
  ///
  /// - Parameter firstFrame: Where in the file the block begins.
  func checkFinite(_ path: SoundFilePath, firstFrame: Int) throws(SoundFileError) {
    // The largest magnitude's bits tell at once, in a loop the compiler vectorises.
    var largest: UInt32 = 0
    for sample in samples { largest = max(largest, sample.bitPattern & 0x7FFF_FFFF) }
    if largest < Float.infinity.bitPattern { return }
    let index = samples.firstIndex { !$0.isFinite } ?? 0
    throw .notFinite(
      path: path.description, frame: firstFrame + index / channels, channel: index % channels)
  }
}
