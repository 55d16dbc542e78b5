// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms
internal import Tensors

/// Applies distortion filters to the references, a block of a frame at a time.
struct FilteredReferences {
  /// One source's energies in a part of a frame, channels together, tails of the filters included.
  struct Energies {
    /// Of the reference.
    var target = 0.0
    /// Of the estimate less the reference.
    var error = 0.0
    /// Of the source's own filtered reference less the reference.
    var spatialError = 0.0
    /// Of the source's own filtered reference.
    var projection = 0.0
    /// Of the estimate less that.
    var projectionError = 0.0
    /// Of the sum of all filtered references less the source's own.
    var interference = 0.0
    /// Of the sum of all filtered references.
    var jointProjection = 0.0
    /// Of the estimate less that.
    var artifacts = 0.0

    static func += (left: inout Energies, right: Energies) {
      left.target += right.target
      left.error += right.error
      left.spatialError += right.spatialError
      left.projection += right.projection
      left.projectionError += right.projectionError
      left.interference += right.interference
      left.jointProjection += right.jointProjection
      left.artifacts += right.artifacts
    }
  }

  private let transform: RealFourierTransform<Double>
  private let channels: Int
  private let channelsPerSource: Int
  private let reach: Int
  /// The filters' spectra, conjugated, in the order of `DistortionFilters`.
  private let joint: [Double]
  private let own: [Double]

  init(
    _ filters: DistortionFilters, channelsPerSource: Int, filterLength: Int,
    transform: RealFourierTransform<Double>
  ) {
    func spectra(_ filters: [Double]) -> [Double] {
      var rows: [Double] = []
      for start in stride(from: 0, to: filters.count, by: filterLength) {
        rows += filters[start..<start + filterLength]
        rows += [Double](repeating: 0, count: transform.length - filterLength)
      }
      var spectra = transform.forward(rows)
      for index in stride(from: 1, to: spectra.count, by: 2) { spectra[index].negate() }
      return spectra
    }
    self.transform = transform
    channels = filters.ridges.count * channelsPerSource
    self.channelsPerSource = channelsPerSource
    reach = filterLength - 1
    joint = spectra(filters.joint)
    own = spectra(filters.own)
  }

  /// The blocks of the frame `span`, with the tails of the filters behind it.
  func blocks(of span: Range<Int>) -> [Range<Int>] {
    // Overlap-save: the first `reach` samples of a block's result are not valid.
    let end = span.upperBound + reach
    return stride(from: span.lowerBound, to: end, by: transform.length - reach).map {
      $0..<min($0 + transform.length - reach, end)
    }
  }

  /// The energies of each source in `block` of the frame `span`, which is filtered as if all around
  /// it were zero.
  ///
  /// The windows must hold the block and `reach` samples before it, as far as they are in the frame.
  func energies(
    in block: Range<Int>, of span: Range<Int>, references: ChannelWindow, estimates: ChannelWindow
  ) -> [Energies] {
    let width = 2 * transform.bins
    let range = (block.lowerBound - reach)..<(block.lowerBound - reach + transform.length)
    let valid = reach..<(reach + block.count)
    let sources = (0..<channels).map {
      references.row($0, range, within: span, length: transform.length)
    }
    let spectra = sources.map { transform.forward($0) }
    var energies = [Energies](repeating: Energies(), count: channels / channelsPerSource)
    for channel in 0..<channels {
      let source = channel / channelsPerSource
      var (all, alone) = (
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
      )
      for reference in 0..<channels {
        addConjugateProduct(
          spectra[reference], row: 0, joint, row: channel * channels + reference, to: &all,
          width: width)
      }
      for index in 0..<channelsPerSource {
        addConjugateProduct(
          spectra[source * channelsPerSource + index], row: 0, own,
          row: channel * channelsPerSource + index, to: &alone, width: width)
      }
      energies[source] += Energies(
        source: sources[channel],
        guess: estimates.row(channel, range, within: span, length: transform.length),
        projection: transform.inverse(alone), joint: transform.inverse(all), in: valid)
    }
    return energies
  }
}

extension FilteredReferences.Energies {
  fileprivate init(
    source: [Double], guess: [Double], projection: [Double], joint: [Double], in part: Range<Int>
  ) {
    self.init()
    for index in part {
      let (source, guess) = (source[index], guess[index])
      let (projection, joint) = (projection[index], joint[index])
      target += source * source
      error += (guess - source) * (guess - source)
      spatialError += (projection - source) * (projection - source)
      self.projection += projection * projection
      projectionError += (guess - projection) * (guess - projection)
      interference += (joint - projection) * (joint - projection)
      jointProjection += joint * joint
      artifacts += (guess - joint) * (guess - joint)
    }
  }
}
