// SPDX-License-Identifier: Apache-2.0
internal import Evaluation

/// Knuth and Lewis' linear congruential generator, from -1 to 1, as in `Tools/Goldens/bsseval.py`.
struct Noise {
  var state: UInt64
  mutating func next() -> Double {
    state = (1_664_525 * state + 1_013_904_223) % (1 << 32)
    return Double(state) / Double(1 << 31) - 1
  }
}

/// Sources of one length as `[source][frame * channel]`.
struct Sounds {
  var references: [[Double]]
  let fresh: [[Double]]
  let own: Double
  let mixed: Double
  let channels: Int

  /// The sounds of `Tools/Goldens/bsseval.py`.
  init(
    seed: UInt64, sources: Int, channels: Int = 1, frames: Int, own: Double, mixed: Double
  ) {
    var noise = Noise(state: seed)
    references = [0.9, -0.5, 0.3].prefix(sources).map { pole in
      var samples = (0..<frames * channels).map { _ in 0.1 * noise.next() }
      for index in channels..<samples.count { samples[index] += pole * samples[index - channels] }
      return samples
    }
    fresh = references.map { $0.map { _ in noise.next() } }
    (self.own, self.mixed, self.channels) = (own, mixed, channels)
  }

  func signal(_ samples: [Double]) -> InterleavedSignal {
    InterleavedSignal(samples.map(Float.init), channels: channels, sampleRate: 8000)
  }

  var signals: [InterleavedSignal] { references.map(signal) }

  var estimates: [InterleavedSignal] {
    references.indices.map { source in
      signal(
        references[source].indices.map { index in
          let mixture = references.reduce(0) { $0 + $1[index] }
          return own * references[source][index] + mixed * mixture + 0.02 * fresh[source][index]
        })
    }
  }
}

extension Sounds {
  /// Two stereo sources, the first silent in the second of three seconds.
  static var stereo: Sounds {
    var sounds = Sounds(
      seed: 12345, sources: 2, channels: 2, frames: 24500, own: 0.8, mixed: 0.1)
    for index in 16000..<32000 { sounds.references[0][index] = 0 }
    return sounds
  }
}
