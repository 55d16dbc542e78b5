// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An output file that gets its name only when it is complete.
///
/// Until then it is `.NAME.<random>.part` in the same folder; given up, it is removed.
final class PartialFile {
  private enum State {
    case open
    case committed
    case discarded
  }

  let descriptor: Descriptor
  private let target: SoundFilePath
  private let part: SoundFilePath
  private let replacing: Bool
  private var state = State.open

  /// - Parameter replacing: Whether a file of that name may be there and is then replaced.
  init(_ target: SoundFilePath, replacing: Bool) throws(SoundFileError) {
    self.target = target
    self.replacing = replacing
    guard !target.name.isEmpty else {
      throw .cannotWrite(path: target.description, reason: "a file name is missing")
    }
    guard replacing || !Self.exists(target) else { throw .exists(path: target.description) }
    do {
      (part, descriptor) = try Descriptor.createBeside(folder: target.folder, name: target.name)
    } catch { throw .cannotWrite(path: target.description, reason: error.reason) }
  }

  deinit { discard() }

  /// Gives the complete file its name.
  func commit() throws(SoundFileError) {
    precondition(state == .open, "\(target) was finished or given up before")
    do {
      try descriptor.closeChecked()
      if replacing {
        try Self.check(rename(part.terminated, target.terminated))
      } else {
        try nameUnlessTaken()
      }
      state = .committed
    } catch {
      discard()
      if error.code == EEXIST && !replacing { throw .exists(path: target.description) }
      throw .cannotWrite(path: target.description, reason: error.reason)
    }
  }

  /// Removes what was written.
  ///
  /// Does nothing after `commit()`.
  func discard() {
    guard state == .open else { return }
    state = .discarded
    _ = unlink(part.terminated)
  }

  /// Takes `commit()` back, as far as that is possible: a file that was replaced stays replaced.
  func withdraw() {
    if state == .committed && !replacing { _ = unlink(target.terminated) }
  }

  /// Renames without replacing a file that appeared meanwhile: a second link fails if there is one.
  private func nameUnlessTaken() throws(SystemFailure) {
    do {
      try Self.check(link(part.terminated, target.terminated))
      _ = unlink(part.terminated)
    } catch {
      guard error.code != EEXIST else { throw error }
      // Some file systems have no links: there the look and the renaming are two steps.
      if Self.exists(target) { throw SystemFailure(code: EEXIST) }
      try Self.check(rename(part.terminated, target.terminated))
    }
  }

  private static func check(_ status: Int32) throws(SystemFailure) {
    if status != 0 { throw .last }
  }

  private static func exists(_ path: SoundFilePath) -> Bool {
    var status = stat()
    return lstat(path.terminated, &status) == 0
  }
}
