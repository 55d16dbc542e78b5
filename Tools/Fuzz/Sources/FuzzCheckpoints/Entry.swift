// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// What libFuzzer calls with each input.
///
/// A first byte of 0 means a bare pickle, which is put into a zip archive so that the machinery
/// around it doesn't hide it from the fuzzer; anything else is dropped and the rest is a file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  guard let kind = UnsafeBufferPointer(start: start, count: count).first else { return 0 }
  let input = Array(UnsafeBufferPointer(start: start, count: count).dropFirst())
  guard let checkpoint = try? Checkpoint(bytes: kind == 0 ? archive(input) : input) else {
    return 0
  }
  var work = [checkpoint.root]
  // A small file may have many paths to one object, and tensors of a few thousand times its size.
  var budget = 1000
  while let value = work.popLast(), budget > 0 {
    budget -= 1
    switch value {
    case .tensor(let tensor):
      if tensor.count < 1 << 17 {
        _ = try? tensor.read(key: "")
        _ = try? tensor.integers(key: "")
      }
    case .list(let items), .tuple(let items): work += items
    case .dict(let entries):
      for entry in entries { work += [entry.key, entry.value] }
    case .opaque(_, let arguments, let state):
      work += arguments
      if let state { work.append(state) }
      _ = value.double
    default: break
    }
  }
  if let weights = try? checkpoint.weights() {
    _ = try? (weights / "a").tensor("weight", 1)
    for name in weights.names.prefix(10) { _ = weights.shape(of: name) }
    try? weights.finish { _ in false }
  }
  return 0
}

/// A zip archive of a pickle and one storage of 64 bytes.
private func archive(_ pickle: [UInt8]) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for (name, data) in [("a/data.pkl", pickle), ("a/data/0", [UInt8](repeating: 1, count: 64))] {
    let offset = file.count
    file += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22)
    file += bytes(name.utf8.count, 4) + name.utf8 + data
    directory += [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 16)
    directory += bytes(data.count, 4) + bytes(data.count, 4) + bytes(name.utf8.count, 4)
    directory += [UInt8](repeating: 0, count: 10) + bytes(offset, 4) + name.utf8
  }
  let end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 2, 0, 2, 0]
  return file + directory + end + bytes(directory.count, 4) + bytes(file.count, 4) + [0, 0]
}

private func bytes(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
