// SPDX-License-Identifier: Apache-2.0
internal import SpectralTransforms

/// Applies distortion filters to the references, a frame of the signals at a time.
struct FilteredReferences {
  /// One source's energies in one frame, channels together, tails of the filters included.
  struct Energies {
    /// Of the reference.
    var target = 0.0
    /// Of the estimate less the reference.
    var error = 0.0
    /// Of the source's own filtered reference less the reference.
    var spatialError = 0.0
    /// Of the source's own filtered reference.
    var projection = 0.0
    /// Of the sum of all filtered references less that.
    var interference = 0.0
    /// Of the sum of all filtered references.
    var jointProjection = 0.0
    /// Of the estimate less that.
    var artifacts = 0.0
  }

  private let references: ChannelBank
  private let estimates: ChannelBank
  private let reach: Int
  private let transform: RealFourierTransform<Double>
  /// The filters' spectra, conjugated, in the order of `DistortionFilters`.
  private let joint: [Double]
  private let own: [Double]

  init(
    _ references: ChannelBank, estimates: ChannelBank, filters: DistortionFilters,
    filterLength: Int, transform: RealFourierTransform<Double>
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
    self.references = references
    self.estimates = estimates
    self.transform = transform
    reach = filterLength - 1
    joint = spectra(filters.joint)
    own = spectra(filters.own)
  }

  /// The energies of each source in the frame `span`, which is filtered as if all around it were
  /// zero.
  func energies(in span: Range<Int>) -> [Energies] {
    var energies = [Energies](repeating: Energies(), count: references.sources.count)
    let end = span.upperBound + reach
    // Overlap-save: the first `reach` samples of a block's result are not valid.
    let valid = transform.length - reach
    for start in stride(from: span.lowerBound, to: end, by: valid) {
      let range = (start - reach)..<(start + valid)
      let sources = references.rows(range, within: span, length: transform.length)
      let guesses = estimates.rows(range, within: span, length: transform.length)
      let (all, alone) = filtered(sources)
      let part = reach..<(reach + min(valid, end - start))
      for channel in 0..<references.count {
        let offset = channel * transform.length
        add(
          sources, guesses, all: all, alone: alone,
          part: (part.lowerBound + offset)..<(part.upperBound + offset),
          to: &energies[channel / references.channelsPerSource])
      }
    }
    return energies
  }

  /// The blocks of all estimates' channels, `[channel, sample]`, made of all references, and of the
  /// own ones alone.
  private func filtered(_ sources: [Double]) -> (all: [Double], alone: [Double]) {
    let width = 2 * transform.bins
    let (channels, perSource) = (references.count, references.channelsPerSource)
    let spectra = transform.forward(sources)
    var all = [Double](repeating: 0, count: channels * width)
    var alone = all
    spectra.withUnsafeBufferPointer { spectra in
      func apply(
        _ filters: UnsafeBufferPointer<Double>, row: Int, to channel: Int,
        _ sum: UnsafeMutableBufferPointer<Double>, from reference: Int
      ) {
        addConjugateProduct(
          spectra, row: reference, filters, row: row, to: sum, row: channel, width: width)
      }
      joint.withUnsafeBufferPointer { filters in
        all.withUnsafeMutableBufferPointer { sum in
          for channel in 0..<channels {
            for reference in 0..<channels {
              apply(filters, row: channel * channels + reference, to: channel, sum, from: reference)
            }
          }
        }
      }
      own.withUnsafeBufferPointer { filters in
        alone.withUnsafeMutableBufferPointer { sum in
          for channel in 0..<channels {
            let first = channel / perSource * perSource
            for index in 0..<perSource {
              apply(
                filters, row: channel * perSource + index, to: channel, sum, from: first + index)
            }
          }
        }
      }
    }
    return (transform.inverse(all), transform.inverse(alone))
  }

  private func add(
    _ sources: [Double], _ guesses: [Double], all: [Double], alone: [Double], part: Range<Int>,
    to energies: inout Energies
  ) {
    var sums = Energies()
    for index in part {
      let (source, guess) = (sources[index], guesses[index])
      let (projection, joint) = (alone[index], all[index])
      sums.target += source * source
      sums.error += (guess - source) * (guess - source)
      sums.spatialError += (projection - source) * (projection - source)
      sums.projection += projection * projection
      sums.interference += (joint - projection) * (joint - projection)
      sums.jointProjection += joint * joint
      sums.artifacts += (guess - joint) * (guess - joint)
    }
    energies.target += sums.target
    energies.error += sums.error
    energies.spatialError += sums.spatialError
    energies.projection += sums.projection
    energies.interference += sums.interference
    energies.jointProjection += sums.jointProjection
    energies.artifacts += sums.artifacts
  }
}
