// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import SpectralTransforms
internal import Tensors

/// The way from a waveform to the spectral branch of a hybrid network and back.
///
/// A spectrogram of L frames stands for L hops of samples: the waveform is padded by 3/2 hops before its
/// beginning and beyond the end of its last hop, and frames begin at multiples of a hop of that.
/// The way back adds frames up as if silent ones lay before the first and after the last, so that the
/// ends weigh as much as the middle.
struct HybridSpectrum: Sendable {
  /// What a spectrogram `[F, T, C]` holds.
  enum Content: Sendable, Hashable {
    /// Real and imaginary part of each channel.
    case complex
    /// Magnitudes; estimates get the mixture's phase.
    case magnitude
    /// Of two channels, their mean and half their difference: magnitudes to the power of an exponent.
    /// Estimates are logits, of which a softmax over the sources makes masks for the mixture.
    case masked(exponent: Float)
  }

  /// Where frames lie.
  enum Alignment: Sendable {
    /// The waveform is mirrored at its ends, and the way back ends where it began.
    case mirrored
    /// The first networks': zeros at the ends, and estimates 3/2 hops late, as those learned to expect.
    case delayed
  }

  /// Half as many as the transform's points: the last bin isn't used.
  let frequencies: Int
  let content: Content
  let alignment: Alignment
  private let transform: ShortTimeFourierTransform<Float>

  init(
    fftLength: Int, content: Content, alignment: Alignment
  ) throws(SpectralTransformError) {
    frequencies = fftLength / 2
    self.content = content
    self.alignment = alignment
    transform = try ShortTimeFourierTransform(
      .init(fftLength: fftLength, hopLength: fftLength / 4, padding: .none, normalized: true))
  }

  /// Channels of a spectrogram for each channel of sound.
  var width: Int { content == .magnitude ? 1 : 2 }
  /// Channels of an estimate for each channel of sound.
  var estimateWidth: Int { content == .complex ? 2 : 1 }

  private var hop: Int { frequencies / 2 }
  /// Frames that a thread takes at a time: what of them lies side by side in a grid fills cache lines.
  fileprivate static let framesInTile = 16

  // MARK: Analysis

  /// A waveform with its ends padded, by channels.
  struct PaddedSignal {
    fileprivate var samples: [[Float]]
    fileprivate let channelCount: Int
    /// Of the spectrogram.
    let frames: Int

    /// Gives the samples up where only the way back is left, which needs them for magnitudes alone.
    mutating func forgetSamples() { samples = [] }
  }

  /// Pads `[T, A]`, T at least 1.
  func padded(_ signal: Tensor) -> PaddedSignal {
    defer { extendLifetime(signal) }
    let (samples, channels) = (signal.shape[0], signal.shape[1])
    let frames = (samples + hop - 1) / hop
    let before = hop / 2 * 3
    let after = before + frames * hop - samples
    return PaddedSignal(
      samples: (0..<channels).map { channel in
        let wave = (0..<samples).map { signal.pointer[$0 * channels + channel] }
        return alignment == .mirrored
          ? mirrored(wave, before: before, after: after)
          : zeros(before) + wave + zeros(after)
      }, channelCount: channels, frames: frames)
  }

  /// The spectrogram, `[F, T, C]`: F frequencies, T frames, C = A · `width`.
  func analysis(_ signal: PaddedSignal, _ run: Run) -> Tensor {
    let channels = signal.channelCount * width
    let result = run.arena.tensor(frequencies, signal.frames, channels)
    let frames = signal.frames
    forEachTile(frames, run) { tile in
      if case .masked(let exponent) = content {
        return result.setCompressed(self.spectra(signal, tile, run), frames: tile, exponent)
      }
      for (channel, spectra) in self.spectra(signal, tile, run).enumerated() {
        defer { extendLifetime(spectra) }
        let bins = 2 * (frequencies + 1)
        for frequency in 0..<frequencies {
          var source = spectra.pointer + 2 * frequency
          var target =
            result.pointer + (frequency * frames + tile.lowerBound) * channels + channel * width
          for _ in tile {
            if content == .complex {
              (target[0], target[1]) = (source[0], source[1])
            } else {
              target[0] = (source[0] * source[0] + source[1] * source[1]).squareRoot()
            }
            source += bins
            target += channels
          }
        }
      }
    }
    return result
  }

  /// Each channel's spectra of some frames, `[frames, bins, 2]`.
  fileprivate func spectra(_ signal: PaddedSignal, _ frames: Range<Int>, _ run: Run) -> [Tensor] {
    signal.samples.map { wave in
      let bins = 2 * (frequencies + 1)
      let result = run.arena.tensor(frames.count, bins)
      wave.withUnsafeBufferPointer { wave in
        guard let base = wave.baseAddress else { return }
        do {
          try transform.forward(
            base + frames.lowerBound * hop,
            count: (frames.count - 1) * hop + 2 * frequencies, into: result.pointer,
            frameStride: bins, binStride: 2)
        } catch {
          preconditionFailure("frames without padding: \(error)")
        }
      }
      return result
    }
  }

  private func forEachTile(_ frames: Int, _ run: Run, _ body: (Range<Int>) -> Void) {
    let size = Self.framesInTile
    run.parallel.forEach((frames + size - 1) / size) { index, _ in
      body(index * size..<min((index + 1) * size, frames))
    }
  }

  // MARK: Synthesis

  /// The way back of estimates that come some frames at a time.
  struct Synthesis {
    /// For each source `[samples, A]`, complete after `finish`.
    let sources: [Tensor]
    fileprivate let spectrum: HybridSpectrum
    fileprivate let signal: PaddedSignal
    fileprivate let level: SignalLevel
    fileprivate let voices: [Voice]
    fileprivate let run: Run
  }

  /// Begins the way back of estimates of a mixture's sources.
  ///
  /// - Parameters:
  ///   - level: What the spectrogram's values are scaled back by.
  ///   - signal: The mixture.
  func makeSynthesis(
    sources: Int, _ level: SignalLevel, signal: PaddedSignal, samples: Int, _ run: Run
  ) -> Synthesis {
    let channels = signal.channelCount
    let outputs = (0..<sources).map { _ in run.arena.tensor(samples, channels) }
    let skipped = 2 * hop + (alignment == .mirrored ? hop / 2 * 3 : 0)
    let voices = (0..<sources * channels).map { index in
      Voice(
        synthesis, skipped: skipped, count: samples,
        target: outputs[index / channels].pointer + index % channels, stride: channels)
    }
    let result = Synthesis(
      sources: outputs, spectrum: self, signal: signal, level: level, voices: voices, run: run)
    result.pushSilence()
    return result
  }

  private var synthesis: ShortTimeFourierTransform<Float>.Synthesis {
    do {
      return try transform.makeSynthesis()
    } catch {
      preconditionFailure("windows four times as long as a hop: \(error)")
    }
  }
}

extension HybridSpectrum.Synthesis {
  /// Frames of the outermost layer's output that are there at a time.
  private static let framesInPiece = 192

  /// Takes a grid `[F, T, C]` through the outermost layer and on to samples.
  ///
  /// - Returns: the sources.
  func separated(_ x: Tensor, through outermost: any GridDecoder, _ run: Run) -> [Tensor] {
    let frames = x.shape[1]
    let step = outermost.isLocal ? Self.framesInPiece : frames
    let channels = sources.count * signal.channelCount * spectrum.estimateWidth
    for first in stride(from: 0, to: frames, by: step) {
      let tile = first..<min(first + step, frames)
      let piece = run.arena.tensor(spectrum.frequencies, tile.count, channels)
      outermost(x, frames: tile, length: frames, run) { row, frames, values in
        piece.set(row: row, frames: shifted(frames, by: -first), values)
      }
      push(piece, frames: tile)
    }
    finish()
    return sources
  }

  /// Takes the estimates' next frames, a grid `[F, n, S · C]`, sources behind each other.
  ///
  /// - Parameter frames: Which of the mixture's.
  private func push(_ estimates: Tensor, frames: Range<Int>) {
    let (bins, width) = (2 * (spectrum.frequencies + 1), spectrum.estimateWidth)
    if case .masked = spectrum.content {
      run.parallel.forEach(spectrum.frequencies) { row, _ in
        estimates.softmax(row: row, sources: sources.count)
      }
    }
    let step = HybridSpectrum.framesInTile
    for first in stride(from: frames.lowerBound, to: frames.upperBound, by: step) {
      let tile = first..<min(first + step, frames.upperBound)
      let phases = spectrum.content == .complex ? [] : spectrum.spectra(signal, tile, run)
      defer { extendLifetime(phases) }
      run.parallel.forEach(voices.count) { index, _ in
        let spectra = [Float](unsafeUninitializedCapacity: tile.count * bins) { buffer, count in
          count = tile.count * bins
          guard let target = buffer.baseAddress else { return }
          estimates.gather(
            frames: shifted(tile, by: -frames.lowerBound), channel: index * width,
            isComplex: spectrum.content == .complex, level, into: target)
          switch spectrum.content {
          case .complex: break
          case .magnitude:
            turn(target, by: phases[index % phases.count].pointer, count: count / 2)
          case .masked:
            mask(phases[index % phases.count].pointer, by: target, count: count / 2)
          }
        }
        voices[index].push(spectra)
      }
    }
  }

  /// Ends the estimates.
  private func finish() { pushSilence() }

  /// Two frames of nothing, as at both ends.
  fileprivate func pushSilence() {
    let silence = [Float](repeating: 0, count: 4 * (spectrum.frequencies + 1))
    run.parallel.forEach(voices.count) { index, _ in voices[index].push(silence) }
  }
}

/// One channel of one source on its way back to samples.
///
/// SAFETY: `@unchecked Sendable`. Loops over voices give each to one thread, and voices write different
/// elements.
private final class Voice: @unchecked Sendable {
  private var synthesis: ShortTimeFourierTransform<Float>.Synthesis
  private var skipped: Int
  private var left: Int
  private var target: UnsafeMutablePointer<Float>
  private let stride: Int

  init(
    _ synthesis: ShortTimeFourierTransform<Float>.Synthesis, skipped: Int, count: Int,
    target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    self.synthesis = synthesis
    (self.skipped, left, self.target, self.stride) = (skipped, count, target, stride)
  }

  /// Takes spectra and writes the samples that they complete.
  func push(_ spectra: [Float]) {
    let samples = synthesis.push(spectra)
    let dropped = min(skipped, samples.count)
    skipped -= dropped
    let kept = samples.dropFirst(dropped).prefix(left)
    for sample in kept {
      target.pointee = sample
      target += stride
    }
    left -= kept.count
  }
}

extension Tensor {
  /// Writes one channel's spectra of some frames, `[frames, bins, 2]`, out of a grid `[F, T, C]`; the last
  /// bin is zero.
  fileprivate func gather(
    frames: Range<Int>, channel: Int, isComplex: Bool, _ level: SignalLevel,
    into spectra: UnsafeMutablePointer<Float>
  ) {
    defer { extendLifetime(self) }
    let bins = 2 * (shape[0] + 1)
    let channels = shape[2]
    for frequency in 0..<shape[0] {
      var source = pointer + (frequency * shape[1] + frames.lowerBound) * channels + channel
      var target = spectra + 2 * frequency
      for _ in frames {
        target[0] = source[0] * level.deviation + level.mean
        if isComplex { target[1] = source[1] * level.deviation + level.mean }
        source += channels
        target += bins
      }
    }
    for frame in 0..<frames.count {
      let last = spectra + (frame + 1) * bins - 2
      (last[0], last[1]) = (0, 0)
    }
  }
}

/// Gives magnitudes (the real parts) the phases of other spectra, of `count` bins.
private func turn(
  _ magnitudes: UnsafeMutablePointer<Float>, by spectra: UnsafeMutablePointer<Float>, count: Int
) {
  for bin in 0..<count {
    let (re, im) = (spectra[2 * bin], spectra[2 * bin + 1])
    let magnitude = hypot(re, im)
    let value = magnitudes[2 * bin]
    magnitudes[2 * bin] = magnitude > 0 ? value * (re / magnitude) : value
    magnitudes[2 * bin + 1] = magnitude > 0 ? value * (im / magnitude) : 0
  }
}

private func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }

/// A signal mirrored at its ends; one that is too short gets zeros first, at the right before the left.
private func mirrored(_ wave: [Float], before: Int, after: Int) -> [Float] {
  let lacking = max(0, max(before, after) - wave.count + 1)
  let right = min(after, lacking)
  let left = lacking - right
  let long = zeros(left) + wave + zeros(right)
  let (head, tail) = (before - left, after - right)
  return (0..<head).map { long[head - $0] } + long
    + (0..<tail).map { long[long.count - 2 - $0] }
}
