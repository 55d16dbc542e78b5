// SPDX-License-Identifier: Apache-2.0

/// Some rows of a channels-last signal: what a layer reads or writes at a time.
///
/// Rows may overlap (the windows of a strided convolution) and may be part of wider rows (some
/// columns of a matrix): row `r` has `channels` elements from `pointer + r · stride` on.
package struct Rows {
  /// The first row's first element.
  ///
  /// Whoever reads it keeps the rows beyond its last use, as with `Tensor.pointer`.
  package let pointer: UnsafeMutablePointer<Float>
  package let count: Int
  package let channels: Int
  package let stride: Int
  // Keeps the memory alive as long as the view.
  private let storage: Storage

  init(storage: Storage, offset: Int, count: Int, channels: Int, stride: Int) {
    precondition(
      count == 0 || (offset >= 0 && offset + (count - 1) * stride + channels <= storage.capacity),
      "\(count) rows of \(channels), \(stride) apart, from \(offset) in \(storage.capacity)")
    pointer = storage.pointer + offset
    self.count = count
    self.channels = channels
    self.stride = stride
    self.storage = storage
  }

  /// Some of these rows.
  package func rows(_ range: Range<Int>) -> Rows {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "rows \(range) of \(count)")
    return Rows(
      storage: storage, offset: pointer - storage.pointer + range.lowerBound * stride,
      count: range.count, channels: channels, stride: stride)
  }

  /// Some columns of these rows.
  package func columns(_ range: Range<Int>) -> Rows {
    precondition(range.upperBound <= channels)
    return Rows(
      storage: storage, offset: pointer - storage.pointer + range.lowerBound, count: count,
      channels: range.count, stride: stride)
  }

  /// How many rows of a few channels make a multiple of 16 elements, the widest vectors': 1 for rows that
  /// are long enough.
  package static func together(_ channels: Int) -> Int {
    guard channels > 0 && channels < 64 else { return 1 }
    return 1 << max(0, 4 - channels.trailingZeroBitCount)
  }

  /// Adds as many rows to these, element by element.
  package func add(_ other: Rows) {
    defer { extendLifetime((self, other)) }
    precondition(other.count == count && other.channels == channels, "unlike rows")
    for index in 0..<count {
      let (target, source) = (pointer + index * stride, other.pointer + index * other.stride)
      for channel in 0..<channels { target[channel] += source[channel] }
    }
  }

  /// Copies these rows into as many others of the same width.
  package func copy(into target: Rows) {
    defer { extendLifetime((self, target)) }
    precondition(target.count == count && target.channels == channels)
    for index in 0..<count {
      (target.pointer + index * target.stride).update(
        from: pointer + index * stride, count: channels)
    }
  }

  /// Copies these rows into a tensor `[count, channels]`, from its row `row` on.
  package func copy(into tensor: Tensor, row: Int) {
    defer { extendLifetime((self, tensor)) }
    for index in 0..<count {
      (tensor.pointer + (row + index) * channels).update(
        from: pointer + index * stride, count: channels)
    }
  }
}

extension Tensor {
  /// Rows of a `[T, C]` tensor.
  package func rows(_ range: Range<Int>) -> Rows {
    precondition(range.upperBound <= shape[0], "rows \(range) of \(shape)")
    let channels = shape[1]
    return Rows(
      storage: storage, offset: range.lowerBound * channels, count: range.count,
      channels: channels, stride: channels)
  }

  /// Windows of `length` rows of a `[T, C]` tensor, `hop` rows apart, each as one row
  /// `[length · C]`; window `k` begins at row `first + k · hop`.
  package func windows(_ range: Range<Int>, length: Int, hop: Int, from first: Int = 0) -> Rows {
    let channels = shape[1]
    return Rows(
      storage: storage, offset: (first + range.lowerBound * hop) * channels, count: range.count,
      channels: length * channels, stride: hop * channels)
  }
}

/// Rows in runs that lie apart: windows over two axes, or with dilation.
package struct TappedRows {
  /// Where a row's runs lie: `length` elements each, the next `stride` elements further on.
  ///
  /// Runs outside `used` aren't in memory; they are zeros.
  package struct Taps {
    package let count: Int
    package let used: Range<Int>
    package let length: Int
    package let stride: Int

    package init(count: Int, used: Range<Int>, length: Int, stride: Int) {
      precondition(count > 0 && used.lowerBound >= 0 && used.upperBound <= count)
      (self.count, self.used, self.length, self.stride) = (count, used, length, stride)
    }
  }

  /// Where the first used run of the first row begins.
  ///
  /// Whoever reads it keeps the rows beyond its last use, as with `Tensor.pointer`.
  package let pointer: UnsafeMutablePointer<Float>
  package let count: Int
  package let stride: Int
  package let taps: Taps
  // Keeps the memory alive as long as the view.
  private let storage: Storage

  /// Rows whose first used runs begin `stride` elements apart, from element `first` of `tensor` on.
  package init(_ tensor: Tensor, first: Int, count: Int, stride: Int, taps: Taps) {
    let end = first + (count - 1) * stride + (taps.used.count - 1) * taps.stride + taps.length
    precondition(
      count == 0 || taps.used.isEmpty || first >= 0 && end <= tensor.count,
      "rows from \(first) to \(end) in \(tensor.shape)")
    pointer = tensor.pointer + first
    (self.count, self.stride, self.taps) = (count, stride, taps)
    storage = tensor.storage
  }
}
