// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance

/// Vectors and samples under `Tests/Golden/ledger`.
enum GoldenFile {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/ledger")

    static func json(_ name: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: folder.appending(path: name)))
    }
}

extension JSONValue {
    var bytes: [UInt8]? { text.flatMap { [UInt8](hexadecimal: $0) } }
    var hash: TreeHash? { bytes.flatMap { TreeHash($0) } }
}
