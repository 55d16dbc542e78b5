// SPDX-License-Identifier: Apache-2.0
internal import COneDNN
internal import Tensors

/// What this machine can do at this moment with as many threads: oneDNN's sgemm and a plain copy.
struct Ceilings {
  private static let order = 2048
  /// 256 MiB, beyond any cache.
  private static let copied = 1 << 26

  private let parallel: Parallel
  private let matrices: [UnsafeMutablePointer<Float>]
  private let buffers: [UnsafeMutablePointer<Float>]

  /// Takes the memory, which is kept until the program ends.
  init(_ parallel: Parallel) {
    self.parallel = parallel
    func filled(_ count: Int) -> UnsafeMutablePointer<Float> {
      let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count)
      pointer.initialize(repeating: 0.5, count: count)
      return pointer
    }
    matrices = (0..<3).map { _ in filled(Self.order * Self.order) }
    buffers = (0..<2).map { _ in filled(Self.copied) }
  }

  /// What one run of the ceiling for work of this kind costs.
  func cost(for cost: Work.Cost) -> Work.Cost {
    switch cost {
    case .arithmetic: .arithmetic(2 * Self.order * Self.order * Self.order)
    case .memory: .memory(2 * Self.copied * MemoryLayout<Float>.stride)
    }
  }

  /// Runs the ceiling for work of this kind once.
  func run(for cost: Work.Cost) {
    switch cost {
    case .arithmetic: multiply()
    case .memory: copy()
    }
  }

  private func multiply() {
    let order = Int64(Self.order)
    let status = tessera_sgemm(
      order, order, order, matrices[0], matrices[1], matrices[2], Int32(parallel.threads))
    precondition(status == tessera_onednn_ok, String(cString: tessera_onednn_message()))
  }

  private func copy() {
    // SAFETY: each call copies its own part, and all have ended when forEach has.
    nonisolated(unsafe) let (source, target) = (buffers[0], buffers[1])
    let parts = 64
    let length = Self.copied / parts
    parallel.forEach(parts) { part, _ in
      (target + part * length).update(from: source + part * length, count: length)
    }
  }
}
