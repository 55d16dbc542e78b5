// SPDX-License-Identifier: Apache-2.0
internal import Files
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Records of one size in a nameless temporary file, read and written in any order, by any thread.
///
/// Failures are kept for `check`, so that parallel loops need not stop half-way; what was not read is undefined.
package final class RecordSpool: Sendable {
  /// Floats of a record.
  package let length: Int
  // SAFETY: pread and pwrite share nothing of the descriptor but its number.
  private nonisolated(unsafe) let file: Descriptor
  private let failure = Mutex<SystemFailure?>(nil)

  /// An empty file.
  ///
  /// - Throws: `.cannotWrite` where there can be none.
  package init(recordLength length: Int) throws(SoundFileError) {
    self.length = length
    do { file = try Descriptor.temporary() } catch { throw Self.error(error) }
  }

  /// Reads the records from `first` on.
  package func read(_ first: Int, count: Int, into target: UnsafeMutablePointer<Float>) {
    let bytes = UnsafeMutableRawBufferPointer(start: target, count: count * stride)
    transfer(bytes.count, at: first * stride) { done, offset in
      pread(file.number, bytes.baseAddress.map { $0 + done }, bytes.count - done, offset)
    }
  }

  /// Writes records from `first` on.
  package func write(_ first: Int, count: Int, from source: UnsafePointer<Float>) {
    let bytes = UnsafeRawBufferPointer(start: source, count: count * stride)
    transfer(bytes.count, at: first * stride) { done, offset in
      pwrite(file.number, bytes.baseAddress.map { $0 + done }, bytes.count - done, offset)
    }
  }

  /// Throws the first failure there was.
  package func check() throws(SoundFileError) {
    if let failure = failure.withLock({ $0 }) { throw Self.error(failure) }
  }

  private var stride: Int { length * MemoryLayout<Float>.stride }

  private func transfer(_ count: Int, at offset: Int, _ call: (_ done: Int, _ offset: off_t) -> Int)
  {
    var done = 0
    while done < count {
      let moved = call(done, off_t(offset + done))
      if moved > 0 {
        done += moved
      } else if moved == 0 || errno != EINTR {
        let reason = moved == 0 ? SystemFailure(code: EIO) : SystemFailure.last
        failure.withLock { $0 = $0 ?? reason }
        return
      }
    }
  }

  private static func error(_ failure: SystemFailure) -> SoundFileError {
    .cannotWrite(path: "the folder for temporary files", reason: failure.reason)
  }
}
