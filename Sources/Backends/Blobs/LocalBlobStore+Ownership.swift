// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

extension LocalBlobStore {
    /// The store's own description; `check` ties the folder to the keys it was made with.
    private struct Marker: Codable, Equatable {
        var format: String
        var check: String
    }

    /// Refuses a folder that other keys made: every name would differ, and every blob would seem absent.
    static func checkOwnership(of root: OpenedFolder, _ incoming: OpenedFolder, _ nameKey: SymmetricKey) throws {
        let check = HMAC<SHA256>.authenticationCode(for: Array("dhow.blob.store.check".utf8), using: nameKey).lowercaseHexadecimal
        let expected = Marker(format: "dhow-blobs-1", check: check)
        let bytes: [UInt8]
        do {
            bytes = try root.file("store.json", O_RDONLY).read(at: 0, count: 4096)
        } catch let failure as FileFailure where failure.isAbsence {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let part = try IncomingFile(in: incoming)
            defer { part.discard() }
            try part.file.write(encoder.encode(expected), at: 0)
            try part.file.sync()
            try incoming.rename(part.name, into: root, as: "store.json")
            return try root.sync()
        }
        guard let marker = try? JSONDecoder().decode(Marker.self, from: Data(bytes)), marker.format == expected.format else {
            throw Problem(
                .unavailable, "blob.store.unknown", "The blob folder has a format this version does not know.",
                fix: "Use the version of the program that made it, or another folder.")
        }
        guard marker == expected else {
            throw Problem(
                .unavailable, "blob.store.foreign", "The blobs in this folder were stored under another key file.",
                why: "Their names and keys cannot be found with the present one.",
                fix: "Restore the key file that belongs to this folder, or use another folder.")
        }
    }
}
