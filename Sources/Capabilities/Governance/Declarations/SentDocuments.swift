// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The documents of one source, as they were sent together.
package struct SentDocuments: Sendable {
    package static let maximumFiles = 1000
    package static let maximumDocuments = 1000

    package struct File: Sendable {
        /// As faults name it.
        package var name: String
        package var text: String
        /// The files of its folder, by path.
        package var folder: [String: BlobDigest]

        package init(name: String, text: String, folder: [String: BlobDigest] = [:]) {
            self.name = name
            self.text = text
            self.folder = folder
        }
    }

    package var source: String
    package var files: [File]
    /// Objects of the source that no document declares any more are deleted.
    package var prunes: Bool
    /// Objects of other sources, and those that nobody declares, become this source's.
    package var takesOver: Bool
    package var commit: String?

    package init(source: String, files: [File], prunes: Bool = false, takesOver: Bool = false, commit: String? = nil) {
        self.source = source
        self.files = files
        self.prunes = prunes
        self.takesOver = takesOver
        self.commit = commit
    }

    /// - Throws: `Problem` `.invalid`, or `.tooLarge`.
    func check() throws(Problem) {
        try Self.check(source: source)
        guard files.count <= Self.maximumFiles else {
            throw Problem(
                .tooLarge, "documents.file.tooMany", "There are \(files.count) files.",
                why: "At most \(Self.maximumFiles) are taken at once.",
                fix: "Divide them among several sources.")
        }
        guard (commit?.utf8.count ?? 0) <= 200, files.allSatisfy({ $0.name.utf8.count <= 1000 }) else {
            throw Problem(.invalid, "documents.file.malformed", "A file's name or the commit is too long.", fix: "Give shorter ones.")
        }
    }

    static func check(source: String) throws(Problem) {
        guard (1...200).contains(source.utf8.count), source.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
            throw Problem(
                .invalid, "documents.source.malformed", "'\(source.printable)' cannot be the name of a source.",
                why: "It has 1 to 200 bytes, none of them control characters.",
                fix: "Give a name such as 'acme/flights:deploy' with --source.")
        }
    }
}
