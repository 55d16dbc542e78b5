// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// How the progress of long work is shown on standard error.
package enum ProgressMode: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// A bar on a terminal, otherwise lines once the work has lasted a few seconds.
  case auto
  /// One line that is redrawn.
  case bar
  /// A line every 5 %.
  case lines
  /// JSON objects, one a line; messages become such objects too.
  case json
  /// Nothing.
  case none
}
