// SPDX-License-Identifier: Apache-2.0
public import Tensors

/// A tensor whose numbers are still in the file.
public final class TensorReference: Sendable {
  /// How the numbers are stored.
  public let elementType: ElementType
  private let layout: TensorLayout
  private let storage: StoredBytes

  /// `layout` must lie within `storage`.
  init(elementType: ElementType, layout: TensorLayout, storage: StoredBytes) {
    self.elementType = elementType
    self.layout = layout
    self.storage = storage
  }

  /// The length of each axis.
  public var shape: [Int] { layout.shape }

  /// How many elements there are.
  public var count: Int { layout.count }

  /// Reads the numbers as float32: exactly where that can hold them, else rounded to nearest.
  ///
  /// `key` stands in the errors: `notFinite` for a NaN or an infinity, `unsupported` for an element
  /// type without a conversion, `malformed` where the file isn't what its directory says.
  public func read(key: String) throws(CheckpointError) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    if layout.isRowMajor {
      try readRun(count: count, to: tensor.pointer, key: key)
    } else {
      let run = Tensor(uninitialized: [layout.span])
      try readRun(count: layout.span, to: run.pointer, key: key)
      layout.forEachPlace { tensor.pointer[$0] = run.pointer[$1] }
    }
    if let index = firstNotFinite(tensor.pointer, count: count) {
      throw .notFinite(key: key, index: index)
    }
    return tensor
  }

  /// Reads the numbers of an integer or bool tensor, exactly.
  public func integers(key: String) throws(CheckpointError) -> [Int] {
    let scratch = Scratch(byteCount: layout.span * elementType.byteCount)
    try read(elements: 0..<layout.span, into: scratch.bytes)
    guard let run = elementType.integers(UnsafeRawBufferPointer(scratch.bytes)) else {
      throw unsupported(key, "integers")
    }
    guard !layout.isRowMajor else { return run }
    var result = [Int](repeating: 0, count: count)
    layout.forEachPlace { result[$0] = run[$1] }
    return result
  }

  /// Widens the `count` elements that follow the first one in the storage.
  private func readRun(
    count: Int, to target: UnsafeMutablePointer<Float>, key: String
  ) throws(CheckpointError) {
    if elementType == .float32 {
      let bytes = UnsafeMutableRawBufferPointer(start: target, count: count * 4)
      return try read(elements: 0..<count, into: bytes)
    }
    // In pieces that stay in the cache, so that a large tensor doesn't cost its size twice.
    let pieceCount = 1 << 15
    let scratch = Scratch(byteCount: min(count, pieceCount) * elementType.byteCount)
    for start in stride(from: 0, to: count, by: pieceCount) {
      let end = min(start + pieceCount, count)
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: scratch.bytes[..<((end - start) * elementType.byteCount)])
      try read(elements: start..<end, into: piece)
      guard elementType.widen(UnsafeRawBufferPointer(piece), to: target + start) else {
        throw unsupported(key, "float32")
      }
    }
  }

  private func read(
    elements: Range<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let first = (layout.offset + elements.lowerBound) * elementType.byteCount
    try storage.read(at: first, into: target)
  }

  private func unsupported(_ key: String, _ wanted: String) -> CheckpointError {
    .unsupported(
      path: storage.source.path, detail: "\(key) is stored as \(elementType), wanted as \(wanted)")
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
