// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A named group of runs.
package struct Experiment: Codable, Equatable, Sendable {
    /// Unique over the installation; 0 is the first experiment of the workspace `default`.
    package var id: Int64
    package var name: String
    package var location: ArtifactLocation
    package var lifecycle: Lifecycle
    /// 0 for the experiment that came with the installation.
    package var created: Timestamp
    package var updated: Timestamp
    package var tags: [Tag]

    package static func unknown(_ id: some CustomStringConvertible) -> Problem {
        Problem(
            .notFound, "tracking.experiment.unknown", "No Experiment with id=\(id.description.printable) exists",
            fix: "Search for experiments by name.")
    }
}
