// SPDX-License-Identifier: Apache-2.0
internal import Files

/// A queue of samples that keeps a few in memory and any number in a nameless temporary file.
public final class SampleSpool {
  private static let mostInMemory = 1 << 22
  private static let folderForMessages = "the folder for temporary files"

  // Samples [readCount, writtenCount) lie in the file; those in memory come behind them.
  private var file: Descriptor?
  private var readCount = 0
  private var writtenCount = 0
  private var memory: [Float] = []

  /// An empty queue.
  public init() {}

  /// How many samples wait.
  public var count: Int { writtenCount - readCount + memory.count }

  /// Adds samples at the end.
  ///
  /// - Throws: `.cannotWrite` where the temporary file can't be written.
  public func append(_ samples: [Float]) throws(SoundFileError) {
    memory += samples
    guard memory.count > Self.mostInMemory else { return }
    do throws(SystemFailure) {
      if self.file == nil { self.file = try Descriptor.temporary() }
      guard let file else { return }
      try file.seek(to: writtenCount * MemoryLayout<Float>.stride)
      try memory.withUnsafeBufferPointer { (samples) throws(SystemFailure) in
        try file.write(UnsafeRawBufferPointer(samples))
      }
    } catch { throw .cannotWrite(path: Self.folderForMessages, reason: error.reason) }
    writtenCount += memory.count
    memory = []
  }

  /// Takes the first `count` samples, of which there must be as many.
  ///
  /// - Throws: `.unreadable` where the temporary file can't be read.
  public func removeFirst(_ count: Int) throws(SoundFileError) -> [Float] {
    precondition(count <= self.count, "\(count) of \(self.count) samples")
    let filed = min(count, writtenCount - readCount)
    var result: [Float] = []
    if filed > 0, let file {
      do throws(SystemFailure) {
        try file.seek(to: readCount * MemoryLayout<Float>.stride)
        let bytes = try file.read(count: filed * MemoryLayout<Float>.stride)
        result = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      } catch { throw .unreadable(path: Self.folderForMessages, reason: error.reason) }
      guard result.count == filed else {
        throw .unreadable(path: Self.folderForMessages, reason: "a temporary file was cut")
      }
      readCount += filed
    }
    let rest = count - filed
    result += memory.prefix(rest)
    memory.removeFirst(rest)
    return result
  }
}
