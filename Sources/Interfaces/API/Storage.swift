// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/storage/collections`
package struct CollectBlobsRequest: Codable, Sendable {
    package var isDryRun: Bool
    /// At least 60; a day when absent.
    package var graceSeconds: Int64?

    package init(isDryRun: Bool, graceSeconds: Int64? = nil) {
        self.isDryRun = isDryRun
        self.graceSeconds = graceSeconds
    }
}

package struct CollectBlobsAnswer: Codable, Sendable {
    package var isDryRun: Bool
    package var count: Int
    /// Of plaintext.
    package var bytes: Int64
    /// The first thousand.
    package var digests: [String]

    package init(isDryRun: Bool, count: Int, bytes: Int64, digests: [String]) {
        self.isDryRun = isDryRun
        self.count = count
        self.bytes = bytes
        self.digests = digests
    }
}

/// `POST /api/v1/storage/key-rotations`
package struct KeyRotationAnswer: Codable, Sendable {
    package var key: String
    package var rewrapped: Int
    package var damaged: Int

    package init(key: String, rewrapped: Int, damaged: Int) {
        self.key = key
        self.rewrapped = rewrapped
        self.damaged = damaged
    }
}
