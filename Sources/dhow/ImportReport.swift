// SPDX-License-Identifier: Apache-2.0

import Commands
import Domain
import Moving

/// Runs an import and prints what is on both sides.
struct ImportRunner {
    let options: ClientOptions

    /// - Throws: `Problem` `.rejected` when the sides differ.
    func run(_ source: any ImportSource, named name: String) async throws {
        let progress = TransferProgress(of: "import")
        let importer = Importer(source, named: name, to: try options.client()) { progress.tell($0) }
        let report = try await importer.run()
        progress.end()
        if options.json { try Output.json(report) } else { show(report) }
        guard report.isEqual else {
            throw Problem(
                .rejected, "import.differs", "What is here differs from what was read from the source.",
                why: "Something of the import was changed here, or its source changed while it was read.",
                fix: "Look at the kinds that differ; import again when the source is at rest.")
        }
    }

    private func show(_ report: Importer.Report) {
        Output.table(
            ["kind", "source", "here", "digest"],
            report.kinds.map { line in
                let verdict = line.isEqual ? "equal" : "differs"
                return [line.kind, String(line.source), String(line.target), "\(verdict) \(line.sourceDigest.prefix(16))"]
            })
        for (text, count) in report.omitted.sorted(by: { $0.key < $1.key }) { print("not copied: \(count) \(text.printable)") }
    }
}
