// SPDX-License-Identifier: Apache-2.0
internal import Tensors

extension WavTokenizer {
  /// The bytes of the table of codes, by which a model is told from others: they are the same in every
  /// layout of its checkpoint.
  package func withCodebookBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    defer { extendLifetime(self) }
    return body(
      UnsafeRawBufferPointer(
        start: codebook.table.pointer, count: codebook.table.count * MemoryLayout<Float>.stride))
  }
}
