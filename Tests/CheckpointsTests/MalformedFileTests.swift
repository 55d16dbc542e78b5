// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Damaged files")
struct MalformedFileTests {
  /// Opens the file and reads every tensor in it; true where that works, false for a typed error.
  ///
  /// Anything else ends the process.
  private func exercise(_ bytes: [UInt8]) -> Bool {
    do throws(CheckpointError) {
      var work = [try Checkpoint(bytes: bytes).root]
      // A damaged file may refer to one object from many places.
      var budget = 10_000
      while let value = work.popLast(), budget > 0 {
        budget -= 1
        switch value {
        case .tensor(let tensor):
          do throws(CheckpointError) { _ = try tensor.read(key: "") } catch .notFinite {}
        case .list(let items), .tuple(let items): work += items
        case .dict(let entries): work += entries.map(\.value)
        case .opaque(_, let arguments, let state):
          work += arguments
          if let state { work.append(state) }
        default: break
        }
      }
      return true
    } catch {
      return false
    }
  }

  static let files = ["zip.pt", "legacy.pt", "lightning.ckpt", "protocol4.pt", "plain.safetensors"]

  @Test("are refused when cut short anywhere", arguments: files)
  func truncation(name: String) throws {
    let whole = try GoldenFiles.bytes(name)
    #expect(exercise(whole))
    // At every byte of the small files; a prime step meets all kinds of places in the others.
    for count in stride(from: 0, to: whole.count, by: whole.count < 2500 ? 1 : 7) {
      #expect(!exercise(Array(whole[..<count])), "cut at \(count)")
    }
  }

  @Test("with flipped bits give an error or a value", arguments: files)
  func flippedBits(name: String) throws {
    let whole = try GoldenFiles.bytes(name)
    var random = SplitMix(state: 7)
    var opened = 0
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0...Int.random(in: 0...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] ^=
          1 << UInt8.random(in: 0...7, using: &random)
      }
      if exercise(bytes) { opened += 1 }
    }
    #expect((1..<400).contains(opened))
  }

  @Test("that became shorter since they were opened are an error at the tensor that is gone")
  func shrunk() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("a.safetensors")
    try Data(try GoldenFiles.bytes("plain.safetensors")).write(to: url)
    let weights = try Checkpoint(path: url.path).weights()
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: 64)
    try handle.close()
    #expect(throws: CheckpointError.self) { try weights.tensor("float32", 3, 4) }
  }

  @Test("are read when sound, in both forms of zip")
  func soundArchives() throws {
    var builder = ZipBuilder(pickle: [0x80, 2, 0x4E, 0x2E])
    #expect(exercise(builder.bytes()))
    builder.isZip64 = true
    #expect(exercise(builder.bytes()))
  }

  @Test("are refused when the zip directory lies")
  func lyingArchives() throws {
    let pickle =
      Pickle.proto() + Pickle.tensor(Pickle.storage(count: 4), shape: [4], strides: [1])
      + Pickle.stop
    let sound = ZipBuilder(pickle: pickle, storages: [("0", [UInt8](repeating: 0, count: 16))])
    #expect(exercise(sound.bytes()))
    func refused(_ spoil: (inout ZipBuilder) -> Void) -> Bool {
      var builder = sound
      spoil(&builder)
      return !exercise(builder.bytes())
    }
    #expect(refused { $0.entries[0].method = 8 })
    #expect(refused { $0.entries[1].method = 8 })
    #expect(refused { $0.entries[1].flags = 1 })
    #expect(refused { $0.entries.append($0.entries[0]) })
    #expect(refused { $0.entries.append(.init(name: "other/data.pkl", data: [])) })
    #expect(refused { $0.entries.append(.init(name: "archive/constants.pkl", data: [])) })
    #expect(
      refused { $0.entries.append(.init(name: "archive/byteorder", data: Array("big".utf8))) })
    #expect(refused { $0.entries.removeFirst() })
    #expect(refused { $0.entries.removeLast() })
    #expect(refused { $0.entries[1].announcedCount = 15 })
    #expect(refused { $0.entries[1].announcedCount = 400 })
    #expect(refused { $0.entries[1].announcedCount = .max - 1 })
    #expect(refused { $0.entries[1].announcedCount = .max })
    #expect(refused { $0.entries[1].announcedOffset = 0 })
    #expect(refused { $0.entries[1].announcedOffset = 1 })
    #expect(refused { $0.entries[1].announcedOffset = .max - 1 })
    #expect(refused { $0.entries[1].localName = "archive/data/1" })
    #expect(refused { $0.announcedEntries = 1 })
    #expect(refused { $0.announcedEntries = 3 })
    #expect(refused { $0.announcedEntries = 60000 })
    for shift in [-1, 1, 1000] {
      #expect(refused { $0.directoryShift = shift })
      #expect(
        refused {
          $0.directoryShift = shift
          $0.isZip64 = true
        })
    }
  }
}
