// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The SHA-256 of files (FIPS 180-4), by libcrypto.
enum FileDigest {
  /// The digest in hexadecimal digits; `nil` where the file can't be read.
  static func sha256(path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return sha256(descriptor)
  }

  /// The digest of an open file from its first byte on.
  static func sha256(_ descriptor: Int32) -> String? {
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var position = 0
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(position))
      if count < 0 && errno == EINTR { continue }
      if count == 0 { break }
      guard count > 0, EVP_DigestUpdate(context, buffer, count) == 1 else { return nil }
      position += count
    }
    var digest = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { return nil }
    return digest.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
