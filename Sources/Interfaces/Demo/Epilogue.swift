// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What is printed at the end: the table, the drills, the ledger, and how to look around.
struct Epilogue {
    let report: DemoReport
    let folder: URL
    let program: URL
    let data: URL

    func print() {
        var lines = ["", DemoTable(report.months, width: Terminal.standardOutput.width).text, ""]
        if let broken = report.faults.brokenCandidate {
            let seconds = String(format: "%.1f", broken.secondsToRollback)
            lines.append(
                broken.rolledBack
                    ? "Broken candidate: rolled back after \(broken.predictionsServed) predictions and \(seconds) s. \(broken.reason)"
                    : "Broken candidate: NOT rolled back. \(broken.reason)")
        }
        if let broken = report.faults.brokenSegment {
            lines.append(
                broken.rolledBack
                    ? "Broken for one carrier: rolled back after \(broken.predictionsServed) predictions. \(broken.reason)"
                    : "Broken for one carrier: NOT rolled back. \(broken.reason)")
        }
        for (name, fault) in report.faults.ofData {
            guard let fault else { continue }
            lines.append(
                "\(name): \(fault.detected ? "recognised" : "NOT recognised"), retraining \(fault.retrainBlocked ? "blocked" : "NOT blocked"). \(fault.reason)"
            )
        }
        if let late = report.faults.lateLabels {
            lines.append(
                "Labels three days late: \(late.waited ? "waited for" : "NOT waited for"), \(late.judged ? "then judged" : "NOT judged"). \(late.reason)"
            )
        }
        lines.append("Ledger: \(report.ledger.entries) entries, \(report.ledger.verified ? "verified" : "NOT verified").")
        let seconds = report.seconds
        lines.append(
            String(
                format: "%.0f s in all; processor: Dhow %.1f s, training steps %.1f s, this program %.1f s.", seconds.total,
                seconds.dhowCPU,
                seconds.trainingCPU ?? 0, seconds.driverCPU ?? 0))
        lines += [
            "", "Report: \(folder.path)/report.html and report.json",
            "Look around: \(program.path) serve --data \(data.path)", "  then, in another terminal, with --data \(data.path):",
            "  dhow execution list | dhow version list flights | dhow rollout list | dhow ledger list | dhow lineage prediction ID",
        ]
        Terminal.write(lines.joined(separator: "\n") + "\n")
    }
}
