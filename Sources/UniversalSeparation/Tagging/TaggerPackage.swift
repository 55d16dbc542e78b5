// SPDX-License-Identifier: Apache-2.0
internal import Checkpoints

/// Which of the taggers of a file is meant.
///
/// A training checkpoint of Universal Source Separation has two beside its separator; other files have one.
public enum TaggerRole: String, Sendable, Hashable, CaseIterable {
  /// The one that a file is about: alone in it, or the one that makes the separator's queries.
  case main
  /// The one that finds training's sound events: a Cnn14 of `Cnn14.Pooling.decisionLevelMax`.
  case eventDetector = "event-detector"
}

/// Where a file keeps a tagger's parameters.
struct TaggerPackage {
  /// The parameters, named as the network's constructor names them.
  let weights: Weights
  /// The file.
  let path: String

  /// The parameters of the tagger of that role, by a name that its network has; `nil` where there are
  /// none.
  ///
  /// Understood are training checkpoints (`state_dict`), PANNs' releases (`model`), and the parameters
  /// alone, under the names that they have there.
  init?(_ checkpoint: Checkpoint, role: TaggerRole, sign: String) throws(CheckpointError) {
    guard checkpoint.root.isDictionary else { return nil }
    let root = try checkpoint.weights()
    let homes: [Weights]
    if let state = checkpoint.root["state_dict"], state.isDictionary {
      homes = [try checkpoint.weights(at: "state_dict"), root]
    } else if let model = checkpoint.root["model"], model.isDictionary {
      homes = [try checkpoint.weights(at: "model"), root]
    } else {
      homes = [root]
    }
    let places: [[String]] =
      switch role {
      case .main: [[], ["sed_model"], ["query_net", "base"], ["base"], ["module"]]
      case .eventDetector: [["anchor_segment_detector", "sed_model"]]
      }
    for home in homes {
      for place in places {
        let weights = place.reduce(home) { $0 / $1 }
        guard weights.contains(sign) else { continue }
        self.weights = weights
        path = checkpoint.path
        return
      }
    }
    return nil
  }
}

extension Value {
  fileprivate var isDictionary: Bool { if case .dict = self { true } else { false } }
}
