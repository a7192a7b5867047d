// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Bounds of a page.
package enum SearchLimit {
    package static func check(_ limit: Int, atMost maximum: Int) throws(Problem) {
        guard (1...maximum).contains(limit) else {
            throw Problem(
                .invalid, "tracking.page.size", "Invalid value \(limit) for parameter 'max_results' supplied.",
                why: "It must be a positive integer, at most \(maximum).")
        }
    }
}
