// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport
internal import SoundFiles
internal import Tensors
internal import TokenFiles
internal import WavTokenizer

/// A recording's way to tokens, block by block: memory doesn't grow with its length but by the tokens.
struct EncodingPass {
  let codec: Codec
  let threads: Int
  /// Whether tokens are wanted as soon as they can be had.
  var isLive = false
  /// Hears how many seconds are done.
  var progress: (Double) -> Void = { _ in }

  /// The tokens of a source at the codec's rate, handed on as they come.
  ///
  /// - Returns: how many samples there were.
  func callAsFunction(
    _ source: any AudioSource, deliver: ([WavTokenizer.EncodedToken]) throws -> Void
  ) throws -> Int {
    let network = codec.network
    let run = Run(threads: threads)
    let rate = codec.identity.sampleRate
    var state = network.makeEncoderState()
    var samples = 0
    while let block = try source.read(frames: isLive ? codec.identity.hopLength : 2 * rate) {
      try Interruption.check()
      samples += block.frames
      try deliver(try network.encode(block.samples, state: &state, run: run))
      progress(Double(samples) / Double(rate))
    }
    guard samples > 0 else { throw Failure(.badData, "there is no sound in it") }
    try deliver(try network.finishEncoding(state: &state, run: run))
    try Interruption.check()
    return samples
  }

  /// A whole recording as a record.
  func record(
    _ source: any AudioSource, id: String, withMargins: Bool = false
  ) throws -> TokenRecord {
    var record = TokenRecord(id: id, tokens: [], codec: codec.identity)
    if withMargins { record.margins = [] }
    record.samples = try self(source) { tokens in
      record.tokens += tokens.map(\.id)
      record.margins? += tokens.map(\.margin)
    }
    return record
  }
}
