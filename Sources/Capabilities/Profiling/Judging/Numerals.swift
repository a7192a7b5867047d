// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Four significant digits, for people.
func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    return String(format: "%.4g", value)
}

/// One decimal, or more for small shares.
func percent(_ share: Double) -> String {
    let value = share * 100
    return value == 0 ? "0 %" : String(format: abs(value) < 0.1 ? "%.2g %%" : "%.1f %%", value)
}

extension String {
    var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
