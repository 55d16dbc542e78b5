// SPDX-License-Identifier: Apache-2.0

/// What the running program is called and which release it belongs to.
package enum Program {
  /// The release of the package, printed by `--version`.
  package static let version = "0.1.0"

  /// The name the program was started under, which begins its messages.
  package static let name =
    PathBytes(argument: CommandLine.arguments.first ?? "tessera").lastComponent.description
}
