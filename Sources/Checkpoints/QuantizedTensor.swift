// SPDX-License-Identifier: Apache-2.0

/// A tensor whose numbers are levels between its least and its greatest one, each group of numbers with
/// as many bits as it got in training (Défossez, Adi & Synnaeve, "Differentiable Model Compression via
/// Pseudo Quantization Noise", 2021; diffq's `DiffQuantizer`).
struct QuantizedTensor: Sendable {
  /// How the levels are kept.
  enum Levels: Sendable {
    /// One tensor for all, `[groups, group size]`.
    case plain(TensorReference)
    /// For each number of bits from 1 on the levels of the groups that have it, bit by bit.
    case packed([TensorReference?])
  }

  let levels: Levels
  /// Each group's bits, less `fewestBits` and bit by bit where the levels are packed.
  let bits: TensorReference
  let fewestBits: Int
  let groupSize: Int
  let minimum: Float
  let range: Float

  /// The numbers, in order.
  func values(count: Int, key: String) throws(CheckpointError) -> [Float] {
    let groups = count / groupSize
    var bitsOfGroups = try bits.integers(key: key)
    if case .packed = levels {
      bitsOfGroups = try unpacked(bits, count: groups, key: key).map { $0 + fewestBits }
    }
    guard groups * groupSize == count, bitsOfGroups.count == groups else {
      throw damaged(key, "\(count) numbers in \(bitsOfGroups.count) groups of \(groupSize)")
    }
    var result = [Float](repeating: 0, count: count)
    func place(_ level: Int, at index: Int, bits: Int) {
      // The order of diffq's own operations.
      let unit = 1 / Float((1 << bits) - 1)
      result[index] = Float(level) * unit * range + minimum
    }
    switch levels {
    case .plain(let reference):
      let all = try reference.integers(key: key)
      guard all.count == count else { throw damaged(key, "\(all.count) levels of \(count)") }
      for (group, bits) in bitsOfGroups.enumerated() {
        guard 1...15 ~= bits else { throw damaged(key, "levels of \(bits) bits") }
        for index in group * groupSize..<(group + 1) * groupSize {
          place(all[index], at: index, bits: bits)
        }
      }
    case .packed(let tensors):
      for (index, tensor) in tensors.enumerated() {
        let groupsWithIt = bitsOfGroups.indices.filter { bitsOfGroups[$0] == index + 1 }
        guard let tensor else {
          if groupsWithIt.isEmpty { continue }
          throw damaged(key, "no levels of \(index + 1) bits")
        }
        let levels = try unpacked(tensor, count: groupsWithIt.count * groupSize, key: key)
        for (place_, group) in groupsWithIt.enumerated() {
          for offset in 0..<groupSize {
            place(
              levels[place_ * groupSize + offset], at: group * groupSize + offset, bits: index + 1)
          }
        }
      }
      // diffq's packing has no place for the levels of 15 bits.
      if let lost = bitsOfGroups.first(where: { !(1...tensors.count ~= $0) }) {
        throw damaged(key, "levels of \(lost) bits, which its packing doesn't keep")
      }
    }
    return result
  }

  /// Small numbers that were packed bit by bit: bit `b` of 64 · 32 numbers is one row of a tensor `[lines,
  /// bits, 32]`; or, as diffq's `torch_pack` has it, of all numbers one row of `[bits, words]`.
  private func unpacked(
    _ tensor: TensorReference, count: Int, key: String
  ) throws(CheckpointError) -> [Int] {
    let words = try tensor.integers(key: key)
    let wordBits = 8 * tensor.elementType.byteCount
    let shape = tensor.shape
    guard shape.count == 2 || shape.count == 3 else {
      throw damaged(key, "packed numbers \(shape)")
    }
    let (lines, bits, width) =
      shape.count == 3 ? (shape[0], shape[1], shape[2]) : (1, shape[0], shape[1])
    guard bits <= 16, lines * width * wordBits >= count else {
      throw damaged(key, "\(count) numbers packed into \(shape)")
    }
    var result = [Int](repeating: 0, count: count)
    let inLine = width * wordBits
    for index in 0..<count {
      let (line, place) = index.quotientAndRemainder(dividingBy: inLine)
      let (shift, word) = place.quotientAndRemainder(dividingBy: width)
      var number = 0
      for bit in 0..<bits {
        number |= (words[(line * bits + bit) * width + word] >> shift & 1) << bit
      }
      result[index] = number
    }
    return result
  }

  private func damaged(_ key: String, _ detail: String) -> CheckpointError {
    .malformed(path: bits.path, detail: "\(key) is quantised with \(detail)")
  }
}
