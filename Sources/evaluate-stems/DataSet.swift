// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport

/// Recordings whose sources are known, in folders as the public data sets have them.
struct DataSet {
  /// The sound files of a recording's sources and of the recording itself.
  struct Recording {
    /// The part of the data set, such as `test`; empty where there are none.
    let subset: PathBytes
    let name: PathBytes
    /// Each source's files; several are added up.
    let stems: [(name: String, files: [PathBytes])]
    let mixture: PathBytes?
  }

  /// In the order of their parts and names.
  let recordings: [Recording]

  /// What the parts of data sets are called, in musdb's order; DSD100 calls them Dev and Test.
  private static let subsets = ["train", "valid", "validation", "test", "Dev", "Test"]
  /// What the recording itself is called.
  static let mixtureNames: Set = ["mixture", "mix"]
  /// Sums of other sources, which some sets hold as files.
  private static let sumNames: Set = ["accompaniment", "linear_mixture"]

  /// Lists the data set in `root`.
  ///
  /// - Parameter subset: the part that is wanted; nil for all.
  /// - Throws: `Failure` where there is none.
  init(_ root: PathBytes, subset: String?) throws(Failure) {
    guard root.isFolder else {
      throw Failure(.missingInput, "\(root): no such folder")
    }
    let parts = Self.subsets.filter { root.appending($0).isFolder }
    var recordings: [Recording] = []
    if parts.isEmpty {
      guard subset == nil else {
        throw Failure(.usage, "\(root): has no parts such as train and test; leave --subset out")
      }
      recordings = Self.recordings(in: root, subset: PathBytes(""))
    } else {
      for part in parts where subset == nil || part.lowercased() == subset {
        recordings += Self.recordings(in: root.appending(part), subset: PathBytes(part))
      }
    }
    guard !recordings.isEmpty else {
      throw Failure(
        .missingInput,
        "\(root): holds no recordings; expected folders TRACK, or train/TRACK and test/TRACK, with a "
          + "file for each source")
    }
    self.recordings = recordings
  }

  private static func recordings(in folder: PathBytes, subset: PathBytes) -> [Recording] {
    (folder.entries ?? []).compactMap { name in
      let sounds = sounds(in: folder.appending(name))
      let stems = sounds.filter { !mixtureNames.contains($0.name) && !sumNames.contains($0.name) }
      guard !stems.isEmpty else { return nil }
      return Recording(
        subset: subset, name: name, stems: stems.map { ($0.name, [$0.path]) },
        mixture: sounds.first { mixtureNames.contains($0.name) }?.path)
    }
  }

  /// The sound files in `folder` by name; of several with one name, WAV comes first.
  static func sounds(in folder: PathBytes) -> [(name: String, path: PathBytes)] {
    var sounds: [(name: String, path: PathBytes)] = []
    for file in folder.entries ?? []
    where InputExpansion.audioExtensions.contains(file.lowercasedExtension) {
      let name = EscapedBytes.encode(file.stem.bytes)
      if let index = sounds.firstIndex(where: { $0.name == name }) {
        if file.lowercasedExtension == "wav" { sounds[index].path = folder.appending(file) }
      } else {
        sounds.append((name, folder.appending(file)))
      }
    }
    return sounds
  }
}
