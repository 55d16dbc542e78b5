// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import COneDNN
internal import Foundation
internal import Tensors

/// Prints how near the kernels come to what the machine can do.
@main
struct KernelBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel-benchmark",
    abstract: "Measures the neural layers against sgemm and memory copy, in turns.",
    discussion: """
      A share is the median, over the turns, of the work's rate over its ceiling's. Ceilings: \
      oneDNN's sgemm of order 2048, and a copy of 256 MiB, both with the same number of threads. \
      Bytes are those read and written, for the copy too.
      """)

  @Option(help: "How many threads to use.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Run only the work whose name or size contains this.")
  var filter: String?

  @Option(help: "How many turns to take.")
  var turns = 9

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    guard threads > 0, turns > 0 else {
      throw ValidationError("--threads and --turns must be at least 1.")
    }
  }

  func run() throws {
    let parallel = Parallel(threads: threads)
    let chosen = (Work.all + Work.kernels).filter { work in
      filter.map { "\(work.name) \(work.size)".localizedCaseInsensitiveContains($0) } ?? true
    }
    let ceilings = Ceilings(parallel)
    if !json {
      print("\(processorName()), oneDNN \(oneDNNVersion), threads: \(threads)")
      print(line(["work", "size", "rate", "ceiling", "", "share"]))
    }
    var measurements: [Measurement] = []
    for work in chosen {
      let measurement = Measurement(work, ceilings: ceilings, parallel: parallel, turns: turns)
      measurements.append(measurement)
      if !json { print(line(measurement.columns)) }
    }
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let report = Report(
      processor: processorName(), oneDNN: oneDNNVersion, threads: threads, turns: turns,
      measurements: measurements)
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }
}

private struct Report: Encodable {
  let processor: String
  let oneDNN: String
  let threads: Int
  let turns: Int
  let measurements: [Measurement]
}

extension Measurement {
  fileprivate var columns: [String] {
    [
      work, size, String(format: "%.1f", rate), String(format: "%.1f", ceiling), unit,
      String(format: "%.0f %%", 100 * share),
    ]
  }
}

/// Two columns of text, then numbers, which end below each other.
private func line(_ columns: [String]) -> String {
  let widths = [26, 24, -8, -8, 8, -6]
  return zip(columns, widths).map { text, width in
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
  }.joined(separator: " ")
}

private var oneDNNVersion: String { String(cString: tessera_onednn_version()) }

private func processorName() -> String {
  let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let named = lines.split(separator: "\n").first { $0.hasPrefix("model name") }
  return named?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    ?? "processor without a name"
}
