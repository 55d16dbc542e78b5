// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of an HTS-AT; all come from the parameters' shapes.
public struct HTSATConfiguration: Codable, Sendable, Hashable {
  /// Channels of the first stage's tokens; each stage has twice those of the one before.
  public var channels: Int
  /// Blocks of each stage.
  public var depths: [Int]
  /// Heads of each stage's attention.
  public var heads: [Int]
  /// Rows, and columns, of the tokens that each stage's attention looks at.
  public var windows: [Int]
  /// Rows, and columns, of the first stage's tokens.
  public var side: Int
  /// Rows, and columns, of the image that become one token.
  public var patch: Int
  /// How many classes it knows.
  public var classes: Int
  /// Points of the Fourier transform.
  public var fftLength: Int
  /// Mel bands of the spectrogram.
  public var bands: Int

  /// A description.
  public init(
    channels: Int, depths: [Int], heads: [Int], windows: [Int], side: Int = 64, patch: Int = 4,
    classes: Int = 527, fftLength: Int = 1024, bands: Int = 64
  ) {
    self.channels = channels
    self.depths = depths
    self.heads = heads
    self.windows = windows
    self.side = side
    self.patch = patch
    self.classes = classes
    self.fftLength = fftLength
    self.bands = bands
  }

  /// The network trained on AudioSet.
  public static let audioSet = HTSATConfiguration(
    channels: 96, depths: [2, 2, 6, 2], heads: [4, 8, 16, 32], windows: [8, 8, 8, 8])

  /// Rows of the image, which has as many columns.
  var imageSide: Int { side * patch }
  /// Pieces of time that lie below each other in the image.
  var chunks: Int { imageSide / bands }
  /// Frames that the image holds.
  var frames: Int { chunks * imageSide }
  /// Rows, and columns, of the last stage's tokens.
  var lastSide: Int { side >> (depths.count - 1) }
  /// Rows of the last stage's tokens that are one piece of time.
  var frequencies: Int { lastSide / chunks }
  /// Steps of time that the network tells apart.
  var steps: Int { chunks * lastSide }
  /// Channels of the last stage's tokens.
  var lastChannels: Int { channels << (depths.count - 1) }

  /// What makes it no network; `nil` where it is one.
  var problem: String? {
    let stages = depths.count
    if stages == 0 || stages > 8 { return "\(stages) stages" }
    guard (1...1024).contains(side), (1...64).contains(patch), (1...65536).contains(channels) else {
      return "\(channels) channels and \(side) rows of tokens of \(patch) pixels"
    }
    if imageSide % bands != 0 { return "\(bands) mel bands in an image of \(imageSide) rows" }
    if side % (1 << (stages - 1)) != 0 || lastSide % chunks != 0 {
      return "\(side) rows of tokens in \(stages) stages and \(chunks) pieces of time"
    }
    for stage in 0..<stages {
      let stageSide = side >> stage
      if windows[stage] < 1 || stageSide % windows[stage] != 0 {
        return "windows of \(windows[stage]) in \(stageSide) rows of tokens"
      }
      if heads[stage] < 1 || (channels << stage) % heads[stage] != 0 {
        return "\(heads[stage]) heads for \(channels << stage) channels"
      }
    }
    return nil
  }
}
