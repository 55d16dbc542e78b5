// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What turns blocks into one kind of file.
protocol SampleEncoder: AnyObject {
  func write(_ samples: [Float], _ quantizer: inout Quantizer) throws(SystemFailure)
  func finish() throws(SystemFailure)
}

/// Plain samples: a WAVE file's, or without any header.
final class WaveEncoder: SampleEncoder {
  /// What stands before the samples.
  enum Header {
    case none
    /// Sizes stay unknown: the output is a pipe.
    case unknownLength
    /// Sizes are filled in at the end; RF64 where the file passes `limit` bytes.
    case completed(limit: Int)
  }

  private let descriptor: Descriptor
  private let format: AudioFormat
  private let sampleFormat: SoundFileEncoding.SampleFormat
  private let header: Header
  private var dataBytes = 0

  init(
    _ descriptor: Descriptor, format: AudioFormat, sampleFormat: SoundFileEncoding.SampleFormat,
    header: Header
  ) throws(SystemFailure) {
    self.descriptor = descriptor
    self.format = format
    self.sampleFormat = sampleFormat
    self.header = header
    if case .none = header { return }
    try descriptor.write(WaveHeader.bytes(format, sampleFormat, .unknown))
  }

  func write(_ samples: [Float], _ quantizer: inout Quantizer) throws(SystemFailure) {
    let bytes = quantizer.littleEndian(samples)
    try descriptor.write(bytes)
    dataBytes += bytes.count
  }

  func finish() throws(SystemFailure) {
    guard case .completed(let limit) = header else { return }
    if dataBytes % 2 == 1 { try descriptor.write([0]) }
    try descriptor.seek(to: 0)
    let length = WaveHeader.Length.known(dataBytes: dataBytes, limit: limit)
    try descriptor.write(WaveHeader.bytes(format, sampleFormat, length))
  }
}
