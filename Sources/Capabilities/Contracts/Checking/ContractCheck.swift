// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Judges files by a contract with an analytical engine; knows nothing of snapshots, callers or the database.
package struct ContractCheck: Sendable {
    /// Rules counted in one pass over the rows.
    static let rulesPerPass = 100

    package let contract: ContractSpecification
    package let engine: any AnalyticalEngine
    package var limits: AnalyticalLimits
    /// Whether no value is shown, whatever the columns' labels.
    package var hidesAll: Bool

    package init(
        _ contract: ContractSpecification, engine: any AnalyticalEngine, limits: AnalyticalLimits = AnalyticalLimits(),
        hidesAll: Bool = false
    ) {
        self.contract = contract
        self.engine = engine
        self.limits = limits
        self.hidesAll = hidesAll
    }

    /// - Parameters:
    ///   - source: Files received into the folder.
    ///   - references: The files of the datasets that the contract refers to, by dataset; those missing make their rules inconclusive.
    ///   - now: What freshness is measured from.
    package func run(
        _ source: AnalyticalSource, references: [String: AnalyticalSource] = [:], in folder: AnalysisFolder, now: Timestamp
    ) async throws -> ContractFindings {
        let table: AnalyticalTable
        do {
            table = try await engine.load(source, as: "data", in: folder, limits: limits)
        } catch let problem as Problem where ["analysis.file.unreadable", "analysis.limit.reached"].contains(problem.code) {
            let outcome: ContractFinding.Outcome = problem.kind == .invalid ? .failed : .inconclusive
            let reason = [problem.what, problem.why].compactMap(\.self).joined(separator: " ")
            return ContractFindings(
                rows: nil, findings: [ContractFinding(.readable, "", outcome, reason: reason)], engine: engine.name, processorSeconds: 0,
                peakMemoryBytes: 0)
        }
        var session = CheckSession(check: self, columns: TypedColumns(table, contract), folder: folder)
        return try await session.run(references, now: now)
    }

    func hides(_ column: String) -> Bool { hidesAll || contract[column]?.isHidden == true }

    /// Whether the text of a query's own answer or error may be shown: what it selects is not known.
    var hidesQueries: Bool { hidesAll || contract.columns.contains(where: \.isHidden) }
}
