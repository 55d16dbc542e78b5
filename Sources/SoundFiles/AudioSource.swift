// SPDX-License-Identifier: Apache-2.0

/// Something audio is read from, once, from its beginning to its end.
public protocol AudioSource: AnyObject {
  /// The rate and channel count of every block.
  var format: AudioFormat { get }

  /// How many frames there are in all; nil where that isn't known beforehand (pipes, some
  /// compressed formats).
  var frameCount: Int? { get }

  /// The next at most `frames` frames (> 0); nil at the end, never an empty block.
  ///
  /// Waits until that many frames have arrived: only the block at the end is shorter.
  func read(frames: Int) throws(SoundFileError) -> AudioBlock?
}

/// Something audio is written to, which counts only once it is finished.
public protocol AudioSink: AnyObject {
  /// Adds a block after those before it.
  func write(_ block: AudioBlock) throws(SoundFileError)

  /// Completes the output; nothing may be written afterwards.
  func finish() throws(SoundFileError)

  /// Gives the output up and leaves nothing behind. Does nothing after `finish()`.
  func cancel()
}

extension AudioSource {
  /// Everything that is left, for signals known to be short.
  public func readAll() throws(SoundFileError) -> AudioBlock {
    var samples: [Float] = []
    while let block = try read(frames: 65_536) { samples += block.samples }
    return AudioBlock(channels: format.channels, samples: samples)
  }
}
