// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// A registry's answers in our words. What it says itself is repeated shortly, and never a header.
extension OCIRegistry {
    private struct Told: Decodable {
        var errors: [Item]

        struct Item: Decodable {
            var code: String?
            var message: String?
        }
    }

    /// - Parameter what: What did not happen, as a sentence without its end: "The model was not pushed".
    func failure(_ answer: EgressStream, _ what: String) async -> Problem {
        let bytes = await answer.remains(Self.longestError)
        let text = String(decoding: bytes, as: UTF8.self)
        let told = (try? JSONDecoder().decode(Told.self, from: Data(bytes)))?.errors.first
        let said = [told?.code, told?.message].compactMap(\.self).joined(separator: ": ").printable
        let why = "\(reference.authority) answered \(answer.status)\(said.isEmpty ? "" : ", \(said)")."
        func problem(_ kind: Problem.Kind, _ code: String, _ end: String, fix: String? = nil) -> Problem {
            Problem(kind, code, "\(what): \(end)", why: why, fix: fix)
        }
        switch answer.status {
        case 401, 403:
            return problem(
                .rejected, "oci.registry.unauthorized", "the registry lets nobody do this without the right credentials.",
                fix: "Keep a Docker config.json for \(reference.authority) as a secret, and name it: --secret NAME.")
        case 404: return problem(.notFound, "oci.registry.absent", "it is not in the registry.", fix: "Look at the name and the tag.")
        case 405: return problem(.rejected, "oci.registry.read-only", "the registry takes nothing, it can only be read.")
        case 413: return problem(.rejected, "oci.registry.too-large", "the registry takes nothing so large.")
        case 429: return problem(.exhausted, "oci.registry.busy", "the registry asks to come back later.", fix: "Do it again later.")
        case 507: return problem(.unavailable, "oci.registry.full", "the registry has no room left.", fix: Self.moreRoom)
        case 500... where Self.tellsOfNoRoom(text):
            return problem(.unavailable, "oci.registry.full", "the registry has no room left.", fix: Self.moreRoom)
        case 500...:
            return problem(
                .unavailable, "oci.registry.failed", "the registry failed.", fix: "Do it again; what is there is not sent again.")
        case 400 where told?.code == "DIGEST_INVALID":
            return problem(.rejected, "oci.digest.mismatch", "the registry received other bytes than were sent.", fix: "Do it again.")
        default: return problem(.rejected, "oci.registry.refused", "the registry refuses it.")
        }
    }

    static func broken(_ reference: OCIReference, _ why: String) -> Problem {
        Problem(.rejected, "oci.registry.broken", "\(reference.authority) does not answer as a registry does.", why: why)
    }

    private static let moreRoom = "Make room there and push again; what is there already is not sent again."

    /// The file system's words for `ENOSPC`, which `docker-registry` hands on in a 500, or its number there.
    private static func tellsOfNoRoom(_ text: String) -> Bool {
        ["no space left", "ENOSPC", "\"Err\":28", "disk quota exceeded", "\"Err\":122"].contains { text.contains($0) }
    }
}
