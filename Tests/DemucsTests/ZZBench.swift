import Checkpoints
import Demucs
import Foundation
import Tensors
import Testing

@Suite("ZZBench") struct ZZBench {
  @Test func full() throws {
    let checkpoint = try Checkpoint(path: "/tmp/ht/full.th")
    let t = try CrossDomainTransformer(
      checkpoint.weights(at: "state"),
      HybridTransformerDemucsConfiguration.Transformer(
        width: 512, isWidened: true, hiddenWidth: 2048, heads: 8, layers: 5),
      channels: 384, extent: (bands: 8, frames: 336, temporalFrames: 1344))
    func noise(_ shape: [Int]) -> Tensor { Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1) }) }
    let a = noise([8, 336, 384]), b = noise([1, 1344, 384])
    let threads = Int(ProcessInfo.processInfo.environment["T"] ?? "1")!
    let run = Run(threads: threads)
    for _ in 0..<(Int(ProcessInfo.processInfo.environment["N"] ?? "4")!) {
      let start = ContinuousClock.now; let c0 = clock()
      let y = t(a, b, run)
      print("cpu \(Double(clock()-c0)/1e6) wall \(ContinuousClock.now - start)", y.spectrum.pointer[5], run.arena.allocatedBytes / 1_000_000)
    }
  }
}
