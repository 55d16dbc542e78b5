// SPDX-License-Identifier: Apache-2.0
internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What decodes one kind of input.
protocol SampleStream: AnyObject {
  var format: AudioFormat { get }
  /// The length that is known, in frames.
  var frameCount: Int? { get }
  var isSeekable: Bool { get }
  /// The next at most `frames` frames, interleaved; fewer only at the end.
  func read(frames: Int) throws(SoundFileError) -> [Float]
  func seek(toFrame frame: Int) throws(SoundFileError)
}

extension SampleStream {
  /// The next at most `frames` frames, fewer only at the end.
  ///
  /// Memory is taken only for what arrives, however much is asked for.
  func readBlock(frames: Int) throws(SoundFileError) -> AudioBlock {
    var block = AudioBlock(channels: format.channels, samples: [])
    while block.frames < frames {
      let wanted = min(frames - block.frames, 1 << 16)
      let part = try read(frames: wanted)
      if block.samples.isEmpty { block.samples = part } else { block.samples += part }
      if part.count < wanted * format.channels { break }
    }
    return block
  }
}

/// Plain little-endian samples: a WAVE file's, or those of a pipe without any header.
///
/// It takes from a pipe exactly what was asked for, so a live one is heard without delay.
final class PulseCodeStream: SampleStream {
  let format: AudioFormat
  let isSeekable: Bool
  private(set) var frameCount: Int?
  private let code: PulseCode
  private let descriptor: Descriptor
  private let path: SoundFilePath
  private let start: Int
  private var position = 0

  /// - Parameters:
  ///   - start: Where the samples begin; the descriptor stands there.
  ///   - frameCount: How many frames there are; nil to read up to the end.
  init(
    _ descriptor: Descriptor, path: SoundFilePath, format: AudioFormat, code: PulseCode,
    start: Int, frameCount: Int?, isSeekable: Bool
  ) {
    self.descriptor = descriptor
    self.path = path
    self.format = format
    self.code = code
    self.start = start
    self.frameCount = frameCount
    self.isSeekable = isSeekable
  }

  private var bytesPerFrame: Int { code.bytes * format.channels }

  func read(frames: Int) throws(SoundFileError) -> [Float] {
    let wanted = min(frames, frameCount.map { $0 - position } ?? frames)
    var data: [UInt8]
    do {
      data = try descriptor.read(count: wanted * bytesPerFrame)
    } catch { throw .unreadable(path: path.description, reason: error.reason) }
    // A frame that was cut in the middle is no frame.
    data.removeLast(data.count % bytesPerFrame)
    position += data.count / bytesPerFrame
    return code.decode(data)
  }

  func seek(toFrame frame: Int) throws(SoundFileError) {
    do {
      try descriptor.seek(to: start + frame * bytesPerFrame)
    } catch { throw .unreadable(path: path.description, reason: error.reason) }
    position = frame
  }
}
