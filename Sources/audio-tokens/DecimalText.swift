// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// `value` for people, with so many digits behind the point.
func decimal(_ value: Double, places: Int) -> String { String(format: "%.\(places)f", value) }
