// SPDX-License-Identifier: Apache-2.0
internal import CZlib

/// What a zlib stream holds.
///
/// - Throws: `.malformed` where it is damaged, or holds more than any checkpoint.
func inflated(_ bytes: [UInt8], path: String) throws(CheckpointError) -> [UInt8] {
  let most = 1 << 32
  var stream = z_stream()
  guard
    inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { throw .malformed(path: path, detail: "its compressed content can't be read") }
  defer { inflateEnd(&stream) }
  var result: [UInt8] = []
  var status = Z_OK
  var chunk = [UInt8](repeating: 0, count: 1 << 20)
  var position = 0
  while status == Z_OK && result.count <= most {
    // The counts of zlib's interface have 32 bits.
    let given = min(bytes.count - position, 1 << 30)
    let left = bytes.withUnsafeBufferPointer { source in
      chunk.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
        stream.avail_in = UInt32(given)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        status = inflate(&stream, Z_NO_FLUSH)
        return (given: Int(stream.avail_in), room: Int(stream.avail_out))
      }
    }
    position += given - left.given
    result += chunk.prefix(chunk.count - left.room)
  }
  guard status == Z_STREAM_END else {
    throw .malformed(path: path, detail: "its compressed content is damaged")
  }
  return result
}
