// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A tensor whose numbers are still in the file.
public final class TensorReference: Sendable {
  /// How the numbers are stored; those of quantised tensors, what they are computed as.
  public let elementType: ElementType
  /// The length of each axis.
  public let shape: [Int]
  private let content: Content

  private enum Content: Sendable {
    case stored(TensorLayout, StoredBytes)
    case quantized(QuantizedTensor)
  }

  /// `layout` must lie within `storage`.
  init(elementType: ElementType, layout: TensorLayout, storage: StoredBytes) {
    self.elementType = elementType
    shape = layout.shape
    content = .stored(layout, storage)
  }

  /// A tensor that is computed when it is asked for.
  init(_ tensor: QuantizedTensor, shape: [Int]) {
    elementType = .float32
    self.shape = shape
    content = .quantized(tensor)
  }

  /// How many elements there are.
  public var count: Int { shape.reduce(1, *) }

  /// The file, for messages.
  var path: String {
    switch content {
    case .stored(_, let storage): storage.source.path
    case .quantized(let tensor): tensor.bits.path
    }
  }

  /// Reads the numbers as float32: exactly where that can hold them, else rounded to nearest.
  ///
  /// `key` stands in the errors: `notFinite` for a NaN or an infinity, `unsupported` for an element
  /// type without a conversion, `malformed` where the file isn't what its directory says.
  public func read(key: String) throws(CheckpointError) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    switch content {
    case .quantized(let quantized):
      return Tensor(shape: shape, elements: try quantized.values(count: count, key: key))
    case .stored(let layout, let storage) where layout.isRowMajor:
      try storage.readRun(elementType, layout, count: count, to: tensor.pointer, key: key)
    case .stored(let layout, let storage):
      let run = Tensor(uninitialized: [layout.span])
      defer { extendLifetime(run) }
      try storage.readRun(elementType, layout, count: layout.span, to: run.pointer, key: key)
      layout.forEachPlace { tensor.pointer[$0] = run.pointer[$1] }
    }
    if let index = firstNotFinite(tensor.pointer, count: count) {
      throw .notFinite(key: key, index: index)
    }
    return tensor
  }

  /// Reads the numbers of an integer or bool tensor, exactly.
  public func integers(key: String) throws(CheckpointError) -> [Int] {
    guard case .stored(let layout, let storage) = content else {
      throw .unsupported(path: path, detail: "\(key) is quantised, wanted as integers")
    }
    let scratch = Scratch(byteCount: layout.span * elementType.byteCount)
    defer { extendLifetime(scratch) }
    try storage.read(elementType, layout, elements: 0..<layout.span, into: scratch.bytes)
    guard let run = elementType.integers(UnsafeRawBufferPointer(scratch.bytes)) else {
      throw storage.unsupported(elementType, key, "integers")
    }
    guard !layout.isRowMajor else { return run }
    var result = [Int](repeating: 0, count: layout.count)
    layout.forEachPlace { result[$0] = run[$1] }
    return result
  }
}

extension StoredBytes {
  /// Widens the `count` elements that follow the first one in the storage.
  fileprivate func readRun(
    _ elementType: ElementType, _ layout: TensorLayout, count: Int,
    to target: UnsafeMutablePointer<Float>, key: String
  ) throws(CheckpointError) {
    if elementType == .float32 {
      let bytes = UnsafeMutableRawBufferPointer(start: target, count: count * 4)
      return try read(elementType, layout, elements: 0..<count, into: bytes)
    }
    // In pieces that stay in the cache, so that a large tensor doesn't cost its size twice.
    let pieceCount = 1 << 15
    let scratch = Scratch(byteCount: min(count, pieceCount) * elementType.byteCount)
    defer { extendLifetime(scratch) }
    for start in stride(from: 0, to: count, by: pieceCount) {
      let end = min(start + pieceCount, count)
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: scratch.bytes[..<((end - start) * elementType.byteCount)])
      try read(elementType, layout, elements: start..<end, into: piece)
      guard elementType.widen(UnsafeRawBufferPointer(piece), to: target + start) else {
        throw unsupported(elementType, key, "float32")
      }
    }
  }

  fileprivate func read(
    _ elementType: ElementType, _ layout: TensorLayout, elements: Range<Int>,
    into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let first = (layout.offset + elements.lowerBound) * elementType.byteCount
    try read(at: first, into: target)
  }

  fileprivate func unsupported(
    _ elementType: ElementType, _ key: String, _ wanted: String
  ) -> CheckpointError {
    .unsupported(
      path: source.path, detail: "\(key) is stored as \(elementType), wanted as \(wanted)")
  }
}

/// A run of bytes in a file that tensors are cut from.
struct StoredBytes: Sendable {
  enum Place: Sendable {
    case offset(Int)
    case zipEntry(ZipEntry)
  }

  let source: ByteSource
  let place: Place
  let count: Int

  /// Fills `target` with the bytes that begin `offset` bytes into the run.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    let start =
      switch place {
      case .offset(let start): start
      case .zipEntry(let entry): try entry.dataOffset(in: source)
      }
    guard offset >= 0, offset <= count, target.count <= count - offset else {
      throw .malformed(path: source.path, detail: "a tensor reaches outside its storage")
    }
    try source.read(at: start + offset, into: target)
  }
}

/// Aligned memory for one reading.
private final class Scratch {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

  deinit { bytes.deallocate() }
}

/// The index of the first NaN or infinity.
private func firstNotFinite(_ values: UnsafeMutablePointer<Float>, count: Int) -> Int? {
  // Without an early exit inside a block the loop vectorises.
  let blockCount = 1 << 12
  for start in stride(from: 0, to: count, by: blockCount) {
    let end = min(start + blockCount, count)
    var special: UInt32 = 0
    for index in start..<end {
      special |= values[index].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
    }
    if special != 0 { return (start..<end).first { !values[$0].isFinite } }
  }
  return nil
}
