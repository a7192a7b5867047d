// SPDX-License-Identifier: Apache-2.0

import Domain

/// A compressed body of a request, expanded within a bound.
package enum GzipBody {
    /// - Throws: `Problem` `.invalid` for what is no whole gzip, `.tooLarge` for more than `limit` bytes.
    package static func expanded(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        let stream = try GzipStream(file: "the body")
        var expanded: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            try stream.expand(Array(rest.prefix(1 << 16))) { chunk in
                guard expanded.count + chunk.count <= limit else {
                    throw Problem(
                        .tooLarge, "request.body.too-large", "The body is larger than \(limit) bytes when expanded, the most taken here.",
                        fix: "Send less at once.")
                }
                expanded += chunk
            }
            rest = rest.dropFirst(1 << 16)
        }
        try stream.finish()
        return expanded
    }
}
