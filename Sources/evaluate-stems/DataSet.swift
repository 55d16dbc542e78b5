// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport

/// Recordings whose sources are known, in folders as the public data sets have them.
struct DataSet {
  /// The sound files of a recording's sources and of the recording itself.
  struct Recording {
    /// The part of the data set, such as `test`; empty where there are none.
    let subset: PathBytes
    let name: PathBytes
    /// Each source's sounds; several are added up.
    let stems: [(name: String, sounds: [SoundLocation])]
    let mixture: SoundLocation?
    /// Where a file may be that estimates its only stem.
    ///
    /// Below the estimates, without its ending; none where estimates are in a folder of the recording's
    /// name.
    var estimatePaths: [PathBytes] = []
  }

  /// In the order of their parts and names.
  let recordings: [Recording]

  /// What the parts of data sets are called, in musdb's order; DSD100 calls them Dev and Test.
  private static let subsets = ["train", "valid", "validation", "test", "Dev", "Test"]
  /// What the recording itself is called.
  static let mixtureNames: Set = ["mixture", "mix"]
  /// Sums of other sources, which some sets hold as files.
  private static let sumNames: Set = ["accompaniment", "linear_mixture"]
  /// MUSDB18's files, and the order of the sounds in them.
  private static let stemsExtension = Array(".stem.mp4".utf8)
  private static let streamNames = ["drums", "bass", "other", "vocals"]

  /// Lists the data set in `root`.
  ///
  /// - Parameter subset: the part that is wanted; nil for all.
  /// - Throws: `Failure` where there is none.
  init(_ root: PathBytes, subset: String?) throws(Failure) {
    guard root.isFolder else {
      throw Failure(.missingInput, "\(root): no such folder")
    }
    // DSD100 keeps sources and mixtures apart.
    let isDSD100 = root.appending("Sources").isFolder && root.appending("Mixtures").isFolder
    let sources = isDSD100 ? root.appending("Sources") : root
    let parts = Self.subsets.filter { sources.appending($0).isFolder }
    var recordings = Self.noisySpeech(in: root, subset: subset)
    if !recordings.isEmpty {
      self.recordings = recordings
      return
    }
    if parts.isEmpty {
      guard subset == nil else {
        throw Failure(.usage, "\(root): has no parts such as train and test; leave --subset out")
      }
      recordings = Self.recordings(in: sources, subset: PathBytes(""))
    } else {
      for part in parts where subset == nil || part.lowercased().hasPrefix(subset ?? "") {
        let mixtures = isDSD100 ? root.appending("Mixtures").appending(part) : nil
        recordings += Self.recordings(
          in: sources.appending(part), subset: PathBytes(part), mixtures: mixtures)
      }
    }
    guard !recordings.isEmpty else {
      throw Failure(
        .missingInput,
        "\(root): holds no recordings; expected folders TRACK, or train/TRACK and test/TRACK, with a "
          + "file for each source, or TRACK.stem.mp4, or folders CLASS with NAME.target.wav and "
          + "NAME.mixture.wav, or clean_testset_wav and noisy_testset_wav")
    }
    self.recordings = recordings
  }

  private static func recordings(
    in folder: PathBytes, subset: PathBytes, mixtures: PathBytes? = nil
  ) -> [Recording] {
    (folder.entries ?? []).flatMap { entry -> [Recording] in
      let path = folder.appending(entry)
      if entry.bytes.suffix(stemsExtension.count) == stemsExtension[...] {
        return [recording(ofStreamsIn: path, subset: subset)]
      }
      let sounds = sounds(in: path)
      let clips = clips(sounds, ofClass: entry, subset: subset)
      if !clips.isEmpty { return clips }
      var stems = sounds.filter { !mixtureNames.contains($0.name) && !sumNames.contains($0.name) }
        .map { (name: $0.name, sounds: [SoundLocation(path: $0.path)]) }
      if stems.isEmpty { stems = multitrackStems(in: path) }
      guard !stems.isEmpty else { return [] }
      let mixture =
        sounds.first { mixtureNames.contains($0.name) }
        ?? mixtures.flatMap { self.sounds(in: $0.appending(entry)).first }
      return [
        Recording(
          subset: subset, name: entry, stems: stems,
          mixture: mixture.map { SoundLocation(path: $0.path) })
      ]
    }
  }

  /// Sounds of a class and mixtures with them, two files each in one folder: NAME.target.wav, or
  /// NAME,source.wav as universal source separation writes them, and the same with `mixture`.
  private static func clips(
    _ sounds: [(name: String, path: PathBytes)], ofClass folder: PathBytes, subset: PathBytes
  ) -> [Recording] {
    let paths = Dictionary(sounds.map { ($0.name, $0.path) }) { first, _ in first }
    let name = EscapedBytes.encode(folder.bytes)
    return sounds.compactMap { sound in
      for (target, mixture) in [(".target", ".mixture"), (",source", ",mixture")]
      where sound.name.hasSuffix(target) && sound.name.count > target.count {
        let clip = String(sound.name.dropLast(target.count))
        func path(_ ending: String) -> PathBytes {
          folder.appending(PathBytes(bytes: EscapedBytes.decode(clip + ending)))
        }
        return Recording(
          subset: subset.appending(folder), name: path("").lastComponent,
          stems: [(name, [SoundLocation(path: sound.path)])],
          mixture: paths[clip + mixture].map { SoundLocation(path: $0) },
          estimatePaths: ["", ".estimate"].flatMap { [subset.appending(path($0)), path($0)] })
      }
      return nil
    }
  }

  /// VoiceBank-DEMAND: speech below `clean_PART`, and under the same name in noise below `noisy_PART`.
  private static func noisySpeech(in root: PathBytes, subset: String?) -> [Recording] {
    (root.entries ?? []).flatMap { entry -> [Recording] in
      let clean = Array("clean_".utf8)
      let part = PathBytes(bytes: Array(entry.bytes.dropFirst(clean.count)))
      let noisy = root.appending(PathBytes(bytes: Array("noisy_".utf8) + part.bytes))
      guard entry.bytes.starts(with: clean), noisy.isFolder,
        part.description.lowercased().hasPrefix(subset ?? "")
      else { return [] }
      let mixtures = Dictionary(sounds(in: noisy).map { ($0.name, $0.path) }) { first, _ in first }
      return sounds(in: root.appending(entry)).map { sound in
        let name = PathBytes(bytes: EscapedBytes.decode(sound.name))
        return Recording(
          subset: part, name: name,
          stems: [("speech", [SoundLocation(path: sound.path)])],
          mixture: mixtures[sound.name].map { SoundLocation(path: $0) },
          estimatePaths: [part.appending(name), name])
      }
    }
  }

  /// A file of MUSDB18: the mixture and its sources as streams, known by their order alone.
  private static func recording(ofStreamsIn path: PathBytes, subset: PathBytes) -> Recording {
    let name = path.lastComponent.bytes.dropLast(stemsExtension.count)
    return Recording(
      subset: subset, name: PathBytes(bytes: Array(name)),
      stems: streamNames.enumerated().map { index, name in
        (name, [SoundLocation(path: path, stream: index + 1)])
      }, mixture: SoundLocation(path: path, stream: 0))
  }

  /// MoisesDB: a folder for each stem, whose files are added up, beside a `data.json`.
  private static func multitrackStems(
    in folder: PathBytes
  ) -> [(name: String, sounds: [SoundLocation])] {
    guard folder.appending("data.json").exists else { return [] }
    var stems: [(name: String, sounds: [SoundLocation])] = []
    for entry in folder.entries ?? [] {
      let files = sounds(in: folder.appending(entry)).map { SoundLocation(path: $0.path) }
      guard !files.isEmpty else { continue }
      let own = EscapedBytes.encode(entry.bytes)
      // The four stems that models are trained for.
      let name = ["vocals", "bass", "drums"].contains(own) ? own : "other"
      if let index = stems.firstIndex(where: { $0.name == name }) {
        stems[index].sounds += files
      } else {
        stems.append((name, files))
      }
    }
    return stems
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

/// Where a sound is: a file, or one of several streams in it.
struct SoundLocation {
  let path: PathBytes
  /// The stream of sound that is meant, counted from 0; nil where the file is one sound.
  var stream: Int? = nil
}
