// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving

/// Reads what a window is compared with beside the frozen baseline; what cannot be read says why.
struct ReferenceReader {
    let reader: WindowReader
    let specification: MonitorSpecification
    /// Of the version that answered most of the window.
    let main: (version: AnsweringVersion, revisions: Set<Int>)?
    let evaluations: EvaluationTable

    func rows(of reference: MonitorReference, for window: Window) throws -> ReferenceRows {
        guard let span = reference.span(for: window) else {
            return .waiting("The window is longer than a season, so there is no seasonal reference for it.")
        }
        do {
            let revisions = try main.map { try reader.revisions(of: $0.version, in: span) } ?? []
            let profile = try reader.reference(of: span, specification, judging: revisions)
            if profile.rowCount == 0 { return try absent(reference, span) }
            // Of a log that began later than the span, only a part would be compared.
            if let first = try reader.firstTime(), first >= span.start + (span.end - span.start) / 2 {
                return .waiting("The log begins within the \(reference.type.rawValue) reference, so only a part of it is there yet.")
            }
            return .profile(profile)
        } catch let problem as Problem where ArchivedFiles.losses.contains(problem.code) {
            return .lost("The \(reference.type.rawValue) reference cannot be read: \(problem.what) \(problem.why ?? "")")
        }
    }

    /// Rows that evaluations have seen and that are there no longer are lost; rows that never were are still to come.
    private func absent(_ reference: MonitorReference, _ span: Window) throws -> ReferenceRows {
        if try evaluations.sawRows(in: span, of: specification.name) {
            return .lost("The rows of the \(reference.type.rawValue) reference were judged once and are no longer in the prediction log.")
        }
        switch reference.type {
        case .rolling: return .waiting("There are no rows before the window to roll over.")
        case .seasonal:
            return .waiting(
                "There is under one full season of history: no row is about the same time a \((reference.season ?? .week).rawValue) before."
            )
        }
    }
}
