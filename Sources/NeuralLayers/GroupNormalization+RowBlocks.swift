// SPDX-License-Identifier: Apache-2.0
internal import Tensors

/// A tensor `[…, C]` seen as rows of C channels, cut into blocks for the threads to share.
///
/// A block is 256 KiB or a 64th of the tensor, whichever is more; the cuts follow from the sizes
/// alone, so that sums over blocks come out the same for every number of threads.
struct RowBlocks {
  let channels: Int
  let rows: Int
  let count: Int

  init(_ x: Tensor) {
    precondition(!x.shape.isEmpty, "a number has no channels")
    channels = x.shape[x.shape.count - 1]
    rows = channels == 0 ? 0 : x.count / channels
    count = min(max(x.count / 65_536, min(rows, 1)), 64)
  }

  subscript(index: Int) -> Range<Int> { rows * index / count..<rows * (index + 1) / count }
}
