// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An output file that gets its name only when it is complete.
///
/// Until then it is `.NAME.<random>.part` in the same folder; given up, it is removed.
package final class PartialFile {
  private enum State {
    case open
    case committed
    case discarded
  }

  /// What the content is written to.
  package let descriptor: Descriptor
  private let target: [UInt8]
  private let folder: [UInt8]
  private let part: [UInt8]
  private let replacing: Bool
  private var state = State.open

  /// Begins the file whose name will have the bytes `target`.
  ///
  /// - Parameter replacing: Whether a file of that name may be there and is then replaced.
  /// - Throws: `EEXIST` where one is there and is not to be replaced.
  package init(_ target: [UInt8], replacing: Bool) throws(SystemFailure) {
    self.target = target
    self.replacing = replacing
    let slash = target.lastIndex(of: UInt8(ascii: "/"))
    let name = target[((slash ?? -1) + 1)...]
    folder = Array(target.prefix(slash.map { $0 + 1 } ?? 0))
    guard !name.isEmpty else { throw SystemFailure(code: EISDIR) }
    guard replacing || !Self.exists(target) else { throw SystemFailure(code: EEXIST) }
    (part, descriptor) = try Descriptor.createBeside(folder: folder, name: name)
  }

  deinit { discard() }

  /// Gives the complete file its name.
  ///
  /// - Parameter isDurable: Whether content and name are on the disk when this returns, so that not even
  ///   a failing machine loses them or leaves half of them.
  /// - Throws: `EEXIST` where the name was taken meanwhile; the file is then given up.
  package func commit(isDurable: Bool = false) throws(SystemFailure) {
    precondition(
      state == .open, "\(String(decoding: target, as: UTF8.self)) was finished or given up before")
    do {
      if isDurable { try descriptor.synchronize() }
      try descriptor.closeChecked()
      if replacing {
        try Self.check(rename(terminated(part), terminated(target)))
      } else {
        try nameUnlessTaken()
      }
      state = .committed
      // Not every file system can do that with a folder.
      if isDurable {
        try? Descriptor.open(folder.isEmpty ? [0x2E] : folder, O_RDONLY).synchronize()
      }
    } catch {
      discard()
      throw error
    }
  }

  /// Removes what was written.
  ///
  /// Does nothing after `commit()`.
  package func discard() {
    guard state == .open else { return }
    state = .discarded
    _ = unlink(terminated(part))
  }

  /// Takes `commit()` back, as far as that is possible: a file that was replaced stays replaced.
  package func withdraw() {
    if state == .committed && !replacing { _ = unlink(terminated(target)) }
  }

  /// Renames without replacing a file that appeared meanwhile: a second link fails if there is one.
  private func nameUnlessTaken() throws(SystemFailure) {
    do {
      try Self.check(link(terminated(part), terminated(target)))
      _ = unlink(terminated(part))
    } catch {
      guard error.code != EEXIST else { throw error }
      // Some file systems have no links: there the look and the renaming are two steps.
      if Self.exists(target) { throw SystemFailure(code: EEXIST) }
      try Self.check(rename(terminated(part), terminated(target)))
    }
  }

  private static func check(_ status: Int32) throws(SystemFailure) {
    if status != 0 { throw .last }
  }

  private static func exists(_ path: [UInt8]) -> Bool {
    var status = stat()
    return lstat(terminated(path), &status) == 0
  }
}
