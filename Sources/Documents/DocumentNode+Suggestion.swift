// SPDX-License-Identifier: Apache-2.0

import Domain

extension DocumentNode {
    /// "Did you mean …?" when a known name is at most two edits away.
    package static func suggestion(for name: String, among known: [String]) -> String? {
        let near = known.map { (name: $0, distance: editDistance(Array(name.utf8.prefix(64)), Array($0.utf8))) }
            .min { $0.distance < $1.distance }
        return near.flatMap { $0.distance <= 2 ? "Did you mean '\($0.name)'?" : nil }
    }

    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = a == b ? diagonal : 1 + min(diagonal, above, row[j])
                diagonal = above
            }
        }
        return row[right.count]
    }
}
