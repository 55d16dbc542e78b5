// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The program's command line without loss.
package enum CommandLineBytes {
  /// The arguments behind the program's name, with bytes that are not UTF-8 hidden in private-use
  /// scalars; ``PathBytes`` takes them out.
  package static var arguments: [String] {
    let pointers = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    return pointers.dropFirst().compactMap { pointer in
      pointer.map { EscapedBytes.encode(bytes(of: $0)) }
    }
  }

  private static func bytes(of pointer: UnsafePointer<CChar>) -> [UInt8] {
    UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) }
  }
}
