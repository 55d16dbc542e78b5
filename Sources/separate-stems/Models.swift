// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import CommandSupport
internal import ModelLibrary
internal import Separation

/// `separate-stems models`: what there is to choose from.
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the models that have names, or describe one.",
    subcommands: [List.self, Info.self], defaultSubcommand: List.self)

  /// `models list`.
  struct List: ProgramCommand {
    static let configuration = CommandConfiguration(abstract: "List the models that have names.")

    @OptionGroup var common: CommonOptions

    func run() throws {
      for entry in ModelLibrary.entries {
        let isDefault = entry.name == ModelLibrary.defaultModel
        if common.json {
          try StandardOutput.write(json: [
            "name": .string(entry.name), "summary": .string(entry.summary),
            "licence": .string(entry.licence), "default": .boolean(isDefault),
          ])
        } else {
          let note = isDefault ? " (default)" : ""
          try StandardOutput.write(
            line: "\(entry.name)  \(entry.summary); \(entry.licence)\(note)")
        }
      }
    }
  }

  /// `models info`.
  struct Info: ProgramCommand {
    static let configuration = CommandConfiguration(
      abstract: "Describe a model: a name, or a checkpoint file.")

    @Argument(help: "A name that 'models list' shows, or a checkpoint file.") var model: String
    @OptionGroup var common: CommonOptions

    func run() throws {
      let (file, separator) = try loadModel(model)
      if common.json {
        try StandardOutput.write(json: [
          "name": .string(file.name), "path": .string(file.path),
          "sources": .array(separator.sources.map { .string($0) }),
          "sampleRate": .integer(separator.sampleRate), "channels": .integer(separator.channels),
          "streamingLatencySeconds": latency(separator).map { .number($0) } ?? .null,
        ])
        return
      }
      try StandardOutput.write(line: "name      \(file.name)")
      try StandardOutput.write(line: "file      \(file.path)")
      try StandardOutput.write(line: "sources   \(separator.sources.joined(separator: ", "))")
      try StandardOutput.write(
        line: "audio     \(separator.sampleRate) Hz, \(separator.channels) channel(s)")
      try StandardOutput.write(line: "passage   \(passage(separator))")
    }

    private func latency(_ separator: any Separator) -> Double? {
      guard case .stream(let samples, _) = separator.passage else { return nil }
      return Double(samples) / Double(separator.sampleRate)
    }

    private func passage(_ separator: any Separator) -> String {
      switch separator.passage {
      case .stream(let samples, _):
        let milliseconds = 1000 * Double(samples) / Double(separator.sampleRate)
        return "streams, \(Int(milliseconds.rounded(.up))) ms late"
      case .context: return "segments with context, exact at any length"
      case .overlap: return "whole files, long ones in overlapping segments"
      case .segments(let samples, _), .windows(let samples):
        let seconds = Double(samples) / Double(separator.sampleRate)
        return "overlapping segments of \((10 * seconds).rounded() / 10) s"
      }
    }
  }
}
