// SPDX-License-Identifier: Apache-2.0
internal import COneDNN
internal import Tensors

/// What the convolutions of this room share: weights in oneDNN's layouts, the plans made for the
/// sizes seen so far, and the cutting of one call into blocks that threads can share.
///
/// Nothing here is recoverable: shapes are the caller's duty, and a oneDNN that can't run a
/// convolution at all can't run a model. Failures end the process with oneDNN's reason.
///
/// SAFETY: `@unchecked Sendable`. The C object behind `handle` locks its own changes, its weights
/// are never written after packing, and each execution has its own scratch memory.
final class PackedConvolution: @unchecked Sendable {
  /// Which of oneDNN's axes is the one that is cut.
  enum Form {
    /// `[H, W, C]`, cut along H.
    case image
    /// `[T, C]`, cut along T, which oneDNN gets as the width of an image of height 1: it blocks its
    /// kernels along the width.
    case signal
  }

  let inChannels: Int
  let outChannels: Int
  /// The axis that is cut into blocks: H, or T.
  let long: ConvolutionAxis
  /// The axis that is taken whole: W, or a signal's axis of length 1.
  let across: ConvolutionAxis
  private let form: Form
  private let addsResidual: Bool
  private let workPerOutput: Int
  private let handle: OpaquePointer

  /// Packs `weight`, `[out, in / groups, long kernel, across kernel]` in row-major order, and `bias`,
  /// `[out]`.
  init(
    weight: Tensor, bias: Tensor?, inChannels: Int, outChannels: Int, groups: Int = 1, form: Form,
    long: ConvolutionAxis, across: ConvolutionAxis = .trivial,
    activation: Convolution2D.Activation, residual: Convolution2D.Residual = .none
  ) {
    defer { extendLifetime((weight, bias)) }
    precondition(
      weight.count == outChannels * (inChannels / groups) * long.kernel * across.kernel,
      "\(weight.count) weights")
    precondition(
      bias.map { $0.shape == [outChannels] } ?? true,
      "a bias [\(outChannels)], not \(bias?.shape ?? [])")
    self.inChannels = inChannels
    self.outChannels = outChannels
    self.long = long
    self.across = across
    self.form = form
    addsResidual = residual != .none
    workPerOutput = 2 * inChannels / groups * long.kernel * across.kernel

    let (vertical, horizontal) = form == .image ? (long, across) : (across, long)
    var description = tessera_convolution_description(
      in_channels: Int64(inChannels), out_channels: Int64(outChannels), groups: Int64(groups),
      kernel_height: Int64(vertical.kernel), kernel_width: Int64(horizontal.kernel),
      stride_height: Int64(vertical.stride), stride_width: Int64(horizontal.stride),
      dilation_height: Int64(vertical.dilation), dilation_width: Int64(horizontal.dilation),
      activation: activation.code, slope: activation.slope, residual: residual.code)
    // oneDNN wants one layout for all but tiny sizes; these stand for "not tiny".
    let (rows, columns) = form == .image ? (64, 64) : (1024, 1)
    var expected = form.extent(
      long.piece(0..<rows, of: rows * long.stride + long.dilation * long.kernel),
      across, acrossLength: columns * across.stride + across.dilation * (across.kernel - 1))
    var handle: OpaquePointer?
    check(
      tessera_convolution_create(&description, weight.pointer, bias?.pointer, &expected, &handle))
    guard let handle else { fatalError("oneDNN gave no convolution") }
    self.handle = handle
  }

  deinit { tessera_convolution_destroy(handle) }

  /// Computes the part `rows` of the output's long axis.
  ///
  /// `source` is the whole input, of `longLength` by `acrossLength`; `residual` and `destination`
  /// begin at the first of `rows`.
  func run(
    _ rows: Range<Int>, source: UnsafePointer<Float>, longLength: Int, acrossLength: Int = 1,
    residual: UnsafePointer<Float>? = nil, destination: UnsafeMutablePointer<Float>, arena: Arena,
    parallel: Parallel
  ) {
    precondition(addsResidual == (residual != nil), "a residual to add, or none, as the layer says")
    let rowOutputs = across.outputLength(acrossLength)
    let rowElements = rowOutputs * outChannels
    guard rowElements > 0, !rows.isEmpty else { return }
    let blocks = blockCount(rows: rows.count, outputsPerRow: rowOutputs)
    parallel.forEach(blocks) { index, _ in
      let first = rows.count * index / blocks
      let end = rows.count * (index + 1) / blocks
      let piece = long.piece(rows.lowerBound + first..<rows.lowerBound + end, of: longLength)
      execute(
        form.extent(piece, across, acrossLength: acrossLength),
        source: source + piece.input.lowerBound * acrossLength * inChannels,
        residual: residual.map { $0 + first * rowElements },
        destination: destination + first * rowElements, arena: arena)
    }
  }

  /// Follows from the sizes alone, so that results don't depend on the number of threads: enough
  /// blocks for the threads to end together, each big enough to pay for its call and for reading the
  /// weights again.
  private func blockCount(rows: Int, outputsPerRow: Int) -> Int {
    let outputs = rows * outputsPerRow
    let byWork = outputs * outChannels * workPerOutput / 16_000_000
    let most = min(byWork, outputs / 256, rows, 64)
    return most >= 8 ? most / 8 * 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1
  }

  private func execute(
    _ extent: tessera_convolution_extent, source: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, destination: UnsafeMutablePointer<Float>, arena: Arena
  ) {
    var extent = extent
    var plan: OpaquePointer?
    check(tessera_convolution_borrow(handle, &extent, &plan))
    guard let plan else { fatalError("oneDNN gave no plan") }
    defer {
      tessera_convolution_return(handle, plan)
      extendLifetime(self)
    }
    let floats = tessera_convolution_plan_scratch_bytes(plan) / MemoryLayout<Float>.stride + 1
    let scratch = arena.tensor(floats)
    defer { extendLifetime(scratch) }
    check(tessera_convolution_execute(plan, source, residual, destination, scratch.pointer))
  }
}

extension PackedConvolution.Form {
  /// One thread each: the blocks are what runs side by side.
  fileprivate func extent(
    _ piece: ConvolutionAxis.Piece, _ across: ConvolutionAxis, acrossLength: Int
  ) -> tessera_convolution_extent {
    let long = Int64(piece.input.count)
    let (before, after) = (Int64(piece.before), Int64(piece.after))
    switch self {
    case .image:
      return tessera_convolution_extent(
        batch: 1, height: long, width: Int64(acrossLength), top: before, bottom: after,
        left: Int64(across.before), right: Int64(across.after), threads: 1)
    case .signal:
      return tessera_convolution_extent(
        batch: 1, height: 1, width: long, top: 0, bottom: 0, left: before, right: after, threads: 1)
    }
  }
}

extension Convolution2D.Activation {
  fileprivate var code: tessera_activation {
    switch self {
    case .none: tessera_activation_none
    case .relu: tessera_activation_relu
    case .leakyReLU: tessera_activation_leaky_relu
    case .elu: tessera_activation_elu
    case .gelu: tessera_activation_gelu
    }
  }

  fileprivate var slope: Float {
    if case .leakyReLU(let slope) = self { slope } else { 0 }
  }
}

extension Convolution2D.Residual {
  fileprivate var code: tessera_residual {
    switch self {
    case .none: tessera_residual_none
    case .beforeActivation: tessera_residual_before_activation
    case .afterActivation: tessera_residual_after_activation
    }
  }
}

private func check(_ status: tessera_onednn_status) {
  guard status != tessera_onednn_ok else { return }
  fatalError(String(cString: tessera_onednn_message()))
}
