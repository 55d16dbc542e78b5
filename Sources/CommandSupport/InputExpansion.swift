// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A file to work on.
package struct InputFile: Sendable, Equatable {
  /// Where it is, or `-`.
  package let path: PathBytes
  /// The folder it was found in, relative to the folder the user named; empty for a named file.
  package let folder: PathBytes

  package init(path: PathBytes, folder: PathBytes = PathBytes("")) {
    self.path = path
    self.folder = folder
  }

  /// What its outputs are called: the name without its extension.
  package var track: PathBytes { path.isStandardStream ? PathBytes("stdin") : path.stem }
}

/// What the inputs of a command line stand for: files, folders with files in them, and `-`.
package struct InputExpansion: Sendable {
  /// What to work on, in the order given; within a folder by name.
  package private(set) var files: [InputFile] = []
  /// Inputs that stand for nothing: missing, or folders without a file that fits.
  package private(set) var failures: [Failure] = []

  private let extensions: Set<String>

  /// Expands `inputs`.
  ///
  /// A file that is named is taken as it is. Folders are searched to any depth for names with one
  /// of `extensions` (lower case, without dot); hidden entries are left out, and a folder reached
  /// twice through links is searched once.
  package init(_ inputs: [PathBytes], extensions: Set<String> = InputExpansion.audioExtensions) {
    self.extensions = extensions
    for input in inputs { add(input) }
  }

  /// The extensions of the containers that can be read, some of them through the `ffmpeg` program.
  ///
  /// Videos are taken where they are named, not where they lie in a folder.
  package static let audioExtensions: Set<String> = [
    "aac", "aif", "aifc", "aiff", "ape", "au", "caf", "flac", "m4a", "mka", "mp3", "oga", "ogg",
    "opus",
    "rf64", "snd", "w64", "wav", "wave", "wma", "wv",
  ]

  private mutating func add(_ input: PathBytes) {
    if input.isStandardStream { return files.append(InputFile(path: input)) }
    guard let status = FileStatus(input) else {
      return failures.append(Self.missing(input))
    }
    guard status.isFolder else { return files.append(InputFile(path: input)) }
    let before = (files.count, failures.count)
    var visited: Set<FileStatus.Identity> = []
    search(input, relative: PathBytes(""), visited: &visited)
    if (files.count, failures.count) == before {
      failures.append(Failure(.missingInput, "\(input): no audio files in this folder"))
    }
  }

  private mutating func search(
    _ folder: PathBytes, relative: PathBytes, visited: inout Set<FileStatus.Identity>
  ) {
    guard let status = FileStatus(folder), visited.insert(status.identity).inserted else { return }
    guard let names = Self.names(in: folder) else {
      return failures.append(Self.missing(folder))
    }
    for name in names.sorted() where name.bytes.first != UInt8(ascii: ".") {
      let path = folder.appending(name)
      guard let status = FileStatus(path) else { continue }  // a link to nowhere
      if status.isFolder {
        search(path, relative: relative.appending(name), visited: &visited)
      } else if status.isRegular && extensions.contains(name.lowercasedExtension) {
        files.append(InputFile(path: path, folder: relative))
      }
    }
  }

  private static func names(in folder: PathBytes) -> [PathBytes]? {
    guard let stream = folder.withCString({ opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [PathBytes] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      names.append(PathBytes(bytes: name))
    }
    return names
  }

  private static func missing(_ path: PathBytes) -> Failure {
    let reason = errno == ENOENT ? "no such file or folder" : String(cString: strerror(errno))
    return Failure(.missingInput, "\(path): \(reason)")
  }
}
