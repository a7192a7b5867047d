// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Where a run's artifacts are: beneath a path of our artifact store, or at a place the client named.
///
/// A place named by a client is text to give back; the server never opens it.
package enum ArtifactLocation: Hashable, Codable, Sendable {
    case stored(ArtifactPath)
    case elsewhere(String)

    package func appending(_ segments: String...) -> ArtifactLocation {
        switch self {
        case .stored(let path): .stored(ArtifactPath(trusted: path.segments + segments))
        case .elsewhere(let place):
            .elsewhere((place.hasSuffix("/") ? String(place.dropLast()) : place) + "/" + segments.joined(separator: "/"))
        }
    }
}

extension ArtifactLocation: DatabaseConvertible {
    package var databaseValue: DatabaseValue {
        switch self {
        case .stored(let path): .text("store:" + path.text)
        case .elsewhere(let place): .text("elsewhere:" + place)
        }
    }

    package init?(_ value: DatabaseValue) {
        guard case .text(let text) = value else { return nil }
        if text.hasPrefix("store:") {
            self = .stored(ArtifactPath(trusted: text.utf8.dropFirst(6).split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }))
        } else if text.hasPrefix("elsewhere:") {
            self = .elsewhere(String(text.dropFirst(10)))
        } else {
            return nil
        }
    }
}
