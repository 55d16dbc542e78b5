// SPDX-License-Identifier: Apache-2.0
internal import CKernels
package import Tensors

/// What turns mask logits into masks.
public enum MaskActivation: String, Sendable, Hashable, Codable {
  /// The logits themselves.
  case linear
  /// max(0, x).
  case relu
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// eˣ over its sum across the sources.
  case softmax

  private var kernel: tessera_mask {
    switch self {
    case .linear: tessera_mask_linear
    case .relu: tessera_mask_relu
    case .sigmoid: tessera_mask_sigmoid
    case .softmax: tessera_mask_softmax
    }
  }

  /// Turns logits, rows of `[sources, features]`, into masks, in place.
  package func callAsFunction(_ logits: Rows, sources: Int) {
    defer { extendLifetime(logits) }
    precondition(logits.stride == logits.channels)
    tessera_activate_masks(
      kernel, logits.count, sources, logits.channels / sources, logits.pointer)
  }
}

/// Multiplies each source's masks, rows of `[sources, features]`, by the features, in place.
package func applyMasks(_ masks: Rows, to features: Rows) {
  defer { extendLifetime((masks, features)) }
  precondition(masks.stride == masks.channels && masks.count == features.count)
  tessera_apply_masks(
    masks.count, masks.channels / features.channels, features.channels, features.pointer,
    features.stride, masks.pointer)
}

/// PReLU with one slope for all channels.
package func leaky(_ x: Rows, slope: Float, into y: Rows) {
  defer { extendLifetime((x, y)) }
  precondition(x.channels == y.channels && x.count == y.count)
  tessera_leaky(x.count, x.channels, x.pointer, x.stride, slope, y.pointer, y.stride)
}

/// Adds frames, `hop` elements apart, to a signal; frame 0 begins at element `offset`, and what
/// falls outside the signal is left out.
///
/// Earlier frames are added first, so that a signal in pieces gets the same bits.
package func overlapAdd(_ frames: Rows, hop: Int, offset: Int = 0, into signal: Tensor) {
  defer { extendLifetime((frames, signal)) }
  tessera_overlap_add(
    frames.count, frames.channels, frames.pointer, frames.stride, hop, offset, signal.pointer,
    signal.count)
}
