// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import Evaluation
internal import Foundation

/// A sound that was computed, waiting in a nameless temporary file to be scored.
final class SpooledSound: SignalSource {
  let channels: Int
  let sampleRate: Int
  private(set) var frames = 0

  private let file: FileHandle

  /// An empty sound.
  ///
  /// - Throws: `Failure` where the folder for temporary files cannot be written to.
  init(channels: Int, sampleRate: Int) throws(Failure) {
    self.channels = channels
    self.sampleRate = sampleRate
    var name = FileManager.default.temporaryDirectory.appendingPathComponent("tessera.XXXXXX")
      .path.utf8CString
    let descriptor = name.withUnsafeMutableBufferPointer { name in
      name.baseAddress.map { mkstemp($0) } ?? -1
    }
    guard descriptor >= 0 else { throw Self.failure(String(cString: strerror(errno))) }
    _ = name.withUnsafeBufferPointer { name in name.baseAddress.map { unlink($0) } }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Adds samples at the end, `[frames, channels]`.
  func append(_ samples: [Float]) throws(Failure) {
    do {
      try file.seekToEnd()
      try samples.withUnsafeBytes { try file.write(contentsOf: $0) }
    } catch {
      throw Self.failure(error.localizedDescription)
    }
    frames += samples.count / channels
  }

  func samples(in range: Range<Int>) throws -> [Float] {
    try Interruption.check()
    let width = channels * MemoryLayout<Float>.stride
    try file.seek(toOffset: UInt64(range.lowerBound * width))
    let bytes = try file.read(upToCount: range.count * width) ?? Data()
    guard bytes.count == range.count * width else { throw Self.failure("a temporary file was cut") }
    return [Float](unsafeUninitializedCapacity: range.count * channels) { samples, count in
      count = bytes.copyBytes(to: samples) / MemoryLayout<Float>.stride
    }
  }

  private static func failure(_ reason: String) -> Failure {
    Failure(.inputOutput, "the folder for temporary files: \(reason)")
  }
}
