// SPDX-License-Identifier: Apache-2.0
internal import COneDNN
internal import Tensors
internal import TestSupport
internal import Testing

/// The C door itself: what the layers don't use, or can't reach.
@Suite("oneDNN's door")
struct Convolution2DOneDNNTests {
  private func description(_ input: Int64, _ output: Int64) -> tessera_convolution_description {
    var description = tessera_convolution_description()
    (description.in_channels, description.out_channels, description.groups) = (input, output, 1)
    (description.kernel_height, description.kernel_width) = (3, 3)
    (description.stride_height, description.stride_width) = (1, 1)
    (description.dilation_height, description.dilation_width) = (1, 1)
    return description
  }

  private func extent(_ side: Int64, threads: Int32) -> tessera_convolution_extent {
    tessera_convolution_extent(
      batch: 1, height: side, width: side, top: 1, bottom: 1, left: 1, right: 1, threads: threads)
  }

  @Test("a plan for several threads agrees with one for one, also in several workers at a time")
  func threadedPlans() throws {
    var noise = Noise(seed: 51)
    let (weight, bias) = (noise.tensor(32, 16, 3, 3), noise.tensor(32))
    let x = noise.tensor(40, 40, 16)
    var handle: OpaquePointer?
    var (shape, size) = (description(16, 32), extent(40, threads: 1))
    let status = tessera_convolution_create(&shape, weight.pointer, bias.pointer, &size, &handle)
    #expect(status == tessera_onednn_ok)
    // SAFETY: the C object locks itself.
    nonisolated(unsafe) let convolution = try #require(handle)
    defer { tessera_convolution_destroy(convolution) }
    let expected = ReferenceConvolution(weight: weight, bias: bias, padding: [1, 1, 1, 1])(x)

    let outputs = (0..<6).map { _ in noise.tensor(40, 40, 32) }
    Parallel(threads: 3).forEach(6) { index, _ in
      var size = extent(40, threads: Int32(1 + index % 3))
      var plan: OpaquePointer?
      guard tessera_convolution_borrow(convolution, &size, &plan) == tessera_onednn_ok else {
        return
      }
      let scratch = Arena().tensor(tessera_convolution_plan_scratch_bytes(plan) / 4 + 1)
      _ = tessera_convolution_execute(
        plan, x.pointer, nil, outputs[index].pointer, scratch.pointer)
      tessera_convolution_return(convolution, plan)
    }
    for output in outputs {
      let comparison = Comparison(output.elements, expected.elements)
      #expect(comparison.relativeToPeak <= kernelTolerance, "\(comparison)")
    }
  }

  @Test("a convolution that is none is refused with a sentence, not with an abort")
  func refusal() {
    var noise = Noise(seed: 52)
    let weight = noise.tensor(5, 4, 3, 3)
    var handle: OpaquePointer?
    var (shape, size) = (description(4, 5), extent(8, threads: 1))
    shape.groups = 3
    let status = tessera_convolution_create(&shape, weight.pointer, nil, &size, &handle)
    #expect(status == tessera_onednn_unsupported)
    #expect(handle == nil)
    #expect(String(cString: tessera_onednn_message()).contains("4 to 5 channels in 3 groups"))
  }

  @Test("an image smaller than the kernel is refused, and the convolution goes on working")
  func refusedExtent() throws {
    var noise = Noise(seed: 53)
    let weight = noise.tensor(4, 4, 3, 3)
    var handle: OpaquePointer?
    var (shape, size) = (description(4, 4), extent(8, threads: 1))
    _ = tessera_convolution_create(&shape, weight.pointer, nil, &size, &handle)
    let convolution = try #require(handle)
    defer { tessera_convolution_destroy(convolution) }
    var plan: OpaquePointer?
    var tiny = tessera_convolution_extent(
      batch: 1, height: 2, width: 2, top: 0, bottom: 0, left: 0, right: 0, threads: 1)
    #expect(tessera_convolution_borrow(convolution, &tiny, &plan) == tessera_onednn_unsupported)
    #expect(plan == nil)
    var idle = extent(8, threads: 0)
    #expect(tessera_convolution_borrow(convolution, &idle, &plan) == tessera_onednn_unsupported)
    #expect(tessera_convolution_borrow(convolution, &size, &plan) == tessera_onednn_ok)
    // It adds no residual, so it takes none.
    let x = noise.tensor(8, 8, 4)
    #expect(
      tessera_convolution_execute(plan, x.pointer, x.pointer, x.pointer, nil)
        == tessera_onednn_unsupported)
    tessera_convolution_return(convolution, plan)
  }

  @Test("weights are packed once for all sizes but tiny ones")
  func packings() throws {
    var noise = Noise(seed: 54)
    let weight = noise.tensor(384, 96, 3, 3)
    var handle: OpaquePointer?
    var (shape, size) = (description(96, 384), extent(64, threads: 1))
    _ = tessera_convolution_create(&shape, weight.pointer, nil, &size, &handle)
    let convolution = try #require(handle)
    defer { tessera_convolution_destroy(convolution) }
    for side: Int64 in [24, 33, 64, 100, 501] {
      var size = extent(side, threads: 1)
      var plan: OpaquePointer?
      #expect(tessera_convolution_borrow(convolution, &size, &plan) == tessera_onednn_ok)
      tessera_convolution_return(convolution, plan)
    }
    // One on the processors tried; how many others need is oneDNN's choice.
    #expect(tessera_convolution_packing_count(convolution) <= 2)
  }

  @Test("sgemm multiplies row-major matrices")
  func multiplication() {
    let a: [Float] = [1, 2, 3, 4, 5, 6]
    let b: [Float] = [1, 0, 2, 0, 1, 3]
    var c = [Float](repeating: .nan, count: 4)
    #expect(tessera_sgemm(2, 2, 3, a, b, &c, 2) == tessera_onednn_ok)
    // [1 2 3; 4 5 6] · [1 0; 2 0; 1 3]
    #expect(c == [8, 9, 20, 18])
    #expect(tessera_sgemm(2, 2, 3, a, b, &c, 0) == tessera_onednn_unsupported)
  }
}
