// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A file on its way in numbered parts, 1 to `partCount`, that come in any order and may come again.
package struct ArtifactUpload: Codable, Equatable, Sendable {
    /// 32 hexadecimal digits.
    package var id: String
    package var path: ArtifactPath
    package var partCount: Int
    package var contentType: String?
    package var created: Timestamp
    /// When it is collected, also if it is complete.
    package var expires: Timestamp
    /// Of the whole file, once it is complete.
    package var digest: BlobDigest?

    package struct Part: Codable, Equatable, Sendable {
        package var number: Int
        package var digest: BlobDigest
        package var size: Int64

        package init(number: Int, digest: BlobDigest, size: Int64) {
            self.number = number
            self.digest = digest
            self.size = size
        }
    }

    /// What the client says of a part when it asks for the whole; without a digest only the number is compared.
    package struct PartClaim: Equatable, Sendable {
        package var number: Int
        package var digest: BlobDigest?

        package init(number: Int, digest: BlobDigest? = nil) {
            self.number = number
            self.digest = digest
        }
    }

    static func unknown(_ id: String) -> Problem {
        Problem(
            .notFound, "tracking.upload.unknown", "Upload '\(id.printable)' does not exist.",
            why: "It never began here, was aborted, or was not completed within a day.", fix: "Begin another.")
    }

    /// - Throws: `Problem` `.invalid` unless the claims name every part exactly once, each is here, and no digest differs.
    func check(_ claims: [PartClaim], against parts: [Part]) throws(Problem) {
        let stored = Dictionary(uniqueKeysWithValues: parts.map { ($0.number, $0) })
        let claimed = Dictionary(claims.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        guard claimed.count == claims.count, claimed.keys.allSatisfy({ (1...partCount).contains($0) }) else {
            throw Problem(
                .invalid, "tracking.upload.parts", "The parts named are not those of the upload.",
                why: "It has the parts 1 to \(partCount), each once.", fix: "Name each part once.")
        }
        let missing = (1...partCount).filter { stored[$0] == nil || claimed[$0] == nil }
        guard missing.isEmpty else {
            let shown = missing.prefix(10).map(String.init).joined(separator: ", ") + (missing.count > 10 ? ", …" : "")
            throw Problem(
                .invalid, "tracking.upload.incomplete", "\(missing.count) of \(partCount) parts are missing: \(shown).",
                fix: "Send them, then complete the upload with all parts.")
        }
        for claim in claims {
            guard let digest = claim.digest, let part = stored[claim.number], part.digest != digest else { continue }
            throw Problem(
                .invalid, "tracking.upload.part-differs", "Part \(claim.number) is not what the ETag given says.",
                why: "Another part was sent under its number since.", fix: "Send the part again and use the ETag of that answer.")
        }
    }
}
