// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// What a server says before the body.
struct HTTPHead {
  var status = 0
  var contentLength: Int?
  /// The first byte of a part of the body, and how many bytes the whole has.
  var contentRange: (start: Int?, total: Int?)?
  /// What identifies exactly these bytes of the body.
  var strongTag: String?
  var contentType: String?

  /// Takes a header line.
  mutating func add(_ line: String) {
    // Of redirects, only the last answer counts.
    if line.hasPrefix("HTTP/") {
      self = HTTPHead()
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    switch line[..<colon].lowercased() {
    case "content-length": contentLength = Int(value)
    case "content-type": contentType = value.lowercased()
    case "etag": strongTag = value.hasPrefix("\"") ? String(value) : nil
    case "content-range":
      // bytes 5-9/10, bytes */10, bytes 5-9/*
      let parts = value.split(separator: " ").last?.split(separator: "/") ?? []
      guard parts.count == 2 else { return }
      contentRange = (parts[0].split(separator: "-").first.flatMap { Int($0) }, Int(parts[1]))
    default: break
    }
  }
}

/// How long a server may keep us waiting.
package struct Patience: Sendable {
  /// Seconds until a connection stands.
  package var connectSeconds = 30
  /// Seconds in which less than a kilobyte a second arrives.
  package var stallSeconds = 60
  /// How often a transfer that failed is tried again.
  package var retries = 4
  /// Seconds before the first of these tries; each waits twice as long as the one before.
  package var retrySeconds = 1.0

  package init() {}
}

/// A transfer that failed on the way.
struct TransferFailure: Error {
  /// Whether the next try may go better.
  enum Outlook {
    case hopeless
    /// As good as before: there is a network at all, if something has come already.
    case asBefore
    case hopeful
  }

  let detail: String
  let outlook: Outlook
}

/// What happens during a transfer.
enum HTTPEvent {
  /// The last answer's head, once, before the body.
  case head(HTTPHead)
  /// The body's next bytes.
  case body(UnsafeRawBufferPointer)
  /// Nothing, for a second at most.
  case waiting
}

/// One GET over HTTP, by libcurl, which also takes proxies from the environment.
struct HTTPTransfer {
  let url: String
  /// The first byte wanted.
  var start = 0
  /// Whether `start` holds only while the body still has this tag.
  var tag: String?
  let patience: Patience

  /// Runs the transfer.
  ///
  /// - Throws: `TransferFailure`, and what `observe` throws, which ends the transfer.
  func callAsFunction(_ observe: (HTTPEvent) throws -> Void) throws {
    _ = Self.initialised
    guard let handle = curl_easy_init() else {
      throw TransferFailure(detail: "libcurl does not start", outlook: .hopeless)
    }
    defer { curl_easy_cleanup(handle) }
    let headers = headers()
    defer { curl_slist_free_all(headers) }
    var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let code = try withoutActuallyEscaping(observe) { observe in
      let receiver = Receiver(observe)
      let code = reason.withUnsafeMutableBufferPointer { reason in
        configure(
          handle, Unmanaged.passUnretained(receiver).toOpaque(), headers, reason.baseAddress)
        return curl_easy_perform(handle)
      }
      if let failure = receiver.failure { throw failure }
      // An answer without a body hasn't been announced.
      if code == CURLE_OK { try receiver.announce() }
      return code
    }
    guard code == CURLE_OK else {
      let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      let detail =
        bytes.isEmpty
        ? String(cString: curl_easy_strerror(code)) : String(decoding: bytes, as: UTF8.self)
      throw TransferFailure(detail: detail, outlook: Self.outlook(code))
    }
  }

  private static let initialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  private static func outlook(_ code: CURLcode) -> TransferFailure.Outlook {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .asBefore
    case CURLE_OPERATION_TIMEDOUT, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
      CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      .hopeful
    // Addresses, certificates, redirects without end.
    default: .hopeless
    }
  }

  private func headers() -> UnsafeMutablePointer<curl_slist>? {
    guard start > 0, let tag else { return nil }
    return curl_slist_append(nil, "If-Range: \(tag)")
  }

  private func configure(
    _ handle: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer,
    _ headers: UnsafeMutablePointer<curl_slist>?, _ reason: UnsafeMutablePointer<CChar>?
  ) {
    _ = curl_set_pointer(handle, CURLOPT_ERRORBUFFER, reason)
    _ = curl_set_text(handle, CURLOPT_URL, url)
    _ = curl_set_protocols(handle, url.lowercased().hasPrefix("https:") ? 1 : 0)
    _ = curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 1)
    _ = curl_set_number(handle, CURLOPT_MAXREDIRS, 10)
    _ = curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    _ = curl_set_number(handle, CURLOPT_CONNECTTIMEOUT, patience.connectSeconds)
    _ = curl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1000)
    _ = curl_set_number(handle, CURLOPT_LOW_SPEED_TIME, patience.stallSeconds)
    _ = curl_set_text(handle, CURLOPT_USERAGENT, "tessera")
    if start > 0 { _ = curl_set_text(handle, CURLOPT_RANGE, "\(start)-") }
    if let headers { _ = curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers) }

    _ = curl_set_data_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Receiver.from(context)?.header(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }
    _ = curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    _ = curl_set_data_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Receiver.from(context)?.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }
    _ = curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    _ = curl_set_progress_function(handle) { context, _, _, _, _ in
      Receiver.from(context)?.wait() ?? 1
    }
    _ = curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
    _ = curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
  }
}

/// What libcurl calls back, and the error that ended the transfer.
private final class Receiver {
  private let observe: (HTTPEvent) throws -> Void
  private var head = HTTPHead()
  private var isAnnounced = false
  private(set) var failure: (any Error)?

  init(_ observe: @escaping (HTTPEvent) throws -> Void) { self.observe = observe }

  static func from(_ context: UnsafeMutableRawPointer?) -> Receiver? {
    context.map { Unmanaged<Receiver>.fromOpaque($0).takeUnretainedValue() }
  }

  func announce() throws {
    if isAnnounced { return }
    isAnnounced = true
    try observe(.head(head))
  }

  /// Fewer bytes than came end the transfer.
  func header(_ line: UnsafeRawBufferPointer) -> Int {
    let text = String(decoding: line, as: UTF8.self)
    head.add(String(text.prefix { !$0.isNewline }))
    return line.count
  }

  func body(_ bytes: UnsafeRawBufferPointer) -> Int {
    attempt {
      try announce()
      try observe(.body(bytes))
    } ? bytes.count : 0
  }

  /// What isn't 0 ends the transfer.
  func wait() -> Int32 { attempt { try observe(.waiting) } ? 0 : 1 }

  private func attempt(_ work: () throws -> Void) -> Bool {
    do {
      try work()
      return true
    } catch {
      failure = error
      return false
    }
  }
}
