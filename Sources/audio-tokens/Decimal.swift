// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Numbers for people.
enum Decimal {
  /// `value` with so many digits behind the point.
  static func text(_ value: Double, places: Int) -> String {
    String(format: "%.\(places)f", value)
  }
}
