// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// Converts a signal's sample rate as it arrives, in blocks of any size.
///
/// The result doesn't depend on how the signal is cut into blocks, not in a single bit. A copy
/// goes its own way from where the original was. Half a filter of frames is held back: 7 input
/// frames for torchaudio's kernel, 26 for julius's, more when the rate goes down. The filter takes
/// at most 51 · max(old, new) floats of memory for rates in lowest terms.
public struct Resampler: Sendable {
  /// The rate of what comes in, in hertz.
  public let inputRate: Int
  /// The rate of what goes out, in hertz.
  public let outputRate: Int
  /// How many channels there are.
  public let channels: Int
  /// The filter's shape.
  public let kernel: ResamplingKernel

  /// Nil where the rates are equal: then samples pass as they are.
  private let filter: PolyphaseFilter?
  /// For each channel, the frames still needed, from `historyStart` on.
  private var history: [[Float]]
  /// The frame, counted from `lead` frames before the first, where the history begins.
  private var historyStart = 0
  private var framesIn = 0
  private var framesOut = 0
  private var isFinished = false

  /// Makes a resampler that has seen nothing.
  ///
  /// - Parameters:
  ///   - inputRate: The rate of what comes in, in hertz (> 0).
  ///   - outputRate: The rate of what goes out, in hertz (> 0).
  ///   - channels: How many channels there are (> 0).
  ///   - kernel: The filter's shape.
  public init(from inputRate: Int, to outputRate: Int, channels: Int, kernel: ResamplingKernel) {
    precondition(channels > 0, "\(channels) channels")
    self.inputRate = inputRate
    self.outputRate = outputRate
    self.channels = channels
    self.kernel = kernel
    filter =
      inputRate == outputRate
      ? nil
      : PolyphaseFilter(kernel, from: inputRate, to: outputRate)
    history = Array(repeating: [], count: channels)
  }

  /// A whole signal `[frames, channels]`, converted in one go.
  ///
  /// - Parameters:
  ///   - block: The signal.
  ///   - inputRate: Its rate in hertz.
  ///   - outputRate: The wanted rate in hertz.
  ///   - kernel: The filter's shape.
  ///   - frames: The wanted length in frames; nil for the kernel's rule.
  public static func resample(
    _ block: AudioBlock, from inputRate: Int, to outputRate: Int, kernel: ResamplingKernel,
    frames: Int? = nil
  ) -> AudioBlock {
    var resampler = Resampler(
      from: inputRate, to: outputRate, channels: block.channels, kernel: kernel)
    var result = resampler.push(block)
    result.samples += resampler.finish(frames: frames).samples
    if let frames, result.frames > frames {
      result.samples.removeLast((result.frames - frames) * block.channels)
    }
    return result
  }

  /// Takes the signal's next block and returns what is complete; that may be no frame at all.
  public mutating func push(_ block: AudioBlock) -> AudioBlock {
    precondition(!isFinished, "the signal has ended")
    precondition(
      block.channels == channels, "a block of \(block.channels) channels, expected \(channels)")
    guard block.frames > 0 else { return block }
    guard let filter else {
      framesIn += block.frames
      framesOut += block.frames
      return block
    }
    for channel in 0..<channels {
      if framesIn == 0 {
        let before = kernel.edge == .replicate ? block.samples[channel] : 0
        history[channel] = [Float](repeating: before, count: filter.lead)
      }
      history[channel].reserveCapacity(history[channel].count + block.frames)
      for index in stride(from: channel, to: block.samples.count, by: channels) {
        history[channel].append(block.samples[index])
      }
    }
    framesIn += block.frames
    return produce(filter, upTo: .max)
  }

  /// Ends the signal and returns what was held back.
  ///
  /// - Parameter frames: How long the whole output shall be: frames beyond it are left out here,
  ///   missing ones are silence. Nil for the kernel's rule. What `push` returned can't be taken
  ///   back, so a limit shorter than that is the caller's to apply.
  public mutating func finish(frames: Int? = nil) -> AudioBlock {
    precondition(!isFinished, "the signal has ended")
    isFinished = true
    // A fixed length may need the frame that rounding down leaves out.
    var rule = kernel
    if frames != nil { rule.length = .ceiling }
    let natural = rule.frameCount(framesIn, from: inputRate, to: outputRate)
    var tail = AudioBlock(channels: channels, samples: [])
    if let filter, framesIn > 0 {
      let count = filter.reach(ofPhase: filter.new - 1) + filter.old
      for channel in 0..<channels {
        let after = kernel.edge == .replicate ? history[channel].last ?? 0 : 0
        history[channel] += [Float](repeating: after, count: count)
      }
      tail = produce(filter, upTo: min(natural, frames ?? natural))
    }
    if let frames, framesOut < frames {
      tail.samples += [Float](repeating: 0, count: (frames - framesOut) * channels)
    }
    return tail
  }

  /// Computes the outputs whose input is there, and forgets the input nobody needs any more.
  private mutating func produce(_ filter: PolyphaseFilter, upTo end: Int) -> AudioBlock {
    let available = historyStart + (history.first?.count ?? 0)
    let count = max(0, min(end, filter.outputs(within: available)) - framesOut)
    let (group, phase) = framesOut.quotientAndRemainder(dividingBy: filter.new)
    let offset = group * filter.old - historyStart
    let samples = [Float](unsafeUninitializedCapacity: count * channels) { output, initialized in
      if let output = output.baseAddress, count > 0 {
        for channel in 0..<channels {
          history[channel].withUnsafeBufferPointer { input in
            guard let input = input.baseAddress else { return }
            tessera_resample(
              input + offset, filter.taps, filter.starts, filter.tapCount, filter.new, filter.old,
              phase, count, output + channel, channels)
          }
        }
      }
      initialized = count * channels
    }
    framesOut += count
    // The next output's group is the first that is needed; what is before it goes.
    let needed = framesOut / filter.new * filter.old
    let surplus = min(needed - historyStart, history.first?.count ?? 0)
    if surplus > 0 {
      for channel in 0..<channels { history[channel].removeFirst(surplus) }
      historyStart += surplus
    }
    return AudioBlock(channels: channels, samples: samples)
  }
}

extension PolyphaseFilter {
  /// How many outputs in all can be computed from `frames` frames, the lead among them.
  fileprivate func outputs(within frames: Int) -> Int {
    // Whole groups whose last phase is reached, then single phases of the next groups.
    let last = reach(ofPhase: new - 1)
    var group = frames < last ? 0 : (frames - last) / old + 1
    var count = group * new
    var phase = 0
    while group * old + reach(ofPhase: phase) <= frames {
      count += 1
      phase += 1
      if phase == new { (phase, group) = (0, group + 1) }
    }
    return count
  }
}
