// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Foundation

/// The place in an order after which the next page begins: the sort keys of the last row seen. Opaque to clients.
package struct PageToken: Equatable, Sendable {
    var values: [DatabaseValue]

    init(values: [DatabaseValue]) {
        self.values = values
    }

    /// - Throws: `Problem` `.invalid` for text that no page gave out.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= 65_536, let data = Data(base64Encoded: text),
            let parts = try? JSONDecoder().decode([JSONValue].self, from: data)
        else { throw Self.refusal }
        var values: [DatabaseValue] = []
        for part in parts {
            if let bits = part["r"]?.text, let pattern = UInt64(bits) {
                values.append(.real(Double(bitPattern: pattern)))
            } else if let integer = part.integer {
                values.append(.integer(integer))
            } else if let text = part.text {
                values.append(.text(text))
            } else {
                throw Self.refusal
            }
        }
        self.values = values
    }

    package var text: String {
        let parts = values.map { value -> JSONValue in
            switch value {
            case .integer(let number): .integer(number)
            case .real(let number): .object(["r": .string(String(number.bitPattern))])
            case .text(let text): .string(text)
            case .null, .blob: .null
            }
        }
        return (try? JSONEncoder().encode(parts))?.base64EncodedString() ?? ""
    }

    static let refusal = Problem(
        .invalid, "tracking.page-token.malformed", "The page token is not one of this search.",
        fix: "Repeat the search from its first page, without a token.")
}
