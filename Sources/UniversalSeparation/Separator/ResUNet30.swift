// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import SpectralTransforms
public import Tensors

/// The query-conditioned separator of Universal Source Separation (Kong and others 2023, figure 3): a
/// residual U-Net on magnitudes that masks magnitude and phase of the mixture's spectrum.
///
///     mixture ─ STFT ─ |·| ─ norm ─ 1×1 ─ encoder 1 ─┬─ … ─ encoder 6 ─┬─ middle ─ decoder 1 ─ … ─ decoder 6 ─ 1×1 ─ mask ─ ISTFT ─
///                                                    │                 └────────────────┘                │
///                                                    └────────────────────────────────────────────────────┘
///     condition ─ linear ─ a summand for every norm behind the first 1×1 convolution
///
/// Mono at 32 kHz. Grids are `[T, F, C]`.
public struct ResUNet30: Sendable {
  /// The sizes.
  public let configuration: ResUNet30Configuration
  let spectrum: MaskedSpectrum
  /// 1 → C₁.
  let preparation: PackedMatrix
  let encoder: [Encoder]
  let middle: ResidualBlock
  let decoder: [Decoder]
  /// C₁ → 3.
  let masks: PackedMatrix
  let modulation: QueryModulation

  /// An encoder's block, and the pooling behind it.
  struct Encoder: Sendable {
    let block: ResidualBlock
    let pooling: AveragePooling
  }

  /// A decoder: norm, leaky ReLU and upsampling, and a block that hears the encoder's output too.
  struct Decoder: Sendable {
    let activation: GridActivation
    let shift: Range<Int>
    let upsampling: GridUpsampling
    let block: ResidualBlock
  }

  /// Takes out of a mixture what a condition describes.
  ///
  /// - Parameters:
  ///   - mixture: Mono samples, more than half a Fourier transform of them.
  ///   - condition: `configuration.conditionSize` numbers.
  /// - Returns: as many samples.
  /// - Throws: `SpectralTransformError.tooShortForReflection`.
  public func callAsFunction(
    _ mixture: [Float], condition: [Float], _ run: Run
  ) throws(SpectralTransformError) -> [Float] {
    try self(mixture, conditions: [condition], run)[0]
  }

  /// Takes out of a mixture what each of several conditions describes; they share all that comes before the
  /// query.
  public func callAsFunction(
    _ mixture: [Float], conditions: [[Float]], _ run: Run
  ) throws(SpectralTransformError) -> [[Float]] {
    precondition(
      conditions.allSatisfy { $0.count == configuration.conditionSize },
      "conditions of \(configuration.conditionSize) numbers")
    let spectra = try spectrum.analysis(mixture, run)
    let prepared = prepared(spectra, run)
    let queries = modulation(conditions, run)
    return conditions.indices.map { index in
      let logits = logits(prepared, query: queries.rows(index..<index + 1), run)
      return spectrum.masked(spectra, by: logits, samples: mixture.count, run)
    }
  }

  /// What every query begins with.
  private func prepared(_ spectra: Tensor, _ run: Run) -> Tensor {
    let magnitudes = spectrum.magnitudes(spectra, run)
    run.trace?("bn0", magnitudes)
    let (frames, width) = (magnitudes.shape[0], magnitudes.shape[1])
    let result = run.arena.tensor(frames, width, preparation.columns)
    run.rectangles(of: (8, width), in: (frames, width)) { rows, columns, _ in
      for row in rows {
        let frame = row..<row + 1
        preparation(
          GridView(magnitudes, rows: frame).row(0), into: GridView(result, rows: frame).row(0))
      }
    }
    run.trace?("pre_conv", result)
    return result
  }

  /// The U-Net.
  private func logits(_ prepared: Tensor, query: Rows, _ run: Run) -> Tensor {
    var x = prepared
    var skips: [Tensor] = []
    for (index, layer) in encoder.enumerated() {
      let skip = run.arena.tensor(x.shape[0], x.shape[1], layer.block.second.channels)
      let pooled = run.arena.tensor(
        x.shape[0] / layer.pooling.height, x.shape[1] / layer.pooling.width, skip.shape[2])
      layer.block([x], query: query, into: skip, run) { rows, columns, run in
        layer.pooling(
          GridView(skip, rows: rows, columns: columns),
          into: GridView(
            pooled, rows: rows.divided(by: layer.pooling.height),
            columns: columns.divided(by: layer.pooling.width)), run)
      }
      run.trace?("encoder_block\(index + 1)", skip)
      run.trace?("encoder_block\(index + 1)_pool", pooled)
      skips.append(skip)
      x = pooled
    }
    let deepest = run.arena.tensor(x.shape[0], x.shape[1], middle.second.channels)
    middle([x], query: query, into: deepest, run)
    run.trace?("conv_block7a", deepest)
    x = deepest
    let logits = run.arena.tensor(prepared.shape[0], prepared.shape[1], masks.columns)
    for (index, layer) in decoder.enumerated() {
      let up = layer.upsampling(
        x, activation: layer.activation, shift: query.columns(layer.shift), run)
      // The skip is not needed behind its block, whose output takes its place.
      let y = skips.removeLast()
      let isLast = skips.isEmpty
      layer.block([up, y], query: query, into: y, run) { rows, columns, run in
        if isLast { mask(y, rows: rows, columns: columns, into: logits, run) }
      }
      run.trace?("decoder_block\(index + 1)", y)
      x = y
    }
    run.trace?("after_conv", logits)
    return logits
  }

  private func mask(
    _ x: Tensor, rows: Range<Int>, columns: Range<Int>, into logits: Tensor, _ run: Run
  ) {
    run.parallel.forEach(rows.count) { index, _ in
      let row = rows.lowerBound + index..<rows.lowerBound + index + 1
      masks(
        GridView(x, rows: row, columns: columns).row(0),
        into: GridView(logits, rows: row, columns: columns).row(0))
    }
  }
}

extension Range<Int> {
  /// The range of so many times larger steps.
  fileprivate func divided(by size: Int) -> Range { lowerBound / size..<upperBound / size }
}
