// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Bringing things over from one source. The same source again goes on where it stopped, or looks for what is new.
package struct Import: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable, DatabaseConvertible { case running, finished }

    package var id: String
    /// As the person who moves names it, without credentials.
    package var source: String
    package var state: State
    /// Where the client is in its source, in its own words; moves together with what each batch stores.
    package var position: String?
    package var begun: Timestamp
    package var updated: Timestamp

    package var resource: String { "import/\(id)" }

    package init(id: String, source: String, state: State, position: String? = nil, begun: Timestamp, updated: Timestamp) {
        self.id = id
        self.source = source
        self.state = state
        self.position = position
        self.begun = begun
        self.updated = updated
    }
}

/// A kind of thing that has an identity of its own at its source.
package enum ImportedKind: String, Sendable, DatabaseConvertible {
    case experiment, run, loggedModel = "logged-model", model, version
}
