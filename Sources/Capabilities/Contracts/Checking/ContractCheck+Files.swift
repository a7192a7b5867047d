// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Foundation

extension ContractCheck {
    /// Judges files of this machine, copied for as long as it takes.
    ///
    /// - Parameters:
    ///   - references: Files for the datasets that the contract refers to.
    ///   - root: Where a private folder for the copies is made.
    package func run(
        files: [String], references: [String: [String]] = [:], root: String, now: Timestamp
    ) async throws -> ContractFindings {
        try await AnalysisFolder.with(in: root, named: "files") { folder in
            let source: AnalyticalSource
            do {
                source = try await Self.source(files, as: "data", in: folder)
            } catch let problem as Problem where problem.kind == .invalid && problem.code.hasPrefix("tracking.") {
                let reason = [problem.what, problem.why].compactMap(\.self).joined(separator: " ")
                return ContractFindings(
                    rows: nil, findings: [ContractFinding(.readable, "", .failed, reason: reason)], engine: engine.name,
                    processorSeconds: 0, peakMemoryBytes: 0)
            }
            var others: [String: AnalyticalSource] = [:]
            for (index, (dataset, files)) in references.sorted(by: { $0.key < $1.key }).enumerated() {
                others[dataset] = try await Self.source(files, as: "other\(index)", in: folder)
            }
            return try await run(source, references: others, in: folder, now: now)
        }
    }

    private static func source(_ files: [String], as name: String, in folder: AnalysisFolder) async throws -> AnalyticalSource {
        let format = try SourceFormat(of: files)
        var own: [String] = []
        for (index, file) in files.enumerated() {
            own.append("\(name)-\(index).\(format.suffix(of: file))")
            try folder.receive(file: file, as: own[index])
        }
        return try await format.source(own, in: folder)
    }
}
