// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What happens while models are fetched.
public enum FetchEvent: Sendable {
  /// A file is to be fetched: the `number`-th of `count`.
  case began(PublishedFile, number: Int, of: Int)
  /// Another process is fetching the same file.
  case waiting(PublishedFile)
  /// So many bytes are here; the total is what the server says, else what is published.
  case progress(bytes: Int, total: Int?)
  /// The transfer failed and is tried again.
  case retrying(reason: String)
}

/// The way of one file from a server into a folder: resumed, verified, and named when complete.
struct Download {
  let file: PublishedFile
  let url: String
  let target: String
  let patience: Patience

  /// Fetches the file, unless another process has by the time it's our turn.
  ///
  /// - Throws: `ModelLibraryError`, and what `observe` throws, which ends the download.
  func callAsFunction(_ observe: (FetchEvent) throws -> Void) throws {
    var hasSaidSo = false
    let held = try PartFile.acquire(target) {
      // The event is the caller's chance to end the wait, so it comes again, as progress.
      try observe(hasSaidSo ? .progress(bytes: 0, total: nil) : .waiting(file))
      hasSaidSo = true
    }
    guard let part = held else { return }
    let isResumed = part.count > 0
    try complete(part, observe)
    var objection = objection(to: part)
    if isResumed && objection != nil {
      // The beginning may have been another file's.
      try part.clear()
      try complete(part, observe)
      objection = self.objection(to: part)
    }
    if let objection {
      part.remove()
      throw objection
    }
    try part.commit()
  }

  /// Fetches what the part lacks, with patience.
  private func complete(_ part: PartFile, _ observe: (FetchEvent) throws -> Void) throws {
    var failures = 0
    let beginning = part.count
    while true {
      let before = part.count
      do {
        return try transfer(into: part, observe)
      } catch let failure as TransferFailure {
        failures = part.count - before > 1 << 20 ? 1 : failures + 1
        let isHopeful =
          failure.outlook == .hopeful || failure.outlook == .asBefore && part.count > beginning
        guard isHopeful, failures <= patience.retries else {
          throw ModelLibraryError.unreachable(
            url: url, detail: failure.detail, kept: part.count > 0 ? part.count : nil)
        }
        try observe(.retrying(reason: failure.detail))
        try pause(patience.retrySeconds * Double(1 << (failures - 1)), part, observe)
      }
    }
  }

  private func pause(
    _ seconds: Double, _ part: PartFile, _ observe: (FetchEvent) throws -> Void
  ) throws {
    var left = seconds
    while left > 0 {
      try observe(.progress(bytes: part.count, total: file.size?.bytes))
      Thread.sleep(forTimeInterval: min(left, 0.1))
      left -= 0.1
    }
  }

  private func transfer(into part: PartFile, _ observe: (FetchEvent) throws -> Void) throws {
    // Without a tag or a digest nothing would tell that the rest belongs to another file.
    if part.count > 0 && part.tag == nil && file.digest == nil { try part.clear() }
    if case .exactly(part.count)? = file.size { return }
    var total = file.size?.bytes
    var isWhole = false
    let transfer = HTTPTransfer(url: url, start: part.count, tag: part.tag, patience: patience)
    try transfer { event in
      switch event {
      case .head(let head):
        total = try accept(head, part) ?? total
        isWhole = head.status == 416
      // What comes with an answer that there is nothing to come.
      case .body where isWhole: break
      case .body(let bytes): try part.append(bytes)
      case .waiting: break
      }
      try observe(.progress(bytes: part.count, total: total.map { max($0, part.count) }))
    }
  }

  /// Looks at an answer before its body; returns the file's size where it says so.
  private func accept(_ head: HTTPHead, _ part: PartFile) throws -> Int? {
    let total: Int?
    switch head.status {
    case 200: total = head.contentLength
    case 206 where head.contentRange?.start == part.count:
      total = head.contentRange?.total ?? head.contentLength.map { $0 + part.count }
    case 416 where head.contentRange?.total == part.count: return part.count
    case 206, 416:
      // The part is longer than the file, or the server sent another piece.
      try part.clear()
      throw TransferFailure(detail: "the server cannot continue the file", outlook: .hopeful)
    case 408, 425, 429, 500...:
      throw TransferFailure(detail: "the server answered \(head.status)", outlook: .hopeful)
    default: throw ModelLibraryError.refused(url: url, status: head.status)
    }
    if head.contentType?.hasPrefix("text/html") == true {
      throw ModelLibraryError.webPage(url: url)
    }
    if case .exactly(let size)? = file.size, let total, total != size {
      throw ModelLibraryError.wrongSize(file: file.name, url: url, expected: size, found: total)
    }
    if head.status == 200 {
      try part.clear()
      part.tag = head.strongTag
    }
    if let missing = total.map({ $0 - part.count }) {
      let room = part.room(for: missing)
      guard room.isEnough else {
        throw ModelLibraryError.cannotWrite(
          path: target,
          reason: "\(ByteCount(missing)) are needed, \(ByteCount(room.free)) are free")
      }
    }
    return total
  }

  /// Why what has come isn't what was published.
  private func objection(to part: PartFile) -> ModelLibraryError? {
    let beginning = String(decoding: part.beginning(256), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if ["<!doctype", "<html", "<?xml", "<head"].contains(where: beginning.hasPrefix) {
      return .webPage(url: url)
    }
    let size = file.size
    if case .exactly(let bytes)? = size, bytes != part.count {
      return .wrongSize(file: file.name, url: url, expected: bytes, found: part.count)
    }
    if part.count == 0 {
      return .wrongSize(file: file.name, url: url, expected: size?.bytes, found: 0)
    }
    guard let expected = file.digest?.lowercased() else { return nil }
    let found = part.digest ?? ""
    return found.hasPrefix(expected)
      ? nil : .wrongDigest(file: file.name, url: url, expected: expected, found: found)
  }
}

/// A number of bytes as people say it.
package struct ByteCount: CustomStringConvertible {
  private let bytes: Int

  package init(_ bytes: Int) { self.bytes = bytes }

  /// With at most three digits: 84 MB, 1.06 GB.
  package var description: String {
    var (value, unit) = (Double(bytes), "B")
    for larger in ["kB", "MB", "GB", "TB"] where value >= 999.5 {
      (value, unit) = (value / 1000, larger)
    }
    if unit == "B" || value >= 99.95 { return "\(Int(value.rounded())) \(unit)" }
    let scale = value >= 9.995 ? 10.0 : 100.0
    let rounded = (value * scale).rounded() / scale
    return (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") + " \(unit)"
  }
}
