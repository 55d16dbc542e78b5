// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite struct ResamplerTests {
  private static let kernels: [(String, ResamplingKernel)] = [
    ("torchaudio", .torchaudio), ("julius", .julius),
  ]
  private static let rates = [
    (44_100, 48_000), (48_000, 44_100), (44_100, 24_000), (24_000, 44_100), (16_000, 24_000),
    (1, 2), (2, 1), (44_100, 16_000), (8000, 44_100), (192_000, 44_100), (7, 5),
  ]

  private func resample(
    _ samples: [Float], _ old: Int, _ new: Int, _ kernel: ResamplingKernel
  ) -> [Float] {
    Resampler.resample(
      AudioBlock(channels: 1, samples: samples), from: old, to: new, kernel: kernel
    ).samples
  }

  @Test("it gives what torchaudio and julius give, between any rates, for one frame too")
  func goldens() throws {
    let golden = try Golden(
      contentsOf: Fixtures.packageRoot.appendingPathComponent(
        "Tests/SoundFilesTests/Goldens/resample.safetensors"))
    let input = try golden("input").elements
    for (library, kernel) in Self.kernels {
      for (old, new) in Self.rates {
        for (suffix, frames) in [("", input.count), (".1", 1)] {
          let expected = try golden("\(library).\(old)-\(new)\(suffix)").elements
          let found = resample(Array(input.prefix(frames)), old, new, kernel)
          let comparison = Comparison(found, expected)
          // Float32 sums against float64 ones; julius's kernel has float32 noise besides.
          let tolerance = library == "julius" ? 5e-6 : 3e-7
          #expect(
            comparison.maxAbsoluteError < tolerance,
            "\(library) \(old)-\(new)\(suffix) \(comparison)")
        }
      }
    }
  }

  @Test("it meets the parity fixture", .enabled(if: Fixtures.areAvailable))
  func fixture() throws {
    let input = try WaveFixture(contentsOf: Fixtures.shared("resample", "input.wav")).samples
    let golden = try Golden(contentsOf: Fixtures.shared("resample", "expected.safetensors"))
    for name in golden.names {
      let parts = name.split(whereSeparator: { ".-".contains($0) })
      let kernel: ResamplingKernel = parts[0] == "julius" ? .julius : .torchaudio
      let (old, new) = (try #require(Int(parts[1])), try #require(Int(parts[2])))
      let comparison = Comparison(
        resample(input, old, new, kernel), try golden(name).elements)
      // The reference's float32 kernels are off by up to 5.2e-6 themselves.
      #expect(comparison.maxAbsoluteError < 6e-6, "\(name): \(comparison)")
    }
  }

  @Test("blocks of any size give the same bits as the whole signal")
  func streaming() {
    let input = noise(2 * 1500)
    var random = SystemRandomNumberGenerator()
    for (_, kernel) in Self.kernels {
      for (old, new) in Self.rates {
        let whole = Resampler.resample(
          AudioBlock(channels: 2, samples: input), from: old, to: new, kernel: kernel)
        var resampler = Resampler(from: old, to: new, channels: 2, kernel: kernel)
        var pieces: [Float] = []
        var place = 0
        while place < input.count {
          let count = 2 * Int.random(in: 0...min(300, (input.count - place) / 2), using: &random)
          let part = AudioBlock(channels: 2, samples: Array(input[place..<(place + count)]))
          pieces += resampler.push(part).samples
          place += count
        }
        pieces += resampler.finish().samples
        #expect(pieces == whole.samples, "\(old) to \(new)")
        let source = ResampledSource(
          MemorySource(input, channels: 2, sampleRate: old), to: new, kernel: kernel)
        #expect(source.frameCount == whole.frames)
        var read: [Float] = []
        while let block = try? source.read(frames: 37) {
          read += block.samples
          #expect(block.frames == 37 || read.count == whole.samples.count)
        }
        #expect(read == whole.samples)
      }
    }
  }

  @Test("no more is held back than half a filter")
  func latency() {
    var resampler = Resampler(from: 44_100, to: 48_000, channels: 1, kernel: .torchaudio)
    let produced = resampler.push(AudioBlock(channels: 1, samples: noise(1000))).frames
    #expect(produced >= (1000 - 7) * 48_000 / 44_100)
  }

  @Test("a constant stays a constant under julius's kernel, and a tone stays a tone")
  func closedForms() {
    let constant = resample([Float](repeating: 0.25, count: 500), 44_100, 48_000, .julius)
    #expect(constant.allSatisfy { abs($0 - 0.25) < 1e-7 })
    for (_, kernel) in Self.kernels {
      let (old, new) = (44_100, 32_000)
      let found = resample(tone(4000, frequency: 0.02), old, new, kernel)
      let expected = (0..<found.count).map {
        Float(0.5 * sin(2 * .pi * 0.02 * Double($0) * Double(old) / Double(new)))
      }
      // The short kernel's pass band has a ripple of 0.2 %.
      let error = Comparison(Array(found[100..<2800]), Array(expected[100..<2800]))
      #expect(error.maxAbsoluteError < 2e-3, "\(error)")
    }
  }

  @Test("lengths are whole by the library's own rule, without overflow")
  func lengths() {
    #expect(ResamplingKernel.torchaudio.frameCount(22_051, from: 48_000, to: 44_100) == 20_260)
    #expect(ResamplingKernel.julius.frameCount(22_051, from: 48_000, to: 44_100) == 20_259)
    #expect(ResamplingKernel.julius.frameCount(0, from: 3, to: 2) == 0)
    #expect(
      ResamplingKernel.torchaudio.frameCount(1 << 45, from: 48_000, to: 44_100)
        == 32_325_641_856_615)
    #expect(resample([], 44_100, 48_000, .julius).isEmpty)
  }

  @Test("down and up again gives the asked-for length, whatever it is")
  func forcedLength() throws {
    for frames in [1, 2, 99, 1000, 1001] {
      let down = ResampledSource(
        MemorySource(noise(frames), sampleRate: 44_100), to: 16_000, kernel: .julius)
      let up = ResampledSource(down, to: 44_100, kernel: .julius, frames: frames)
      #expect(up.frameCount == frames)
      #expect(try up.readAll().frames == frames)
      let block = AudioBlock(channels: 1, samples: noise(frames))
      for wanted in [0, 1, 5000] {
        let cut = Resampler.resample(
          block, from: 44_100, to: 16_000, kernel: .torchaudio, frames: wanted)
        #expect(cut.frames == wanted)
      }
    }
  }

  @Test("equal rates pass samples as they are")
  func equalRates() throws {
    let input = noise(300)
    let source = ResampledSource(MemorySource(input), to: 44_100, kernel: .torchaudio)
    #expect(try source.readAll().samples == input)
  }
}
