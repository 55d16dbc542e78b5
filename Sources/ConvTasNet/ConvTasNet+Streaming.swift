// SPDX-License-Identifier: Apache-2.0
internal import NeuralLayers
public import Tensors

extension ConvTasNet {
  /// Whether the network can be fed piece by piece with exactly the numbers of the whole signal:
  /// no output depends on later frames, and no norm on other frames.
  public var isStreamable: Bool {
    configuration.isCausal && configuration.hasFrameNorms && configuration.padding == 0
  }

  /// Samples that must have arrived behind a sample before it is delivered.
  public var streamLatencySamples: Int { configuration.filterLength - 1 }

  /// What a stream remembers between steps: held by the caller, one for each stream.
  public struct State: ~Copyable {
    // Samples of the frames still to come, [.., A].
    fileprivate var input: [Float] = []
    fileprivate var samplesIn = 0
    fileprivate var samplesOut = 0
    fileprivate var histories: [History]
    // For each source the part of its last frames that later frames still add to, [L − hop, A].
    fileprivate var tails: [[Float]]
    fileprivate let arena: Arena

    /// Rows of a block's widened signal, of which the last ones are still needed.
    fileprivate struct History {
      var rows: Tensor
      var count = 0
    }
  }

  /// The state of a stream of which nothing has come yet.
  public func makeState() -> State {
    precondition(isStreamable, "this network needs the whole signal")
    let arena = Arena()
    let histories = blocks.map { block in
      // Twice the history: it is moved to the front only now and then.
      State.History(
        rows: arena.tensor(
          2 * block.convolve.rowsBefore + Self.framesAtATime, configuration.hiddenChannels))
    }
    let tail = (configuration.filterLength - configuration.hopLength) * configuration.audioChannels
    return State(
      histories: histories,
      tails: configuration.sources.map { _ in [Float](repeating: 0, count: tail) }, arena: arena)
  }

  private static let framesAtATime = 2 * Run.tileRows

  /// Takes the next samples, interleaved `[.., A]`, and returns for each source the samples,
  /// interleaved, that are complete by now.
  ///
  /// The same bits come out however the signal is cut.
  public func step(_ samples: [Float], _ state: inout State, _ run: Run) -> [[Float]] {
    let channels = configuration.audioChannels
    precondition(samples.count % channels == 0, "\(samples.count) samples of \(channels) channels")
    state.input += samples
    state.samplesIn += samples.count / channels
    var delivered = configuration.sources.map { _ in [Float]() }
    var consumed = 0
    while true {
      let available = state.input.count / channels - consumed
      guard available >= configuration.filterLength else { break }
      let frames = min(
        (available - configuration.filterLength) / configuration.hopLength + 1, Self.framesAtATime)
      advance(frames, from: consumed, &state, &delivered, run)
      consumed += frames * configuration.hopLength
    }
    state.input.removeFirst(consumed * channels)
    return delivered
  }

  /// Ends a stream: returns the samples that are still owed, so that as many have come out as went
  /// in.
  public func finish(_ state: inout State, _ run: Run) -> [[Float]] {
    let channels = configuration.audioChannels
    var delivered = configuration.sources.map { _ in [Float]() }
    guard state.samplesIn > 0 else { return delivered }
    if state.samplesOut == 0 {
      // Shorter than one filter: one frame, filled up with zeros.
      let missing = configuration.filterLength * channels - state.input.count
      state.input += [Float](repeating: 0, count: missing)
      advance(1, from: 0, &state, &delivered, run)
    }
    let owed = (state.samplesIn - state.samplesOut) * channels
    for source in delivered.indices {
      delivered[source] += state.tails[source]
      let extra = owed - state.tails[source].count
      if extra > 0 {
        // Samples that fill no frame come out as zeros, as in the references.
        delivered[source] += [Float](repeating: 0, count: extra)
      } else {
        delivered[source].removeLast(-extra)
      }
    }
    return delivered
  }

  /// Passes some frames, the first at sample `start` of the state's input, through the network.
  private func advance(
    _ frames: Int, from start: Int, _ state: inout State, _ delivered: inout [[Float]], _ run: Run
  ) {
    let channels = configuration.audioChannels
    let length = (frames - 1) * configuration.hopLength + configuration.filterLength
    let framed = state.arena.tensor(length, channels)
    state.input.withUnsafeBufferPointer { input in
      guard let base = input.baseAddress else { return }
      framed.pointer.update(from: base + start * channels, count: length * channels)
    }

    let run = Run(threads: run.parallel.threads, arena: state.arena)
    var stream = bottlenecked(framed, frames: frames, run)
    for (index, block) in blocks.enumerated() {
      state.histories[index].makeRoom(for: frames, keeping: block.convolve.rowsBefore)
      let history = state.histories[index]
      block(&stream, hidden: history.rows, history: history.count, run: run)
      state.histories[index].count += frames
    }
    let decoded = masked(framed, stream, run)

    let complete = frames * configuration.hopLength
    for source in delivered.indices {
      let signal = run.arena.tensor(length, channels)
      signal.pointer.update(repeating: 0, count: signal.count)
      state.tails[source].withUnsafeBufferPointer { tail in
        guard let base = tail.baseAddress else { return }
        signal.pointer.update(from: base, count: tail.count)
      }
      overlapAdd(
        decoded.rows(0..<frames).columns(source * decoder.columns..<(source + 1) * decoder.columns),
        hop: configuration.hopLength * channels, into: signal)
      let elements = signal.elements
      delivered[source] += elements[..<(complete * channels)]
      state.tails[source] = Array(elements[(complete * channels)...])
    }
    state.samplesOut += complete
  }
}

extension ConvTasNet.State.History {
  fileprivate mutating func makeRoom(for frames: Int, keeping needed: Int) {
    defer { extendLifetime(rows) }
    guard count + frames > rows.shape[0] else { return }
    let kept = min(count, needed)
    let channels = rows.shape[1]
    rows.pointer.update(
      from: rows.pointer + (count - kept) * channels, count: kept * channels)
    count = kept
  }
}
