// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints
internal import NeuralLayers
internal import SpectralTransforms
internal import Tensors

// Layers that the taggers share, from the names that PyTorch gives their parameters.

extension Weights {
  /// What batch normalisation over so many channels comes to.
  func batchNormalization(_ channels: Int) throws(CheckpointError) -> (
    scale: [Float], shift: [Float]
  ) {
    let norm = Normalization.batch(
      gamma: try tensor("weight", channels).elements, beta: try tensor("bias", channels).elements,
      mean: try tensor("running_mean", channels).elements,
      variance: try tensor("running_var", channels).elements, epsilon: 1e-5)
    ignore("num_batches_tracked")
    guard let affine = norm.affine(nil) else { fatalError("batch norm is an affine map") }
    return affine
  }

  /// A linear layer.
  func linear(_ input: Int, to output: Int) throws(CheckpointError) -> PackedMatrix {
    PackedMatrix(weight: try tensor("weight", output, input), bias: try tensor("bias", output))
  }

  /// The sizes of a matrix of so many axes, all above 0.
  func sizes(of name: String, axes: Int) throws(CheckpointError) -> [Int] {
    let shape = try reference(name).shape
    guard shape.count == axes, shape.allSatisfy({ $0 > 0 }) else {
      let known = (0..<axes).map { shape.indices.contains($0) ? max(1, shape[$0]) : 1 }
      throw .wrongShape(key: path.isEmpty ? name : "\(path).\(name)", expected: known, found: shape)
    }
    return shape
  }

  /// The sizes of the front end in a tagger's file.
  func logMelConfiguration() throws(CheckpointError) -> LogMelSpectrogram.Configuration {
    let bands = try sizes(of: "bn0.weight", axes: 1)[0]
    let kernel = "spectrogram_extractor.stft.conv_real.weight"
    let fftLength =
      if contains(kernel) {
        try sizes(of: kernel, axes: 3)[2]
      } else if contains("logmel_extractor.melW") {
        2 * (try sizes(of: "logmel_extractor.melW", axes: 2)[0] - 1)
      } else {
        1024
      }
    return LogMelSpectrogram.Configuration(fftLength: fftLength, bands: bands)
  }

  /// The front end in a tagger's file.
  func logMelSpectrogram(path file: String) throws(CheckpointError) -> LogMelSpectrogram {
    let sizes = try logMelConfiguration()
    let matrix = "logmel_extractor.melW"
    let bands =
      contains(matrix) ? try tensor(matrix, sizes.fftLength / 2 + 1, sizes.bands) : nil
    // The transform itself, as two matrices.
    ignore("spectrogram_extractor.stft")
    let (scale, shift) = try (self / "bn0").batchNormalization(sizes.bands)
    do {
      return try LogMelSpectrogram(sizes, bands: bands, scale: scale, shift: shift)
    } catch {
      throw .unsupported(path: file, detail: "a tagger's front end: \(error)")
    }
  }
}
