// SPDX-License-Identifier: Apache-2.0
internal import CKernels
internal import Tensors

/// The kernels behind temporal convolutional networks, called as the layers call them: tile by tile.
extension Work {
  static let kernels: [Work] = [
    matmul("pointwise kernel", 128, to: 512, time: 10_000),
    matmul("pointwise kernel", 512, to: 128, time: 10_000),
    matmul("pointwise kernel", 768, to: 2304, time: 750),
    matmul("window kernel k3", 32, to: 32, taps: 3, time: 240_000),
    matmul("window kernel k8 s4", 64, to: 128, taps: 8, stride: 4, time: 110_250),
    depthwise(512, dilation: 1, time: 10_000),
    depthwise(512, dilation: 128, time: 10_000),
    depthwise(512, dilation: 128, time: 200_000),
    rows("PReLU", 512, time: 200_000, passes: 2) { tile, x, y in
      tessera_leaky(tile, 512, x, 512, 0.25, y, 512)
    },
    rows("gLN statistics", 512, time: 200_000, passes: 1) { tile, x, _ in
      var sums = [0.0, 0.0]
      tessera_sums(tile, 512, x, 512, &sums)
    },
    rows("gLN affine + residual", 512, time: 200_000, passes: 3) { tile, x, y in
      tessera_add_scaled(tile, 512, y, 512, x, 512, 0.5, shift, y, 512)
    },
  ]

  private static let tileRows = 192
  private static let shift = [Float](repeating: 0.1, count: 512)

  /// Calls `body` with the first row and the rows of each tile.
  private static func tiles(
    _ count: Int, _ parallel: Parallel, _ body: (_ first: Int, _ rows: Int) -> Void
  ) {
    parallel.forEach((count + tileRows - 1) / tileRows) { index, _ in
      body(index * tileRows, min(tileRows, count - index * tileRows))
    }
  }

  private static func matmul(
    _ name: String, _ input: Int, to output: Int, taps: Int = 1, stride: Int = 1, time: Int
  ) -> Work {
    let depth = taps * input
    let rows = (time - taps) / stride + 1
    return Work(
      name: name, size: "\(input)→\(output), T=\(time)",
      cost: .arithmetic(2 * rows * depth * output)
    ) { parallel in
      let x = Buffer(time * input)
      let y = Buffer(rows * output)
      let bias = Buffer(output)
      let packed = Buffer(tessera_matmul_packed_count(depth, output))
      tessera_matmul_pack(depth, output, Buffer(depth * output).pointer, depth, 1, packed.pointer)
      return {
        tiles(rows, parallel) { first, count in
          var layer = tessera_matmul_layer(
            depth: depth, columns: output, packed: packed.pointer, bias: bias.pointer,
            slope: 0.25, rowsAreFew: 0)
          tessera_matmul(
            &layer, count, x.pointer + first * stride * input, stride * input,
            y.pointer + first * output, output)
        }
      }
    }
  }

  private static func depthwise(_ channels: Int, dilation: Int, time: Int) -> Work {
    Work(
      name: "depth-wise k3 + PReLU + sums", size: "\(channels), d=\(dilation), T=\(time)",
      cost: .memory(2 * channels * time * MemoryLayout<Float>.stride)
    ) { parallel in
      let x = Buffer(time * channels)
      let y = Buffer(time * channels)
      let weights = Buffer(3 * channels)
      return {
        tiles(time, parallel) { first, count in
          var sums = [0.0, 0.0]
          var layer = tessera_depthwise_layer(
            channels: channels, taps: 3, dilation: dilation, offset: -dilation,
            weights: weights.pointer, bias: weights.pointer, shifts: weights.pointer, slope: 0.25)
          tessera_depthwise(
            &layer, x.pointer, 0, time, first, first + count, y.pointer + first * channels, &sums)
        }
      }
    }
  }

  private static func rows(
    _ name: String, _ channels: Int, time: Int, passes: Int,
    _ kernel:
      @escaping @Sendable (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> Work {
    Work(
      name: name, size: "\(channels), T=\(time)",
      cost: .memory(passes * channels * time * MemoryLayout<Float>.stride)
    ) { parallel in
      let x = Buffer(time * channels)
      let y = Buffer(time * channels)
      return {
        tiles(time, parallel) { first, count in
          kernel(count, x.pointer + first * channels, y.pointer + first * channels)
        }
      }
    }
  }
}

/// Aligned floats for a kernel, filled with noise.
///
/// SAFETY: `@unchecked Sendable`: tiles write disjoint ranges.
private final class Buffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>

  init(_ count: Int) {
    pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
    for (index, value) in Tensor.noise(count).elements.enumerated() {
      (pointer + index).initialize(to: value)
    }
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
