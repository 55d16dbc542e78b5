// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import UniversalSeparation

/// A file of this suite's goldens.
private func golden(_ file: String) -> URL {
  Fixtures.packageRoot.appendingPathComponent("Tests/UniversalSeparationTests/Goldens/\(file)")
}

@Suite("A tiny Cnn14")
struct Cnn14GoldenTests {
  private let checkpoint: Checkpoint
  private let expected: Golden

  init() throws {
    checkpoint = try Checkpoint(path: golden("cnn14/model.pth").path)
    expected = try Golden(contentsOf: golden("cnn14/expected.safetensors"))
  }

  private func check(_ found: [Float], _ name: String, _ tolerance: Double = 1e-5) throws {
    let comparison = Comparison(found, try expected(name).elements)
    #expect(comparison.relativeToPeak < tolerance, "\(name): \(comparison)")
  }

  @Test("Shapes tell all sizes, and mel bands that the file lacks are made")
  func sizes() throws {
    let tagger = try Cnn14(checkpoint)
    #expect(
      tagger.configuration
        == Cnn14Configuration(
          channels: [2, 3, 32, 4, 5, 6], embedding: 7, classes: 9, fftLength: 256, bands: 64))
    #expect(tagger.sampleRate == 8000 && tagger.clipSamples == 80000)
    #expect(tagger.leastSamples == 31 * 80)
  }

  @Test("Clips", arguments: ["long", "short"])
  func clips(_ name: String) throws {
    let recorder = TraceRecorder()
    let tags = try Cnn14(checkpoint)(
      expected("\(name).input").elements, Run(threads: 2, trace: recorder.record))
    if name == "short" {
      try check(recorder("logmel").elements, "short.logmel")
      try check(recorder("bn0").elements, "short.bn0")
      try check(asImage(recorder("conv_block1")), "short.conv_block1")
      try check(asImage(recorder("conv_block2")), "short.conv_block2")
    }
    for block in 3...6 {
      try check(asImage(recorder("conv_block\(block)")), "\(name).conv_block\(block)", 2e-5)
    }
    try check(recorder("pooled").elements, "\(name).pooled", 2e-5)
    try check(tags.embedding, "\(name).embedding", 2e-5)
    try check(tags.probabilities, "\(name).clipwise", 2e-5)
    #expect(tags.course == nil)
  }

  @Test("Events", arguments: ["long", "short"])
  func events(_ name: String) throws {
    let tagger = try Cnn14(checkpoint, pooling: .decisionLevelMax)
    let tags = try tagger(expected("\(name).input").elements, Run(threads: 2))
    let course = try #require(tags.course)
    try check(tags.probabilities, "\(name).events.clipwise", 2e-5)
    try check(course.probabilities.elements, "\(name).segmentwise", 2e-5)
    guard name == "short" else { return }
    let frames = (0..<course.frameCount).flatMap { frame in
      let row = course.step(ofFrame: frame) * tagger.classCount
      return course.probabilities.elements[row..<row + tagger.classCount]
    }
    try check(frames, "short.framewise", 2e-5)
    #expect(course.secondsPerFrame == 0.01)
  }

  @Test("Files without a network, and with another's parts, are refused in one line")
  func refusals() throws {
    let bare = try Checkpoint(path: golden("cnn14/expected.safetensors").path)
    #expect(throws: CheckpointError.self) { try Cnn14(bare) }
    #expect(throws: CheckpointError.self) { try loadTagger(bare) }
    #expect(throws: CheckpointError.self) { try HTSAT(checkpoint) }
    #expect(throws: CheckpointError.self) { try Cnn14(checkpoint, role: .eventDetector) }
    #expect(try Cnn14.recognises(checkpoint) && !HTSAT.recognises(checkpoint))
    do {
      _ = try loadTagger(bare)
    } catch {
      #expect(!error.description.contains("\n") && error.description.contains("Cnn14"))
    }
  }
}

@Suite("A tiny HTS-AT")
struct HTSATGoldenTests {
  private let tagger: HTSAT
  private let expected: Golden

  init() throws {
    tagger = try HTSAT(Checkpoint(path: golden("htsat/model.ckpt").path))
    expected = try Golden(contentsOf: golden("htsat/expected.safetensors"))
  }

  private func check(_ found: [Float], _ name: String) throws {
    let comparison = Comparison(found, try expected(name).elements)
    #expect(comparison.relativeToPeak < 2e-5, "\(name): \(comparison)")
  }

  @Test("Shapes tell all sizes")
  func sizes() {
    #expect(
      tagger.configuration
        == HTSATConfiguration(
          channels: 4, depths: [2, 2, 2], heads: [1, 2, 4], windows: [4, 4, 4], side: 16,
          classes: 5, fftLength: 256, bands: 32))
    // The image holds 128 frames.
    #expect(tagger.sampleRate == 8000 && tagger.clipSamples == 127 * 80)
  }

  @Test("Each box of the figure")
  func boxes() throws {
    let recorder = TraceRecorder()
    let signal = Array(try expected("input").elements.prefix(5000))
    let tags = try tagger(signal, Run(threads: 2, trace: recorder.record))
    for name in expected.names where name.hasPrefix("stretched.") {
      let stage = String(name.dropFirst("stretched.".count))
      switch stage {
      case "steps": try check(try #require(tags.course).probabilities.elements, name)
      case "clipwise": try check(tags.probabilities, name)
      case "latent": try check(tags.embedding, name)
      default: try check(recorder(stage).elements, name)
      }
    }
  }

  @Test(
    "All four ways of fitting a signal into the image",
    arguments: [("stretched", 5000), ("full", 10100), ("repeated", 3000), ("long", 11500)])
  func paths(_ name: String, _ samples: Int) throws {
    var tagger = tagger
    if name == "repeated" { tagger.shortSignals = .repeated }
    let tags = try tagger(Array(expected("input").elements.prefix(samples)), Run(threads: 3))
    try check(tags.probabilities, "\(name).clipwise")
    try check(tags.embedding, "\(name).latent")
    try check(try #require(tags.course).probabilities.elements, "\(name).steps")
  }
}
