// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import ModelLibrary
import Testing

@Suite("JSON lines")
struct CommandSupportJSONTests {
  @Test("Keys keep their order, and numbers read back to the same value")
  func orderAndNumbers() {
    let value: JSONValue = [
      "z": 1, "a": 0.1, "big": .number(1e300), "nothing": nil, "yes": true, "list": [1, "two"],
      "tiny": .number(.leastNonzeroMagnitude),
    ]
    #expect(
      value.line
        == #"{"z":1,"a":0.1,"big":1e+300,"nothing":null,"yes":true,"list":[1,"two"],"tiny":5e-324}"#
    )
  }

  @Test("What is not a number becomes null", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(_ number: Double) { #expect(JSONValue.number(number).line == "null") }

  @Test("Every string reads back through another JSON reader, and stays on one line")
  func strings() throws {
    var hard = "\"\\/\u{85}\u{2028}\u{2029}é漢🎵\u{10FFFF}"
    for value in UInt8(0)..<0x80 { hard.unicodeScalars.append(Unicode.Scalar(value)) }
    let line = JSONValue.array([.string(hard)]).line
    #expect(line.allSatisfy { !$0.isNewline })
    let back = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String]
    #expect(back == [hard])
  }
}

@Suite("Messages")
struct CommandSupportMessageTests {
  @Test("Text from outside can neither break the line nor drive the terminal")
  func controls() {
    #expect(Printable.oneLine("a\nb\tc") == "a b c")
    #expect(Printable.oneLine("\u{1B}]0;x\u{7}\u{9B}") == "\u{FFFD}]0;x\u{FFFD}\u{FFFD}")
    #expect(Printable.oneLine("plain – é") == "plain – é")
  }

  @Test("An error nobody translated is an internal fault")
  func unknownError() {
    struct Unknown: Error {}
    #expect(Failure(describing: Unknown()).status == .internalFault)
    let failure = Failure(.badData, "x")
    #expect(Failure(describing: failure) == failure)
  }
}

@Suite("Progress")
struct CommandSupportProgressTests {
  private func display(_ style: ProgressDisplay.Style, total: Double? = 200) -> ProgressDisplay {
    ProgressDisplay(style: style, program: "p", track: "song", total: total)
  }

  @Test("Lines come every 5 %, with speed and time left")
  func lines() {
    var display = display(.lines(quietSeconds: 0))
    var lines: [String] = []
    for step in 0...200 {
      let text = display.update(
        done: Double(step), elapsed: Double(step) / 4, columns: 80)
      if !text.isEmpty { lines.append(text) }
    }
    #expect(lines.count == 20)
    #expect(lines.first == "p: song: 5 %, 4.0× real time, 0:48 left\n")
    #expect(lines.last == "p: song: 100 %, 4.0× real time, 0:00 left\n")
  }

  @Test("Lines nobody asked for wait until the work is long")
  func quietLines() {
    var display = display(.lines(quietSeconds: 3))
    #expect(display.update(done: 100, elapsed: 2.9, columns: 80).isEmpty)
    #expect(display.update(done: 101, elapsed: 3, columns: 80).hasPrefix("p: song: 50 %"))
  }

  @Test("An unknown length shows how far the work has come")
  func unknownTotal() {
    var display = display(.lines(quietSeconds: 0), total: nil)
    #expect(
      display.update(done: 3725, elapsed: 10, columns: 80)
        == "p: song: 1:02:05 done, 372.5× real time\n")
    #expect(display.update(done: 3726, elapsed: 14, columns: 80).isEmpty)
  }

  @Test("Bytes are counted as such, and what was there before is nobody's speed")
  func bytes() {
    var display = ProgressDisplay(
      style: .lines(quietSeconds: 0), program: "p", track: "model", total: 90e6, unit: .bytes)
    #expect(display.update(done: 40e6, elapsed: 0, columns: 80) == "p: model: 44 %\n")
    display.set(total: 100e6)
    #expect(
      display.update(done: 60e6, elapsed: 10, columns: 80)
        == "p: model: 60 %, 2 MB/s, 0:20 left\n")
    #expect(
      [0, 999, 1000, 83_968_912, 1_063_000_000, 2_594_000_000].map { "\(ByteCount($0))" }
        == ["0 B", "999 B", "1 kB", "84 MB", "1.06 GB", "2.59 GB"])
  }

  @Test("JSON lines name the event, and the last one always comes")
  func json() throws {
    var display = display(.json)
    let first = display.update(done: 50, elapsed: 1, columns: 80)
    #expect(
      first == #"{"event":"progress","track":"song","done":50.0,"total":200.0,"seconds":1.0}"#
        + "\n"
    )
    #expect(display.update(done: 60, elapsed: 1.05, columns: 80).isEmpty)
    #expect(display.update(done: 200, elapsed: 1.06, columns: 80).contains("200.0"))
  }

  @Test("The bar never wraps, whatever the terminal and the name", arguments: [20, 40, 80, 200])
  func barWidth(_ columns: Int) {
    for track in ["song", String(repeating: "long ", count: 60), "漢字漢字漢字漢字漢字漢字漢字"] {
      var display = ProgressDisplay(
        style: .bar, program: "p", track: track, total: 200)
      let drawn = display.update(done: 77, elapsed: 9, columns: columns)
      let visible = drawn.dropFirst().replacing("\u{1B}[K", with: "")
      let wide = visible.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 1 : 2) }
      #expect(wide < columns && visible.contains("38 %"), "\(drawn)")
    }
  }

  @Test("The bar redraws at most ten times a second, never goes back, and is cleared")
  func barRedraws() {
    var display = display(.bar)
    #expect(display.erase().isEmpty)
    #expect(display.update(done: 100, elapsed: 1, columns: 80).contains("50 %"))
    #expect(display.update(done: 110, elapsed: 1.05, columns: 80).isEmpty)
    #expect(display.update(done: 10, elapsed: 1.2, columns: 80).contains("55 %"))
    #expect(display.erase() == "\r\u{1B}[K")
    #expect(display.update(done: 10, elapsed: 1.21, columns: 80).contains("55 %"))
  }
}

@Suite("Processors")
struct CommandSupportProcessorTests {
  @Test("At least one processor, at most those of the machine")
  func available() {
    #expect((1...max(1, ProcessInfo.processInfo.processorCount)).contains(ProcessorCount.available))
  }

  @Test("The tightest quota on the way to the root binds")
  func version2() {
    let files = [
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/cpu.max": "400000 100000\n",
    ]
    #expect(ProcessorCount.quota(groups: "0::/a/b\n") { files[$0] } == 2)
    #expect(ProcessorCount.quota(groups: "0::/\n") { files[$0] } == 4)
    #expect(ProcessorCount.quota(groups: "0::/other\n") { _ in nil } == nil)
  }

  @Test("Version 1 control groups are understood, and no limit is none")
  func version1() {
    let groups = "5:memory:/x\n4:cpu,cpuacct:/x\n"
    let files = [
      "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ]
    #expect(ProcessorCount.quota(groups: groups) { files[$0] } == 1)
    #expect(ProcessorCount.quota(groups: "4:cpu:/\n") { files[$0] } == nil)
  }
}
