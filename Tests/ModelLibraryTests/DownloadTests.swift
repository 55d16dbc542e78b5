// SPDX-License-Identifier: Apache-2.0
import Foundation
import ModelLibrary
import TestSupport
import Testing

@Suite("Downloads") struct DownloadTests {
  private let workshop: ModelWorkshop
  private let content = ModelWorkshop.content(100_003)
  private let digest: String

  init() throws {
    workshop = try ModelWorkshop()
    digest = try ModelWorkshop.digest(content)
  }

  @Test("a file arrives as it is, with nothing beside it, and progress up to its size")
  func plain() throws {
    let content = content
    let server = try LoopbackServer { .init(file: content, tag: "\"v1\"", for: $0) }
    let library = workshop.library()
    let model = workshop.model(server.url("a"), size: .exactly(content.count), digest: digest)
    #expect(!library.isHere(model))
    var last = 0
    try library.fetch(model) { event in
      if case .progress(let bytes, let total) = event {
        #expect(bytes >= last && total == content.count)
        last = bytes
      }
    }
    #expect(last == content.count)
    #expect(workshop.files == ["tiny.th"] && workshop.bytes() == content)
    #expect(library.isHere(model))
    // Once is enough.
    try library.fetch(model) { _ in Issue.record("nothing should happen") }
    #expect(server.requests.count == 1)
    #expect(try library.remove(model).count == 1)
    #expect(try library.remove(model).isEmpty)
    #expect(workshop.files.isEmpty)
  }

  @Test(
    "a transfer that is cut goes on where it was, within a run and in the next",
    arguments: [nil, "\"v1\""])
  func resumed(tag: String?) throws {
    let content = content
    let server = try LoopbackServer { request in
      var response = LoopbackServer.Response(file: content, tag: tag, for: request)
      response.cutAfter = 30_000
      return response
    }
    let model = workshop.model(server.url(), digest: digest)
    let once = workshop.library { $0.retries = 0 }
    let error = libraryError { try once.fetch(model) { _ in } }
    guard case .unreachable(_, _, let kept) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(kept == 30_000 && !workshop.files.contains("tiny.th"))
    try workshop.library().fetch(model) { _ in }
    #expect(workshop.bytes() == content && workshop.files == ["tiny.th"])
    #expect(server.requests.map(\.start) == [0, 30_000, 60_000, 90_000])
    #expect(server.requests.last?.headers["if-range"] == tag)
  }

  @Test("what nothing identifies is fetched anew, as is what has changed meanwhile")
  func restarted() throws {
    let (content, other) = (content, ModelWorkshop.content(80_000, seed: 2))
    let turns = Counter()
    let server = try LoopbackServer { request in
      // The first answer is cut, the second is another file.
      let turn = turns.next()
      let isTagged = request.target == "/tagged"
      var response = LoopbackServer.Response(
        file: turn == 1 ? content : other, tag: isTagged ? "\"v\(turn)\"" : nil, for: request)
      if turn == 1 { response.cutAfter = 30_000 }
      return response
    }
    for path in ["tagged", "untagged"] {
      turns.reset()
      let model = workshop.model(server.url(path))
      try workshop.library().fetch(model) { _ in }
      #expect(workshop.bytes() == other)
      _ = try workshop.library().remove(model)
    }
  }

  @Test("a beginning that belongs to another file is dropped, and the file fetched whole")
  func foreignBeginning() throws {
    let content = content
    let server = try LoopbackServer { .init(file: content, for: $0) }
    try FileManager.default.createDirectory(
      at: workshop.folder.appendingPathComponent("models"), withIntermediateDirectories: true)
    let part = workshop.folder.appendingPathComponent("models/tiny.th.part")
    for rest in [ModelWorkshop.content(500, seed: 9), ModelWorkshop.content(200_000, seed: 9)] {
      try Data(rest).write(to: part)
      let model = workshop.model(server.url(), digest: digest)
      try workshop.library().fetch(model) { _ in }
      #expect(workshop.bytes() == content && workshop.files == ["tiny.th"])
      _ = try workshop.library().remove(model)
    }
  }

  @Test("a part that is the whole file, or whose server has lost its mind meanwhile")
  func complete() throws {
    let content = content
    let isLost = Counter()
    let server = try LoopbackServer { request in
      isLost.count > 0
        ? .init(headers: ["Content-Type": "text/html"], body: Array("<html>".utf8))
        : .init(file: content, for: request)
    }
    try FileManager.default.createDirectory(
      at: workshop.folder.appendingPathComponent("models"), withIntermediateDirectories: true)
    let part = workshop.folder.appendingPathComponent("models/tiny.th.part")
    let model = workshop.model(server.url(), digest: digest)
    try Data(content).write(to: part)
    try workshop.library().fetch(model) { _ in }
    #expect(workshop.bytes() == content && server.requests.count == 1)
    _ = try workshop.library().remove(model)
    // A web page where the rest should be costs nothing of what has come.
    try Data(content[..<50_000]).write(to: part)
    _ = isLost.next()
    #expect(
      libraryError { try workshop.library().fetch(model) { _ in } }
        == .webPage(url: server.url()))
    #expect(workshop.bytes("tiny.th.part") == Array(content[..<50_000]))
    isLost.reset()
    try workshop.library().fetch(model) { _ in }
    #expect(workshop.bytes() == content && server.requests.last?.start == 50_000)
  }

  @Test("a file that isn't the published one is refused and not kept")
  func wrongContent() throws {
    let (content, other) = (content, ModelWorkshop.content(100_003, seed: 3))
    let server = try LoopbackServer { .init(file: other, for: $0) }
    let library = workshop.library()
    let wrongDigest = libraryError {
      try library.fetch(workshop.model(server.url(), digest: digest)) { _ in }
    }
    #expect(
      wrongDigest
        == .wrongDigest(
          file: "tiny.th", url: server.url(), expected: digest,
          found: try ModelWorkshop.digest(other)))
    #expect(workshop.files.isEmpty)
    // The beginning of a digest, as file names have it, does too.
    let beginning = String(try ModelWorkshop.digest(other).prefix(8))
    try library.fetch(workshop.model(server.url(), digest: beginning.uppercased())) { _ in }
    #expect(workshop.files == ["tiny.th"])
    _ = try library.remove(workshop.model(""))

    let wrongSize = libraryError {
      try library.fetch(workshop.model(server.url(), size: .exactly(content.count + 1))) { _ in }
    }
    #expect(
      wrongSize
        == .wrongSize(
          file: "tiny.th", url: server.url(), expected: content.count + 1, found: content.count))
    #expect(workshop.files.isEmpty)
  }

  @Test("an empty file is no model")
  func empty() throws {
    let server = try LoopbackServer { _ in .init(200) }
    let error = libraryError { try workshop.library().fetch(workshop.model(server.url())) { _ in } }
    guard case .wrongSize(_, _, nil, 0) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(workshop.files.isEmpty)
  }

  @Test("a web page in the model's place is called one", arguments: [true, false])
  func webPage(isLabelled: Bool) throws {
    let page = Array("\n <!DOCTYPE html><html><body>Please log in</body></html>".utf8)
    let server = try LoopbackServer { _ in
      .init(headers: isLabelled ? ["Content-Type": "text/html; charset=utf-8"] : [:], body: page)
    }
    let error = libraryError { try workshop.library().fetch(workshop.model(server.url())) { _ in } }
    #expect(error == .webPage(url: server.url()))
    #expect(workshop.files.isEmpty)
  }

  @Test("what a server refuses is told with its status", arguments: [401, 403, 404, 410])
  func refused(status: Int) throws {
    let server = try LoopbackServer { _ in .init(status, body: Array("<html>No</html>".utf8)) }
    let error = libraryError { try workshop.library().fetch(workshop.model(server.url())) { _ in } }
    #expect(error == .refused(url: server.url(), status: status))
    #expect(workshop.files.isEmpty && server.requests.count == 1)
  }

  @Test("a server that is busy is asked again", arguments: [429, 500, 503])
  func busy(status: Int) throws {
    let content = content
    let turns = Counter()
    let server = try LoopbackServer { request in
      let turn = turns.next()
      return turn < 3 ? .init(status) : .init(file: content, for: request)
    }
    var retries = 0
    try workshop.library().fetch(workshop.model(server.url(), digest: digest)) { event in
      if case .retrying(let reason) = event {
        #expect(reason.contains("\(status)"))
        retries += 1
      }
    }
    #expect(retries == 2 && workshop.bytes() == content)
  }

  @Test("redirects are followed, up to a point")
  func redirects() throws {
    let content = content
    let server = try LoopbackServer { request in
      switch request.target {
      case "/a": .init(302, headers: ["Location": "/b"], body: Array("<html>moved</html>".utf8))
      case "/b": .init(307, headers: ["Location": "/c", "ETag": "\"not the file's\""])
      case "/round": .init(302, headers: ["Location": "/round"])
      default: .init(file: content, for: request)
      }
    }
    try workshop.library().fetch(workshop.model(server.url("a"), digest: digest)) { _ in }
    #expect(workshop.bytes() == content)
    _ = try workshop.library().remove(workshop.model(""))
    let error = libraryError {
      try workshop.library().fetch(workshop.model(server.url("round"))) { _ in }
    }
    guard case .unreachable(_, let detail, nil) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(detail.contains("redirects") && workshop.files.isEmpty)
  }

  @Test("a server that stalls is left, with what it gave kept; a slow one is waited for")
  func stalled() throws {
    let content = content
    let server = try LoopbackServer { request in
      var response = LoopbackServer.Response(file: content, for: request)
      if request.target == "/slow" { response.pause = 0.2 } else { response.stallAfter = 20_000 }
      return response
    }
    let library = workshop.library {
      $0.stallSeconds = 1
      $0.retries = 0
    }
    let error = libraryError {
      try library.fetch(workshop.model(server.url("stalls"), digest: digest)) { _ in }
    }
    guard case .unreachable(_, _, let kept) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(kept == 20_000 && workshop.files == ["tiny.th.part"])
    try library.fetch(workshop.model(server.url("slow"), digest: digest)) { _ in }
    #expect(workshop.bytes() == content)
  }

  @Test("nobody listening is told in a line that names the address")
  func nobody() throws {
    let server = try LoopbackServer { _ in .init() }
    server.stop()
    let library = workshop.library { $0.retries = 1 }
    let error = libraryError { try library.fetch(workshop.model(server.url("x"))) { _ in } }
    guard case .unreachable(let url, _, nil) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(url == server.url("x") && error?.description.contains("\n") == false)
    #expect(workshop.files.isEmpty)
  }

  @Test("whoever listens to the progress can end the download, and what has come is kept")
  func ended() throws {
    struct Enough: Error {}
    let content = content
    let server = try LoopbackServer { request in
      var response = LoopbackServer.Response(file: content, tag: "\"v1\"", for: request)
      response.pause = 0.01
      return response
    }
    let model = workshop.model(server.url(), digest: digest)
    #expect(throws: Enough.self) {
      try workshop.library().fetch(model) { event in
        if case .progress(40_000..., _) = event { throw Enough() }
      }
    }
    #expect(workshop.files == ["tiny.th.part", "tiny.th.part.etag"])
    try workshop.library().fetch(model) { _ in }
    #expect(workshop.bytes() == content && workshop.files == ["tiny.th"])
    #expect((server.requests.last?.start ?? 0) >= 40_000)
  }

  @Test("of two who want the same file, one fetches it and the other waits")
  func twoAtOnce() throws {
    let content = content
    let waits = Counter()
    let server = try LoopbackServer { request in
      // The first is kept until the second is there.
      for _ in 0..<500 where waits.count == 0 { usleep(20_000) }
      return LoopbackServer.Response(file: content, for: request)
    }
    let (workshop, digest) = (workshop, digest)
    let done = DispatchGroup()
    for _ in 0..<2 {
      done.enter()
      Thread.detachNewThread {
        let error = libraryError {
          try workshop.library().fetch(workshop.model(server.url(), digest: digest)) { event in
            if case .waiting = event { _ = waits.next() }
          }
        }
        #expect(error == nil)
        done.leave()
      }
    }
    done.wait()
    #expect(server.requests.count == 1 && waits.count == 1)
    #expect(workshop.bytes() == content && workshop.files == ["tiny.th"])
  }

  @Test("a mirror is asked for the names that files have here")
  func mirror() throws {
    let content = content
    let server = try LoopbackServer { .init(file: content, for: $0) }
    let model = workshop.model("https://publisher.invalid/x.th?y=1", digest: digest)
    for mirror in [server.url("models"), server.url("models/")] {
      let library = workshop.library(mirror: mirror)
      #expect(library.url(of: model.files[0]) == server.url("models/tiny.th"))
      try library.fetch(model) { _ in }
      #expect(server.requests.last?.target == "/models/tiny.th")
      _ = try library.remove(model)
    }
  }

  @Test("a folder that can't be written is named")
  func unwritable() throws {
    let file = workshop.folder.appendingPathComponent("file")
    try Data().write(to: file)
    let library = workshop.library(in: file.appendingPathComponent("models"))
    let error = libraryError { try library.fetch(workshop.model("http://127.0.0.1:1/")) { _ in } }
    guard case .cannotWrite(let path, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.contains("file/models"))
  }
}
