// SPDX-License-Identifier: Apache-2.0

/// The folders whose files may start something, by name. No other place of the server's disk is looked at.
package struct WatchedFolders: Sendable, Equatable {
    /// The name of the folder `incoming` in the data folder.
    package static let own = "incoming"
    package static let none = WatchedFolders([:])

    /// Paths by name.
    package let paths: [String: String]

    package init(_ paths: [String: String]) {
        self.paths = paths
    }
}
