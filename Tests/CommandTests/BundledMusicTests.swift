// SPDX-License-Identifier: Apache-2.0
import Foundation
import SoundFiles
import TestSupport
import Testing

@Suite("The music model that comes with the programs") struct BundledMusicTests {
  private static let stems = ["drums", "bass", "other", "vocals"]

  private func samples(_ url: URL) throws -> [Float] {
    try SoundFileReader(path: url.path).readAll().samples
  }

  /// The ratio of a signal to what an estimate has wrong, in dB.
  private func ratio(_ reference: [Float], _ estimate: [Float]) -> Double {
    let signal = reference.reduce(0.0) { $0 + Double($1 * $1) }
    let error = zip(reference, estimate).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return 10 * log10(signal / error)
  }

  @Test("it is the default, and takes the example song apart")
  func example() throws {
    let workshop = try SeparationWorkshop()
    let songs = Fixtures.packageRoot.appendingPathComponent("AudioFixtures")
    let song = songs.appendingPathComponent("song.ogg")
    let run = try workshop.run(
      [song.path, "-o", "out", "--sample-format", "float32"], model: nil)
    #expect(run.status == 0, "\(run.standardErrorText)")
    let mixture = try samples(song)
    var improvements: [Double] = []
    for stem in Self.stems {
      let reference = try samples(songs.appendingPathComponent("song.\(stem).ogg"))
      let estimate = try samples(workshop.path("out/music-4stems/song/\(stem).wav"))
      #expect(estimate.count == mixture.count)
      improvements.append(ratio(reference, estimate) - ratio(reference, mixture))
    }
    #expect(improvements.allSatisfy { $0 > 5 }, "\(improvements)")
    #expect(improvements.reduce(0, +) / 4 > 7, "\(improvements)")
  }
}
