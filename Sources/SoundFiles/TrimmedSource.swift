// SPDX-License-Identifier: Apache-2.0

/// A part of a source.
public final class TrimmedSource: AudioSource {
  private let source: any AudioSource
  private let startFrame: Int
  private let duration: Int?
  private var position = 0
  private var hasStarted = false

  /// Takes `duration` frames from `startFrame` on, or all up to the end.
  ///
  /// - Parameters:
  ///   - source: A source that nothing was read from yet. A file that can be is wound forward;
  ///     another source is read and forgotten up to there.
  ///   - startFrame: The first frame, counted from 0. Past the end, nothing is left.
  ///   - duration: How many frames at most; nil for all.
  public init(_ source: any AudioSource, startFrame: Int, duration: Int? = nil) {
    precondition(
      startFrame >= 0 && (duration ?? 0) >= 0,
      "a part of \(duration ?? 0) frames that begins at \(startFrame)")
    self.source = source
    self.startFrame = startFrame
    self.duration = duration
  }

  /// The source's format.
  public var format: AudioFormat { source.format }

  /// The part's length in frames, where the source knows its own.
  public var frameCount: Int? {
    source.frameCount.map { min(max(0, $0 - startFrame), duration ?? .max) }
  }

  /// The next at most `frames` frames (> 0); nil at the part's end.
  public func read(frames: Int) throws(SoundFileError) -> AudioBlock? {
    if !hasStarted {
      hasStarted = true
      try skip()
    }
    let wanted = min(frames, duration.map { $0 - position } ?? frames)
    guard wanted > 0, let block = try source.read(frames: wanted) else { return nil }
    position += block.frames
    return block
  }

  private func skip() throws(SoundFileError) {
    if let file = source as? SoundFileReader, file.isSeekable {
      return try file.seek(toFrame: startFrame)
    }
    var left = startFrame
    while left > 0, let block = try source.read(frames: min(left, 1 << 16)) { left -= block.frames }
  }
}
