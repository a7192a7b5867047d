// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Executions {
    /// Reports that are given of one execution.
    package static let mostReports = 1_000

    /// What the steps' own tools reported, by step; of a step whose earlier result stands, what they reported then.
    package func reports(of id: String, by caller: Caller) async throws -> [KeptReport] {
        let found = try await governor.read(.pipelineRead, by: caller) { transaction -> [KeptReport]? in
            let executions = ExecutionTable(transaction: transaction)
            guard let execution = try executions.find(id), execution.workspace == caller.workspace else { return nil }
            let table = StepReportTable(transaction: transaction)
            var reports = try table.all(of: id, limit: Self.mostReports)
            let known = Set(reports.map(\.unit))
            for result in try executions.results(of: id) where !known.contains(result.unit) {
                guard let earlier = result.reusedFrom, reports.count < Self.mostReports else { continue }
                reports += try table.last(of: result.unit, earlier).map { kept in
                    var kept = kept
                    kept.reusedFrom = earlier
                    return kept
                }
            }
            return reports.sorted { ($0.unit.description, $0.attempt, $0.name) < ($1.unit.description, $1.attempt, $1.name) }
        }
        guard let found else { throw Self.unknown(id) }
        return found
    }
}
