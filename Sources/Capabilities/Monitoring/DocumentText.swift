// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// JSON text columns: sorted keys, so that the same value is the same text.
enum DocumentText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Problem(
                .internal, "monitoring.document.unreadable", "A stored \(type) cannot be read.",
                why: "Its text was changed in the database.")
        }
    }

    static func digest(of text: String) -> BlobDigest {
        BlobDigest(sha256: SHA256.hash(data: Data(text.utf8)))
    }

    /// Rows of a page: 1 to 1000.
    static func page(_ limit: Int) -> Int { max(1, min(limit, 1000)) }
}
