// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Synchronization

/// A server for HTTP on this machine that answers as a test wants it to.
///
/// One connection a request; it serves until it is let go of.
public final class LoopbackServer: Sendable {
  /// What a client asked.
  public struct Request: Sendable {
    /// The path, or the whole URL where the client takes this server for a proxy.
    public let target: String
    /// The headers, names in lower case.
    public let headers: [String: String]

    /// The first byte asked for: 0, or what a Range header says.
    public var start: Int {
      let range = headers["range"]?.dropFirst("bytes=".count)
      return range?.split(separator: "-").first.flatMap { Int($0) } ?? 0
    }
  }

  /// What the client gets.
  public struct Response: Sendable {
    /// The status code.
    public var status = 200
    /// The headers; the body's length is added where it isn't there.
    public var headers: [String: String] = [:]
    /// The body.
    public var body: [UInt8] = []
    /// The connection ends after so many bytes of the body.
    public var cutAfter: Int?
    /// After so many bytes of the body nothing comes any more.
    public var stallAfter: Int?
    /// Seconds between pieces of 10 kB.
    public var pause = 0.0

    /// An answer with a body.
    public init(_ status: Int = 200, headers: [String: String] = [:], body: [UInt8] = []) {
      self.status = status
      self.headers = headers
      self.body = body
    }

    /// A file as web servers hand it out: in full, or from where the client wants to go on as long as
    /// it is still the file that the client knows.
    public init(file: [UInt8], tag: String? = nil, for request: Request) {
      let start = request.start
      let isKnown = request.headers["if-range"].map { $0 == tag } ?? true
      if let tag { headers["ETag"] = tag }
      if start >= file.count && isKnown && start > 0 {
        status = 416
        headers["Content-Range"] = "bytes */\(file.count)"
        body = Array("There is no more.".utf8)
      } else if start > 0 && isKnown {
        status = 206
        headers["Content-Range"] = "bytes \(start)-\(file.count - 1)/\(file.count)"
        body = Array(file[start...])
      } else {
        body = file
      }
    }
  }

  private struct State {
    var requests: [Request] = []
    var isClosed = false
  }

  /// Where it listens.
  public let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let respond: @Sendable (Request) -> Response

  /// Starts a server.
  public init(_ respond: @escaping @Sendable (Request) -> Response) throws {
    self.respond = respond
    #if canImport(Glibc)
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 16) == 0
          && getsockname(listener, address, &size) == 0
      }
    }
    guard status else { throw CocoaError(.featureUnsupported) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self, !self.state.withLock({ $0.isClosed }) else {
          if client >= 0 { close(client) }
          close(listener)
          return
        }
        Thread.detachNewThread {
          self.serve(client)
          close(client)
        }
      }
    }
  }

  deinit { stop() }

  /// Ends the server.
  public func stop() {
    state.withLock { $0.isClosed = true }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// The URL of a path.
  public func url(_ path: String = "") -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// What was asked so far.
  public var requests: [Request] { state.withLock { $0.requests } }

  private func serve(_ client: Int32) {
    guard let request = read(client) else { return }
    state.withLock { $0.requests.append(request) }
    let response = respond(request)
    var head = "HTTP/1.1 \(response.status) Tested\r\nConnection: close\r\n"
    var headers = response.headers
    if headers["Content-Length"] == nil { headers["Content-Length"] = "\(response.body.count)" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    guard send(Array((head + "\r\n").utf8), to: client) else { return }
    let limit = min(response.cutAfter ?? .max, response.stallAfter ?? .max, response.body.count)
    for start in stride(from: 0, to: limit, by: 10_000) {
      guard send(Array(response.body[start..<min(limit, start + 10_000)]), to: client) else {
        return
      }
      if response.pause > 0 { Thread.sleep(forTimeInterval: response.pause) }
    }
    guard response.stallAfter != nil else { return }
    // Until the client gives up.
    var byte: UInt8 = 0
    _ = recv(client, &byte, 1, 0)
  }

  private func read(_ client: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(
        line[line.index(after: colon)...].drop { $0 == " " })
    }
    return Request(target: String(words[1]), headers: headers)
  }

  private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      #if canImport(Glibc)
        let flags = Int32(MSG_NOSIGNAL)
      #else
        let flags: Int32 = 0
      #endif
      let count = bytes[done...].withUnsafeBytes {
        Foundation.send(client, $0.baseAddress, $0.count, flags)
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
