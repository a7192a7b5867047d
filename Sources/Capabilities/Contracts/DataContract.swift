// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A data contract as it stands.
package struct DataContract: Codable, Equatable, Sendable {
    package var specification: ContractSpecification
    /// Counts the specifications it has had, from 1.
    package var revision: Int
    package var created: Timestamp
    package var changed: Timestamp

    package var name: String { specification.name }
}

/// What a check of a snapshot found; immutable.
package struct ContractReport: Codable, Equatable, Sendable {
    package var id: String
    package var contract: String
    /// The contract's revision that was checked.
    package var revision: Int
    package var snapshot: String
    /// The newest snapshots that references were looked up in, by dataset.
    package var references: [String: String]
    package var findings: ContractFindings
    package var checkedBy: String
    package var created: Timestamp

    package var outcome: ContractFinding.Outcome { findings.outcome }
}
