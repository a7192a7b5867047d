// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

extension Output {
    /// A value as one line of JSON; texts without their quotes.
    static func line(_ value: JSONValue) throws -> String {
        if let text = value.text { return text.isEmpty ? "\"\"" : text.printable }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
